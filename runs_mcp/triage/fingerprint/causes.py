"""Which failures have one cause. Pure functions over the model.

A fingerprint is a digest of evidence: of what two failures of one cause have in common, and two
of different causes have not. It is read from each failure alone, so that it is the same in every
run; only a test that ran out of time and says nothing more is joined to others of its file.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from runs_mcp.model import Failure, Record
from runs_mcp.text import clip
from runs_mcp.triage.fingerprint.assertion_evidence import Asserting, assertion_evidence
from runs_mcp.triage.fingerprint.assertions import nested_error, read_assertion
from runs_mcp.triage.fingerprint.browser_errors import read_browser_error
from runs_mcp.triage.fingerprint.failing_code import (
    FailingCode,
    Place,
    checked_call,
    failing_code,
    raised_template,
    shared_place,
    without_literals,
)
from runs_mcp.triage.fingerprint.masking import masked, skeleton

Kind = Literal["assertion", "timeout", "network", "crash", "infrastructure", "other"]

_CAUSE_CHARS: Final = 300


class Cause(Record, frozen=True, kw_only=True):
    """Why a test failed, in a form that other failures of the same cause share."""

    fingerprint: str
    cause: str
    kind: Kind


class _Reading(NamedTuple):
    """What one failure says."""

    evidence: tuple[str, ...]
    cause: str
    kind: Kind
    ran_out: bool = False
    """The test's own time limit ended it."""
    is_silent: bool = False
    """Nothing tells what it waited for."""


# Playwright puts this before the error of the call that was cut off, or leaves it alone.
_PLAYWRIGHT_TIMEOUT: Final = re.compile(
    r"(?:Error: )?(?:Test timeout of [0-9]+ms exceeded"
    r"(?: while [a-z ]+(?P<hook>\"[^\"]*\")(?: hook)?)?"
    r"|(?P<own>(?:Fixture )?\"[^\"]+\")(?: hook)? timeout of [0-9]+ms exceeded(?: during \w+)?"
    r"|(?:Tearing down|Worker teardown)[^\n]*?exceeded the test timeout[^\n]*?)\.?(?:\s+|$)"
)
# jest: «thrown: "Exceeded timeout of 300 ms for a test.»; vitest: «Test timed out in 300ms.»;
# mocha and Cypress: «Timeout of 2000ms exceeded. For async tests and hooks, …»
_RUNNER_TIMEOUT: Final = re.compile(
    r"(?:Error: )?(?:thrown: \"?Exceeded timeout of [0-9.]+ ?ms for a (?P<jest>test|hook)"
    r"|(?P<vitest>Test|Hook) timed out in [0-9.]+ ?ms"
    r"|Timeout of [0-9.]+ ?ms exceeded\. For async tests and hooks)"
)

# RSpec puts an exception's class on a line of its own.
_RSPEC_ERROR: Final = re.compile(
    r"^\s*(?P<type>(?:[A-Z]\w*::)*[A-Z]\w*):\n\s*(?P<message>.*)", re.MULTILINE
)
_THROWN: Final = re.compile(
    r"(?:(?:\w*Error: )?[a-z]\w*\.[a-z]\w*: )?"  # «Error: page.evaluate: TypeError: …»
    r"(?:Uncaught )?(?:(?P<type>(?:\w+(?:\.|::))*[A-Z]\w*)(?: \[\w+\])?: )?(?P<message>.*)"
)
# Errors of languages and databases that name what is not there: it is missing wherever it is used.
_NAMED: Final = re.compile(
    r"([\w$]+)\)? is not a (?:function|constructor)$|^([\w$]+) is not defined"
    r"|^(?:type object )?'(?!NoneType)(\w+)' (?:object )?has no attribute '(\w+)'"
    r"|^module '([\w.]+)' has no attribute '(\w+)'|^name '(\w+)' is not defined"
    r"|^No module named '([\w.]+)'|^cannot import name '(\w+)'|Cannot find module '([^']+)'"
    r"|^([\w.]+\(\)) got an unexpected keyword argument ('\w+')"
    r"|^undefined (?:local variable or )?method [`'](\S+)' for (?!nil)(?:an instance of |#<)?"
    r"([\w:]+)"
    r"|^uninitialized constant ([\w:]+)"
    r"|no such (?:table|column): ([\w.]+)|table (\w+) has no column named (\w+)"
    r"|(?:relation|column) \"([\w.]+)\" (?:of relation \"(\w+)\" )?does not exist"
    r"|constraint \"(\w+)\""
)
# Errors that code raises on purpose, with a message of its own.
_RAISED: Final = frozenset(
    {"Error", "RuntimeError", "ValueError", "Exception", "ArgumentError", "StandardError"}
)
_TYPED: Final = re.compile(r"[\w.:]+: ")
_TIMED_OUT: Final = re.compile(r"time(?:d)?[ -]?out\b", re.IGNORECASE)
_NETWORK: Final = re.compile(
    r"ECONN\w+|ENOTFOUND|EAI_AGAIN|E(?:HOST|NET)UNREACH|EPIPE|socket hang up|getaddrinfo|"
    r"connection (?:refused|reset|aborted)|ConnectionError|URLError|Name or service not known|"
    r"fetch failed|SSL\w*Error",
    re.IGNORECASE,
)
_INFRASTRUCTURE: Final = re.compile(
    r"out of memory|No space left|ENOSPC|EMFILE|ENOMEM|worker process|SIGKILL|command not found|"
    r"migrations? (?:is|are) pending",
    re.IGNORECASE,
)


