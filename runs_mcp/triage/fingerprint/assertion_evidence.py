"""The evidence of a failed assertion: what other failures of the same cause have, too."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from runs_mcp.triage.fingerprint.assertions import Assertion
from runs_mcp.triage.fingerprint.masking import masked


class AssertionContext(NamedTuple):
    """The code around an assertion."""

    shared_line: str
    """Its file, function and line of code; empty where no other tests share this code."""
    checked_call: str
    """The call whose result is checked; empty where the code does not show it."""
    spec: str
    """The file of the test."""
    block: str
    """The file and the block of a test whose function is not known; empty otherwise."""
    test: str
    """What tells this test from others: the function that failed, or the file and the title."""


_KEY: Final = re.compile(r"(?P<sign>[-+])\s*(?P<key>\"[^\"]+\"|'[^']+'|:?\w+)\s*(?::|=>)\s")
_NOTHING: Final = re.compile(r"(?:Array |Object )?(?:\[\]|\{\})|\"\"|''|null|None|nil|undefined")
_CONTAINER: Final = re.compile(r"[\[{(]|Array|Object|Map|Set|#<|<")
_CONTAINMENT: Final = re.compile(r"contain|include|match|^(?:not )?in$", re.IGNORECASE)
_WORD: Final = re.compile(r"<?[^\W\d_]{2,}")
_NO_WORD: Final = re.compile(
    r"<.*|true|false|null|none|nil|undefined|nan|inf|infinity|decimal|array|object",
    re.IGNORECASE,
)
_ONE_LINE: Final = re.compile(r"[\"'](?:[^\\]|\\[^n])*[\"']")
_STATUS: Final = re.compile(
    r"20[0-6]|30[1-478]|40[0-9]|41[0-8]|42[2-9]|50[0-5]"  # the HTTP statuses in use
)
_TRUTH: Final = re.compile(r"true|false", re.IGNORECASE)
_LETTER: Final = re.compile(r"[^\W\d_]")
_MASK: Final = re.compile(r"<[a-z]+>")
_SENTENCE_WORDS: Final = 3
_DIGIT: Final = re.compile(r"[0-9]")
_DATUM: Final = re.compile(r"\w{2,}")
_MUCH_DATA: Final = 4
_CHAI_MORE: Final = re.compile(r"…\((?P<count>[0-9]{1,9})\)")


def assertion_evidence(assertion: Assertion, context: AssertionContext) -> tuple[str, ...]:
    """Returns what identifies the cause of a failed assertion: what the first rule says.

    Where nothing tells, that is the call that was checked or, without it, the test itself.
    """
    return next(evidence for rule in RULES if (evidence := rule(assertion, context)))


def _of_surplus(assertion: Assertion, _context: AssertionContext) -> tuple[str, ...]:
    surplus = _surplus(assertion)
    return ("surplus", surplus) if surplus else ()


def _of_missing_key(assertion: Assertion, _context: AssertionContext) -> tuple[str, ...]:
    """A missing field is the same cause however it was checked."""
    keys = _keys(assertion)
    if assertion.key or (keys.startswith("-") and "+" not in keys):
        return ("missing", assertion.key or keys.replace("-", ""))
    return ()


def _of_shared_line(assertion: Assertion, context: AssertionContext) -> tuple[str, ...]:
    if not context.shared_line:
        return ()
    return ("place", context.shared_line, assertion.matcher, *_value_types(assertion))


def _of_change(assertion: Assertion, _context: AssertionContext) -> tuple[str, ...]:
    change = _first_change(assertion)
    return ("change", change) if change else ()


def _of_words(assertion: Assertion, _context: AssertionContext) -> tuple[str, ...]:
    values = _values_in_words(assertion)
    return ("values", *values) if values else ()


def _of_data(assertion: Assertion, context: AssertionContext) -> tuple[str, ...]:
    data = "" if context.checked_call else _shown_data(assertion)
    return ("data", assertion.matcher, assertion.expected, data) if data else ()


def _of_snapshot(assertion: Assertion, context: AssertionContext) -> tuple[str, ...]:
    return ("snapshot", context.spec) if assertion.matcher == "snapshot" else ()


def _of_checked_call(assertion: Assertion, context: AssertionContext) -> tuple[str, ...]:
    call = context.checked_call
    return ("checked", call, *_value_types(assertion)) if call else ()


def _of_equal_values(assertion: Assertion, context: AssertionContext) -> tuple[str, ...]:
    """Tests of one block that got the same number in place of the same fail for one cause."""
    both = assertion.expected, assertion.received
    if not context.block or not all(map(_DIGIT.search, both)) or any(map(_words, both)):
        return ()
    return ("equal", context.block, assertion.matcher, *both)


def _of_test(assertion: Assertion, context: AssertionContext) -> tuple[str, ...]:
    return ("checked", context.test, *_value_types(assertion))


RULES: tuple[Callable[[Assertion, AssertionContext], tuple[str, ...]], ...] = (
    _of_surplus,
    _of_missing_key,
    _of_shared_line,
    _of_change,
    _of_words,
    _of_data,
    _of_snapshot,
    _of_checked_call,
    _of_equal_values,
    _of_test,
)


def _shown_data(assertion: Assertion) -> str:
    """Returns a list or object that was received, if it says enough to be no coincidence."""
    data = assertion.whole or assertion.received
    return data if _CONTAINER.match(data) and len(_DATUM.findall(data)) >= _MUCH_DATA else ""


def _surplus(assertion: Assertion) -> str:
    """Returns what is in a list that should be empty: errors, violations. That is the cause."""
    if not _NOTHING.fullmatch(assertion.expected.strip()):
        return ""
    found = next(iter(assertion.changes), assertion.received).removeprefix("+").strip(" [],")
    return masked(found) if len(_words(found)) >= _SENTENCE_WORDS else ""


def _keys(assertion: Assertion) -> str:
    """Returns the keys that differ between two objects, or "" if more than keys differ."""
    found = [key for line in assertion.changes if (key := _KEY.match(line))]
    if not found or len(found) < len(assertion.changes):
        return ""
    return " ".join(sorted({key["sign"] + key["key"].strip("\"':") for key in found}, reverse=True))


def _first_change(assertion: Assertion) -> str:
    """Returns the first line of a diff of texts, from each side."""
    if _is_reordered(assertion) or _ONE_LINE.fullmatch(assertion.received):
        return ""
    first = [next((line for line in assertion.changes if line[0] == sign), "") for sign in "-+"]
    return masked(" ".join(first))


def _is_reordered(assertion: Assertion) -> bool:
    removed, added = (
        {line[1:].strip(" ,") for line in assertion.changes if line[0] == sign} for sign in "-+"
    )
    return removed == added


def _values_in_words(assertion: Assertion) -> tuple[str, ...]:
    """Returns the values if they are words: not numbers, booleans, null or long lists."""
    expected, received = masked(assertion.expected), masked(assertion.received)
    if assertion.matcher == "match_array" and (_words(expected) or _words(received)):
        return (expected, received)
    contains = _CONTAINMENT.search(assertion.matcher) is not None
    if not _words(received) or (_CONTAINER.match(received) and not contains):
        return ()
    if _letters(expected) == _letters(received):
        return ()  # Only case, order, signs or numbers differ: such words are data of the test.
    return (received,) if contains else (expected, received)


def _words(value: str) -> list[str]:
    return [word for word in _WORD.findall(value) if not _NO_WORD.fullmatch(word)]


def _letters(value: str) -> list[str]:
    return sorted("".join(_WORD.findall(value)).casefold())


def _value_types(assertion: Assertion) -> tuple[str, ...]:
    """Returns the types of both values: a wrong number is another cause than a missing text."""
    if "hrow" in assertion.matcher:
        return ("throw",)
    both = assertion.expected.strip(), assertion.received.strip()
    if all(_STATUS.fullmatch(value) for value in both):
        return both  # HTTP statuses: 404 is not 500.
    return tuple(map(_value_type, both)) + _sizes(*both)


def _value_type(value: str) -> str:
    if _TRUTH.fullmatch(value):
        return "truth"
    if _CONTAINER.match(value):
        return "container"
    value = masked(value)
    return "text" if _LETTER.search(_MASK.sub("", value)) and value[:1] in "\"'" else value


def _sizes(expected: str, received: str) -> tuple[str, ...]:
    """Returns how the numbers of keys of two objects compare that chai cut: «{ a: 1, …(3) }»."""
    more = [_CHAI_MORE.search(value) for value in (expected, received)]
    if more[0] is None or more[1] is None:
        return ()
    wanted, found = (int(cut["count"]) + cut.string.count(", ") for cut in more if cut)
    return ("fewer" if found < wanted else "more" if found > wanted else "as many",)
