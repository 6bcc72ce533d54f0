"""The cause of each failure, with a fingerprint to group by. Pure functions over the model.

A fingerprint is a digest of evidence: what two failures of the same cause have in common, and two
of different causes do not. It depends on one failure alone, so it is the same in every run.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from runs_mcp.deadline import stop_when_late
from runs_mcp.error_text.thrown_errors import ThrownError
from runs_mcp.model import ErrorText, Record
from runs_mcp.text import clip
from runs_mcp.triage.fingerprint.assertion_evidence import AssertionContext, assertion_evidence
from runs_mcp.triage.fingerprint.assertions import Assertion, nested_error, read_assertion
from runs_mcp.triage.fingerprint.browser_errors import read_browser_error
from runs_mcp.triage.fingerprint.connections import broken_connection
from runs_mcp.triage.fingerprint.facts import Facts, has_frames, quoted_error, read_facts
from runs_mcp.triage.fingerprint.failing_code import checked_call, without_literals
from runs_mcp.triage.fingerprint.infrastructure import infrastructure_trouble
from runs_mcp.triage.fingerprint.masking import masked
from runs_mcp.triage.fingerprint.thrown import (
    names_what_is_missing,
    telling_error,
    telling_message,
    thrown_evidence,
)
from runs_mcp.triage.fingerprint.timeouts import time_limit

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


_TIMED_OUT: Final = re.compile(
    r"time(?:d)?[ -]?out\b|Timeout|deadline exceeded|did not (?:complete|finish) within"
    r"|still (?:not )?\w+ after [0-9]",
    re.IGNORECASE,
)
_ASSERTED: Final = re.compile(
    # Those of mocks that were to be called, and of views that were to be there.
    r".*(?:ButNotInvoked|ActualInvocations|WantedButInvoked|ArgumentsAreDifferent|MockException"
    r"|NoInteractionsWanted|VerificationInOrderFailure|(?:NoMatchingView|AmbiguousView)\w{0,100})|"
    r".*Assert\w{0,100}(?:Error|Failure|Failed\w{0,100}|Exception)"
    r"|.*(?:ExpectationNotMet|ElementNotFound|NoSuchElement)\w{0,100}"
    r"|.*ComparisonFailure|.*MultipleFailuresError|.*ElementError"
)
# An element that a query did not find, as the drivers of browsers say it.
_SOUGHT: Final = re.compile(
    r"no such element|[Uu]nable to (?:find|locate)|element wasn't found|[Ee]lement not found"
    r"|[Nn]o element found|does not match any element|could not be located on the page"
    r"|[Nn]o views in hierarchy"
)
# supertest and the like throw plain errors: «expected 200 "OK", got 500».
_COMPARED: Final = re.compile(
    r"expected .{1,200}[, ](?:but )?(?:got|received|was|found) ", re.IGNORECASE
)
_NOT_THROWN: Final = re.compile(
    r"DID NOT RAISE|Missing expected (?:exception|rejection)"
    r"|(?:to be (?:raised|thrown)|[Ee]xpected .{1,100}),? but nothing was (?:raised|thrown)"
    r"|[Ee]xpected .{1,100} to (?:raise|throw)|No exception (?:was )?thrown"
)
_EXPECTED: Final = re.compile(
    r"\b(?:expected|expecting|want(?:ed)?|mismatch)\b"
    r"|\bshould(?: not)? (?:be|have|equal|contain)\b|\bgot\b|not equal|!="
    r"|XCT(?:Assert|Unwrap)|Assert(?:ion)?\b|to (?:equal|match|contain)\b",
    re.IGNORECASE,
)


def causes_of(errors: Sequence[ErrorText]) -> list[Cause]:
    """Returns the cause of each failure of a run, in order.

    Failures with equal fingerprints have the same cause; it has the most frequent of their texts.
    """
    read = cache(_read)  # In a run of several browsers, many failures are equal.
    readings = [read(error) for error in errors]
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


def _read(error: ErrorText) -> _Reading:
    stop_when_late()
    facts = read_facts(error)
    if not facts.has_text:
        return _Reading(("silent", facts.spec, facts.test), "The failure has no text.", "other")
    limit = time_limit(facts.text)
    if limit is None:
        return _read_error(facts, error)
    if limit.rest and (said := _read_rest(error, limit.rest)):
        return said._replace(kind="timeout")
    for further in facts.further:
        if (other := time_limit(further)) is None or other.rest:
            return _read(error._replace(message=further, further=()))._replace(kind="timeout")
    place = facts.shared_place(facts.errors[0]) or (facts.spec or facts.test,)
    return _Reading(("out of time", limit.of, *place), masked(facts.text), "timeout")


def _read_rest(error: ErrorText, rest: str) -> _Reading | None:
    facts = read_facts(error._replace(message=rest))
    return _read_error(facts, error) if facts.has_text else None


def _read_error(facts: Facts, error: ErrorText) -> _Reading:
    text = facts.text
    if browser := read_browser_error(facts.message, facts.code.line):
        return _Reading(browser.evidence, browser.cause, browser.kind)
    if nested := nested_error(text) or quoted_error(text):
        stack = error.message if has_frames(error.message) else error.stack
        inner = read_facts(error._replace(message=nested, stack=stack, name=""))
        thrown = _read_thrown(inner)
        if quoted_error(text) or thrown.kind not in ("crash", "other") or telling_error(inner).type:
            return thrown
        return thrown._replace(kind="assertion")  # A value that stands for an error.
    if assertion := read_assertion(text, facts.message, facts.errors[0].type):
        return _read_assertion(facts, assertion)
    return _read_thrown(facts)


def _read_assertion(facts: Facts, assertion: Assertion) -> _Reading:
    place = facts.shared_place(facts.errors[0])
    context = AssertionContext(
        "\0".join([*place, without_literals(facts.code.line)]) if place else "",
        checked_call(facts.code),
        facts.spec,
        facts.test_block(),
        "\0".join(facts.test_place()),
    )
    evidence = assertion_evidence(assertion, context)
    return _Reading(evidence, _assertion_cause(assertion), "assertion")


def _assertion_cause(assertion: Assertion) -> str:
    parts = [assertion.message, assertion.matcher.removeprefix(".")]
    if assertion.expected:
        parts.append(f"expected {assertion.expected}")
    if assertion.received:
        parts.append(f"received {assertion.received}")
    return masked(", ".join(filter(None, parts)))


def _read_thrown(facts: Facts) -> _Reading:
    error = telling_error(facts)
    message = telling_message(error)
    cause = f"{error.type}: {message}" if error.type and message else error.type or message
    if trouble := infrastructure_trouble(error.beginning):
        return _Reading(("infrastructure", trouble), cause, "infrastructure")
    if connection := broken_connection(error.beginning):
        evidence = (
            ("network", *connection)
            if connection.server
            else thrown_evidence(facts, error, message)
        )
        return _Reading(evidence, cause, "network")
    return _Reading(thrown_evidence(facts, error, message), cause, _thrown_kind(facts, error))


def _thrown_kind(facts: Facts, error: ThrownError) -> Kind:
    if _ASSERTED.fullmatch(error.type) or _ASSERTED.fullmatch(facts.errors[0].type):
        return "assertion"
    if _TIMED_OUT.search(error.type) or _TIMED_OUT.search(error.message[:300]):
        return "timeout"
    if _SOUGHT.search(error.message[:300]) or _NOT_THROWN.search(error.message[:300]):
        return "assertion"
    if error.type == "Error" and _COMPARED.match(error.message):
        return "assertion"
    if not error.type and _EXPECTED.search(error.message[:300]):
        return "assertion"
    is_thrown = error.type or error.frames or names_what_is_missing(error)
    return "crash" if is_thrown else "other"