def causes_of(failures: Sequence[Failure]) -> list[Cause]:
    """Returns the cause of each failure of a run, in order. Equal fingerprints mean one cause."""
    readings = _joined(failures, [_read(failure) for failure in failures])
    texts: defaultdict[tuple[str, ...], Counter[tuple[str, Kind]]] = defaultdict(Counter)
    for reading in readings:
        texts[reading.evidence][reading.cause, reading.kind] += 1
    causes = {
        evidence: _cause(evidence, *min(counts, key=lambda text: (-counts[text], text)))
        for evidence, counts in texts.items()
    }
    return [causes[reading.evidence] for reading in readings]


def _cause(evidence: tuple[str, ...], cause: str, kind: Kind) -> Cause:
    digest = blake2b("\0".join(evidence).encode(), digest_size=6).hexdigest()
    return Cause(fingerprint=digest, cause=clip(cause, _CAUSE_CHARS), kind=kind)


def _joined(failures: Sequence[Failure], readings: list[_Reading]) -> list[_Reading]:
    """Joins a test that ran out of time and says nothing to those of its file that say one thing.

    Playwright knows which call was cut off only while the call was under way.
    """
    telling: defaultdict[str, dict[tuple[str, ...], _Reading]] = defaultdict(dict)
    for failure, reading in zip(failures, readings, strict=True):
        if reading.ran_out and not reading.is_silent:
            telling[failure.spec][reading.evidence] = reading
    return [
        next(iter(telling[failure.spec].values()))
        if reading.is_silent and len(telling[failure.spec]) == 1
        else reading
        for failure, reading in zip(failures, readings, strict=True)
    ]


def _read(failure: Failure) -> _Reading:
    text = failure.error.message.strip()
    if timeout := _RUNNER_TIMEOUT.match(text):
        # These runners never know what was waited for: such time-outs are taken for one cause.
        what = (timeout["jest"] or timeout["vitest"] or "test").lower()
        first_line = masked(text.partition("\n")[0])
        return _Reading(("out of time", what), first_line, "timeout", ran_out=True, is_silent=True)
    timeout = _PLAYWRIGHT_TIMEOUT.match(text)
    if timeout is None:
        return _read_error(failure, text)
    rest = text[timeout.end() :]
    if rest.strip():
        return _read_error(failure, rest)._replace(kind="timeout", ran_out=True)
    hook = timeout["hook"] or timeout["own"] or ""
    place = _place(failure)
    evidence = ("out of time", hook, *(place or (failure.spec,)))
    return _Reading(evidence, masked(text), "timeout", ran_out=True, is_silent=True)


def _read_error(failure: Failure, text: str) -> _Reading:
    code = failing_code(text, failure.error.code_frame)
    if browser := read_browser_error(text, code.line):
        return _Reading(browser.evidence, browser.cause, browser.kind)
    if nested := nested_error(text):
        return _thrown(failure, nested, code)
    if assertion := read_assertion(text):
        place = _place(failure)
        where = Asserting(
            "\0".join([*place, without_literals(code.line)]) if place else "",
            checked_call(code),
            f"{failure.spec}\0{failure.test.rpartition(' › ')[0]}",
        )
        said = [assertion.said, assertion.matcher.removeprefix(".")]
        if assertion.expected:
            said.append(f"expected {assertion.expected}")
        if assertion.received:
            said.append(f"received {assertion.received}")
        cause = masked(", ".join(filter(None, said)))
        return _Reading(assertion_evidence(assertion, where), cause, "assertion")
    return _thrown(failure, text, code)


def _thrown(failure: Failure, text: str, code: FailingCode) -> _Reading:
    thrown = _RSPEC_ERROR.search(text) or _THROWN.match(text)
    error_type = (thrown["type"] or "") if thrown else ""
    said = masked(thrown["message"] if thrown else text)
    cause = f"{error_type}: {said}" if error_type else said
    place = _place(failure)
    return _Reading(_thrown_evidence(error_type, said, place, code), cause, _thrown_kind(cause))


def _thrown_evidence(
    error_type: str, said: str, place: Place | None, code: FailingCode
) -> tuple[str, ...]:
    if place and (raised := raised_template(code, said)):
        return ("raised", place.file, *raised)
    if place and place.function and error_type in _RAISED:
        return ("raised", error_type, skeleton(said), *place)
    if named := _NAMED.search(said):
        return ("named", error_type, *filter(None, named.groups()))
    # A value that is not there says little: it matters in which file of the product it is missed.
    return ("thrown", error_type, said, place.file if place else "")


def _thrown_kind(cause: str) -> Kind:
    if _INFRASTRUCTURE.search(cause):
        return "infrastructure"
    if _NETWORK.search(cause):
        return "network"
    if _TIMED_OUT.search(cause):
        return "timeout"
    return "crash" if _TYPED.match(cause) else "other"


def _place(failure: Failure) -> Place | None:
    error = failure.error
    stack = error.stack.replace("at ", "", 1).replace("\nat ", "\n")
    frames = stack if stack.startswith(error.frame) else error.frame
    return shared_place(frames or error.frame, failure.spec, error.message)
