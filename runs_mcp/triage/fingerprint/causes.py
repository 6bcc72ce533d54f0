"""The cause of each failure, with a fingerprint to group by. Pure functions over the model.

A fingerprint is a digest of evidence: what two failures of the same cause have in common, and two
of different causes do not. It depends on one failure alone, so it is the same in every run.
The one exception: a test that timed out and does not say on what may join others of its file.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from runs_mcp.model import Failure, Record
from runs_mcp.text import clip
from runs_mcp.triage.fingerprint.assertion_evidence import AssertionContext, assertion_evidence
from runs_mcp.triage.fingerprint.assertions import Assertion, nested_error, read_assertion
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
    """Why a test failed: equal for all failures of the same cause in a run."""

    fingerprint: str
    cause: str
    kind: Kind


class _Reading(NamedTuple):
    """The evidence, cause and kind of one failure."""

    evidence: tuple[str, ...]
    cause: str
    kind: Kind
    timed_out: bool = False
    """Whether the time limit of the test itself ended it."""
    is_silent: bool = False
    """Whether it does not say what the test waited for."""


# Playwright puts this before the error of the call that was cut off, or has nothing else to say.
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
# Errors of languages and databases that name what is missing: the same wherever it is used.
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
# The types of errors that code raises on purpose, with a message of its own.
_GENERIC_TYPES: Final = frozenset(
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
    """Returns the cause of each failure of a run, in order.

    Failures with equal fingerprints have the same cause; it has the most frequent of their texts.
    """
    readings = _join_silent(failures, [_read(failure) for failure in failures])
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


def _join_silent(failures: Sequence[Failure], readings: list[_Reading]) -> list[_Reading]:
    """Returns the readings, a silent timeout with the cause of the other timeouts of its file.

    Only if these have one cause. Playwright names a call that was cut off only while it runs.
    """
    by_spec: defaultdict[str, dict[tuple[str, ...], _Reading]] = defaultdict(dict)
    for failure, reading in zip(failures, readings, strict=True):
        if reading.timed_out and not reading.is_silent:
            by_spec[failure.spec][reading.evidence] = reading
    return [
        next(iter(by_spec[failure.spec].values()))
        if reading.is_silent and len(by_spec[failure.spec]) == 1
        else reading
        for failure, reading in zip(failures, readings, strict=True)
    ]


def _read(failure: Failure) -> _Reading:
    text = failure.error.message.strip()
    if timeout := _RUNNER_TIMEOUT.match(text):
        # These runners never say what was waited for: all such timeouts count as one cause.
        evidence = "out of time", (timeout["jest"] or timeout["vitest"] or "test").lower()
        first_line = masked(text.partition("\n")[0])
        return _Reading(evidence, first_line, "timeout", timed_out=True, is_silent=True)
    timeout = _PLAYWRIGHT_TIMEOUT.match(text)
    if timeout is None:
        return _read_error(failure, text)
    rest = text[timeout.end() :]
    if rest.strip():
        return _read_error(failure, rest)._replace(kind="timeout", timed_out=True)
    hook = timeout["hook"] or timeout["own"] or ""
    place = _place(failure)
    evidence = ("out of time", hook, *(place or (failure.spec,)))
    return _Reading(evidence, masked(text), "timeout", timed_out=True, is_silent=True)


def _read_error(failure: Failure, text: str) -> _Reading:
    code = failing_code(text, failure.error.code_frame)
    if browser := read_browser_error(text, code.line):
        return _Reading(browser.evidence, browser.cause, browser.kind)
    if nested := nested_error(text):
        return _thrown(failure, nested, code)
    if assertion := read_assertion(text):
        place = _place(failure)
        context = AssertionContext(
            "\0".join([*place, without_literals(code.line)]) if place else "",
            checked_call(code),
            f"{failure.spec}\0{failure.test.rpartition(' › ')[0]}",
        )
        evidence = assertion_evidence(assertion, context)
        return _Reading(evidence, _assertion_cause(assertion), "assertion")
    return _thrown(failure, text, code)


def _assertion_cause(assertion: Assertion) -> str:
    parts = [assertion.message, assertion.matcher.removeprefix(".")]
    if assertion.expected:
        parts.append(f"expected {assertion.expected}")
    if assertion.received:
        parts.append(f"received {assertion.received}")
    return masked(", ".join(filter(None, parts)))


def _thrown(failure: Failure, text: str, code: FailingCode) -> _Reading:
    thrown = _RSPEC_ERROR.search(text) or _THROWN.match(text)
    error_type = (thrown["type"] or "") if thrown else ""
    message = masked(thrown["message"] if thrown else text)
    cause = f"{error_type}: {message}" if error_type else message
    evidence = _thrown_evidence(error_type, message, _place(failure), code)
    return _Reading(evidence, cause, _thrown_kind(cause))


def _thrown_evidence(
    error_type: str, message: str, place: Place | None, code: FailingCode
) -> tuple[str, ...]:
    if place and (raised := raised_template(code, message)):
        return ("raised", place.file, *raised)
    if place and place.function and error_type in _GENERIC_TYPES:
        return ("raised", error_type, skeleton(message), *place)
    if named := _NAMED.search(message):
        return ("named", error_type, *filter(None, named.groups()))
    # «undefined» errors are generic: add the file.
    return ("thrown", error_type, message, place.file if place else "")


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
