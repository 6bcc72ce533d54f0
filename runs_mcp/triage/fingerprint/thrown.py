"""The evidence of errors that code threw, whatever the language: type, function, message.

Pure functions.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from runs_mcp.error_text.thrown_errors import ThrownError
from runs_mcp.triage.fingerprint.facts import Facts, Place
from runs_mcp.triage.fingerprint.failing_code import is_called_code
from runs_mcp.triage.fingerprint.masking import masked, skeleton

# Errors of languages and data bases that name what is missing: the same wherever it is used.
_NAMED: Final = re.compile(
    r"(?<![\w$])([\w$]++)\)? is not a (?:function|constructor)$|^([\w$]+) is not defined"
    r"|^(?:type object )?'(?!NoneType)(\w+)' (?:object )?has no attribute '(\w+)'"
    r"|^module '([\w.]+)' has no attribute '(\w+)'|^name '(\w+)' is not defined"
    r"|^No module named '([\w.]+)'|^cannot import name '(\w+)'|Cannot find module '([^']+)'"
    r"|Can't resolve '([^']+)'|cannot load such file -- (\S+)|Class \"([\w\\]+)\" not found"
    r"|Failed to resolve import \"([^\"]+)\"|Could not resolve \"([^\"]+)\""
    r"|Cannot find package '([^']+)'|unresolved import `([^`]+)`|^fixture '(\w+)' not found"
    r"|would receive the click: (<[^>\n]{0,1000}>)"
    r"|^([\w.]+\(\)) got an unexpected keyword argument ('\w+')"
    r"|^undefined (?:local variable or )?method [`'](\S+)' for (?!nil)(?:an instance of |#<)?"
    r"([\w:]+)"
    r"|^uninitialized constant ([\w:]+)|Call to undefined (?:method|function) ([\w\\:]+)"
    r"|^function ([\w.]+/[0-9]+) is undefined"
    r"|no such (?:table|column): ([\w.]+)|table (\w+) has no column named (\w+)"
    r"|(?:relation|column) \"([\w.]+)\" (?:of relation \"(\w+)\" )?does not exist"
    r"|constraint \"(\w+)\"|for key '([\w.]+)'|CONSTRAINT `(\w+)`"
    r"|(?:UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: ([\w., ]+))?"
    r"|Unknown column '([\w.]+)'|Table '([\w.]+)' doesn't exist"
)
# The types of errors that code raises on purpose, with a message of its own.
_GENERIC: Final = re.compile(
    r"|(?:[\w.\\]*[.\\])?(?:Error|RuntimeError|ValueError|Exception|ArgumentError|StandardError"
    r"|RuntimeException|IllegalStateException|IllegalArgumentException|InvalidOperationException"
    r"|ArgumentException|ErrorException|LogicException|UnexpectedValueException"
    r"|InvalidArgumentException|Failed|IOException|DomainException)"
)
_REQUEST: Final = re.compile(
    r"\b(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?P<path>(?:https?://[^\s/]+)?/[^\s\"'`:,;)\]]*)"
    r"|\bfor url:? '?(?P<url>https?://[^\s\"'`,;)\]]*)"
)
# What comes after two parts of a path is data, mostly.
_PATH: Final = re.compile(r"(?P<endpoint>(?:<host>)?/[^/]*(?:/[^/]*)?).*")
_STATUS: Final = re.compile(
    r"(?:\b(?:status|code|HTTP|answered|returned|responded|response|got|failed)\b[^\n0-9]{0,24}"
    r"|(?<=error )#)(?P<status>[1-5][0-9]{2})\b"
    r"|\b(?P<reason>[45][0-9]{2}) (?:[A-Z][a-z]+(?: [A-Z][a-z]+)*)"
    r"|error #(?P<number>[0-9]+)|\b(?P<code>[A-Z]{1,6}[0-9]{3,6})\b(?=[:\]) ])"
)
# Their messages name code, not data.
_NAMES_CODE: Final = re.compile(
    r".*(?:TypeError|ReferenceError|AttributeError|NameError|NoMethodError|UnboundLocalError"
    r"|UndefinedFunctionError|NullPointerException|NullReferenceException|ClassCastException)"
)
# What code gets that something else stopped: that is the cause.
_CANCELLED: Final = re.compile(r"(?:Cancell?ed|Cancellation|Interrupted|Abort)\w{0,100}$")
_TELLING_WORDS: Final = 4
_LINES_READ: Final = 4
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_VAGUE: Final = re.compile(
    r"An element could not be located on the page using the given search parameters\.?"
    r"|(?:Timed out retrying.*)?(?:Not enough|Too many) elements found\.(?s:.*)"
    r"|stale element.*|element not interactable.*"
    r"|(?:(?:null|nil|None|undefined|unknown|assertion|error|failed|failure|internal|server|panic"
    r"|fail|false|true|<[a-z]+>)(?:[^\w<]|<(?![a-z]+>))*+)*+",
    re.IGNORECASE,
)


def telling_error(facts: Facts) -> ThrownError:
    """Returns the innermost cause that says something: that is what to fix."""
    telling = (
        error
        for error in reversed(facts.errors)
        if error.message or (error.type and not _CANCELLED.search(error.type))
    )
    return next(telling, facts.errors[0])


def telling_message(error: ThrownError) -> str:
    """Returns the first telling line of a message, masked, with the general ones before it."""
    lines: list[str] = []
    for line in error.message.splitlines():
        text = line.strip()
        if not text:
            continue
        lines.append(text)
        if len(lines) == _LINES_READ:
            break
        if (
            not text.endswith((":", "[", "{", "("))
            and len(_WORD.findall(" ".join(lines))) >= _TELLING_WORDS
        ):
            break
    return masked(" ".join(lines))


class Thrown(NamedTuple):
    """An error that was thrown, as the rules read it.

    Args:
        facts: What the text of the failure says.
        error: The error that tells.
        message: Its telling message.
        details: The request, the status, the number of the error that it names.
        place: The project's own function that threw it; None if that is a test's or not known.
    """

    facts: Facts
    error: ThrownError
    message: str
    details: tuple[str, ...]
    place: Place | None


def names_what_is_missing(error: ThrownError) -> bool:
    """Returns whether a message names a module, function, table or the like that is not there."""
    return _NAMED.search(_beginning(error)) is not None


def thrown_evidence(facts: Facts, error: ThrownError, message: str) -> tuple[str, ...]:
    """Returns what identifies the cause of a thrown error: what the first rule that holds says.

    In the project's own code that is the type and the function that threw it; with a type that
    says little, also the message, without the words that may be data.

    Args:
        facts: What the text of the failure says.
        error: The error that tells.
        message: Its telling message.
    """
    thrown = Thrown(facts, error, message, _details(_beginning(error)), _place(facts, error))
    return next(evidence for rule in RULES if (evidence := rule(thrown)))


def _named(thrown: Thrown) -> tuple[str, ...]:
    named = _NAMED.search(_beginning(thrown.error))
    return ("named", *filter(None, named.groups())) if named else ()


def _without_place(thrown: Thrown) -> tuple[str, ...]:
    """Holds for code of tests alone; a vague message joins no tests of other functions."""
    if thrown.place is not None:
        return ()
    scope = thrown.facts.test_place() if _VAGUE.fullmatch(thrown.message) else ()
    return ("thrown", thrown.error.type, thrown.message, *thrown.details, *scope)


def _naming_code(thrown: Thrown) -> tuple[str, ...]:
    """Two values that are missing in one function are two causes: the message names the code."""
    if thrown.place is None or not _NAMES_CODE.fullmatch(thrown.error.type):
        return ()
    return ("thrown", thrown.error.type, thrown.message, *thrown.place)


def _generic_type(thrown: Thrown) -> tuple[str, ...]:
    if thrown.place is None or not _GENERIC.fullmatch(thrown.error.type):
        return ()
    if is_called_code(thrown.facts.code):
        return ()
    message = skeleton(thrown.message)
    return ("thrown", thrown.error.type, message, *thrown.details, *thrown.place)


def _type_and_function(thrown: Thrown) -> tuple[str, ...]:
    return ("thrown", thrown.error.type, *thrown.details, *(thrown.place or ()))


RULES: tuple[Callable[[Thrown], tuple[str, ...]], ...] = (
    _named,
    _without_place,
    _naming_code,
    _generic_type,
    _type_and_function,
)


def _beginning(error: ThrownError) -> str:
    return error.beginning.partition("\n")[2]


def _place(facts: Facts, error: ThrownError) -> Place | None:
    """Returns the own function that threw an error or, if its frames show none, what it caused."""
    at = facts.errors.index(error)
    for each in (*facts.errors[at:], *reversed(facts.errors[:at])):
        if any(frame.is_own for frame in each.frames):
            return facts.shared_place(each)
    return None


def _details(message: str) -> tuple[str, ...]:
    """Returns the request and the status or the error's number that a message names."""
    found = []
    if request := _REQUEST.search(message):
        path = _PATH.sub(r"\g<endpoint>", masked(request["path"] or request["url"]))
        found.append(f"{request['method'] or ''} {path}")
    if status := _STATUS.search(message):
        found.append(next(filter(None, status.groups())))
    return tuple(found)
