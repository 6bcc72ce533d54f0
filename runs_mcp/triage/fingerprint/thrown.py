"""The evidence of errors that code threw, whatever the language: type, function, message.

Pure functions.
"""

import re
from typing import Final

from runs_mcp.error_text.thrown_errors import ThrownError
from runs_mcp.triage.fingerprint.facts import Facts, Place
from runs_mcp.triage.fingerprint.failing_code import is_called_code
from runs_mcp.triage.fingerprint.masking import masked, skeleton

# Errors of languages and data bases that name what is missing: the same wherever it is used.
_NAMED: Final = re.compile(
    r"([\w$]+)\)? is not a (?:function|constructor)$|^([\w$]+) is not defined"
    r"|^(?:type object )?'(?!NoneType)(\w+)' (?:object )?has no attribute '(\w+)'"
    r"|^module '([\w.]+)' has no attribute '(\w+)'|^name '(\w+)' is not defined"
    r"|^No module named '([\w.]+)'|^cannot import name '(\w+)'|Cannot find module '([^']+)'"
    r"|Can't resolve '([^']+)'|cannot load such file -- (\S+)|Class \"([\w\\]+)\" not found"
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
# Their messages name code, not data.
_NAMES_CODE: Final = re.compile(
    r".*(?:TypeError|ReferenceError|AttributeError|NameError|NoMethodError|UnboundLocalError"
    r"|UndefinedFunctionError|NullPointerException|NullReferenceException|ClassCastException"
    r"|NoSuchMethodError|NoClassDefFoundError|ImportError|ModuleNotFoundError|FunctionClauseError)"
)
_REQUEST: Final = re.compile(
    r"\b(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?P<path>(?:https?://[^\s/]+)?/[^\s\"'`:,;)\]]*)"
)
_STATUS: Final = re.compile(
    r"(?:\b(?:status|code|HTTP|answered|returned|responded|response|got|failed)\b[^\n0-9]{0,24}"
    r"|(?<=error )#)(?P<status>[1-5][0-9]{2})\b"
    r"|\b(?P<reason>[45][0-9]{2}) (?:[A-Z][a-z]+(?: [A-Z][a-z]+)*)"
    r"|error #(?P<number>[0-9]+)|\b(?P<code>[A-Z]{1,6}[0-9]{3,6})\b(?=[:\]) ])"
)
_TELLING_WORDS: Final = 4
_LINES_READ: Final = 4
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_VAGUE: Final = re.compile(
    r"(?:(?:null|nil|None|undefined|unknown|assertion|error|failed|failure|internal|server|panic"
    r"|fail|false|true|<[a-z]+>)\W*)*",
    re.IGNORECASE,
)
# A key that is missing is a name if it looks like one, and is in the code where that is printed.
_KEY: Final = re.compile(r"(?:key (?:not found: )?)?:?[\"'](?P<name>[A-Za-z_]\w*)[\"']")


def telling_error(facts: Facts) -> ThrownError:
    """Returns the innermost cause that says something: that is what to fix."""
    for error in reversed(facts.errors):
        if error.message or error.type:
            return error
    return facts.errors[0]


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


def thrown_evidence(facts: Facts, error: ThrownError, message: str) -> tuple[str, ...]:
    """Returns what identifies the cause of a thrown error.

    In the project's own code that is the type and the function that threw it; with a type that
    says little, also the message, without the words that may be data.

    Args:
        facts: What the text of the failure says.
        error: The error that tells.
        message: Its telling message.
    """
    beginning = error.beginning.partition("\n")[2]
    details = _details(beginning)
    if named := _NAMED.search(beginning):
        return ("named", *filter(None, named.groups()))
    place = _place(facts, error)
    if place is None:
        return ("thrown", error.type, message, *details, *_scope(facts, message))
    # PHP prints no functions: the types of a project's own namespace tell as much.
    if not place.function and "\\" not in error.type:
        return ("thrown", error.type, message, *details, place.file)
    if _NAMES_CODE.fullmatch(error.type):
        return ("thrown", error.type, message, *place)
    key = _KEY.fullmatch(message)
    if key and (not facts.code.line or key["name"] in facts.code.line):
        return ("thrown", error.type, key["name"], *place)
    if _GENERIC.fullmatch(error.type) and not is_called_code(facts.code):
        return ("thrown", error.type, skeleton(message), *details, *place)
    return ("thrown", error.type, *details, *place)


def _place(facts: Facts, error: ThrownError) -> Place | None:
    """Returns the own function that threw an error or, if its frames show none, what it caused."""
    at = facts.errors.index(error)
    for each in (*facts.errors[at:], *reversed(facts.errors[:at])):
        if any(frame.is_own for frame in each.frames):
            return facts.shared_place(each)
    return None


def _scope(facts: Facts, message: str) -> tuple[str, ...]:
    """Returns the test's code where a message says too little to join tests of other files."""
    return facts.test_place() if _VAGUE.fullmatch(message) else ()


def _details(message: str) -> tuple[str, ...]:
    """Returns the request and the status or the error's number that a message names."""
    found = []
    if request := _REQUEST.search(message):
        found.append(f"{request['method']} {masked(request['path'])}")
    if status := _STATUS.search(message):
        found.append(next(filter(None, status.groups())))
    return tuple(found)
