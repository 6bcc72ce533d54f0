"""What the failures of one cause have in common, where expectations did not hold."""

import re
from typing import Final, NamedTuple

from runs_mcp.triage.fingerprint.assertions import Assertion
from runs_mcp.triage.fingerprint.masking import masked


class Asserting(NamedTuple):
    """Where an expectation stands."""

    place: str
    """File, function and line of code, where it is in code that tests share."""
    checked: str
    """The call whose result it is of, where the code tells."""
    tests: str
    """The file, or the part of it, that the test is in."""


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
_CHAI_MORE: Final = re.compile(r"…\((?P<count>[0-9]{1,9})\)")


def assertion_evidence(assertion: Assertion, where: Asserting) -> tuple[str, ...]:
    """Returns what the failures of one cause have in common."""
    if surplus := _surplus(assertion):
        return ("surplus", surplus)
    if assertion.key or ((keys := _keys(assertion)).startswith("-") and "+" not in keys):
        # A field that got lost is one cause, whichever way it was looked for.
        return ("missing", assertion.key or keys.replace("-", ""))
    if keys:
        return ("keys", keys, where.place)
    if where.place:
        return ("place", where.place, assertion.matcher, *_sorts(assertion))
    if change := _first_change(assertion):
        return ("change", change)
    if values := _telling_values(assertion):
        return ("values", *values)
    return ("checked", where.checked or where.tests, *_sorts(assertion))


def _surplus(assertion: Assertion) -> str:
    """Returns what is in a list that was to be empty: errors, violations. That is the cause."""
    if not _NOTHING.fullmatch(assertion.expected.strip()):
        return ""
    found = next(iter(assertion.changes), assertion.received).removeprefix("+").strip(" [],")
    return masked(found) if len(_words(found)) >= _SENTENCE_WORDS else ""


def _keys(assertion: Assertion) -> str:
    """Returns the keys that differ, where two objects were compared."""
    found = [key for line in assertion.changes if (key := _KEY.match(line))]
    if not found or len(found) < len(assertion.changes):
        return ""
    return " ".join(sorted({key["sign"] + key["key"].strip("\"':") for key in found}, reverse=True))


def _first_change(assertion: Assertion) -> str:
    """Returns the first line of a text's diff on either side."""
    if _is_reordered(assertion) or _ONE_LINE.fullmatch(assertion.received):
        return ""
    first = [next((line for line in assertion.changes if line[0] == sign), "") for sign in "-+"]
    return masked(" ".join(first))


def _is_reordered(assertion: Assertion) -> bool:
    removed, added = (
        {line[1:].strip(" ,") for line in assertion.changes if line[0] == sign} for sign in "-+"
    )
    return removed == added


def _telling_values(assertion: Assertion) -> tuple[str, ...]:
    """Returns the values where they are words, and no numbers, truth, nothing or long lists."""
    expected, received = masked(assertion.expected), masked(assertion.received)
    if assertion.matcher == "match_array":
        return (expected, received)
    contains = _CONTAINMENT.search(assertion.matcher) is not None
    if not _words(received) or (_CONTAINER.match(received) and not contains):
        return ()
    if _letters(expected) == _letters(received):
        return ()  # Only case, order, signs or numbers differ: the words are those of the test.
    return (received,) if contains else (expected, received)


def _words(value: str) -> list[str]:
    return [word for word in _WORD.findall(value) if not _NO_WORD.fullmatch(word)]


def _letters(value: str) -> list[str]:
    return sorted("".join(_WORD.findall(value)).casefold())


def _sorts(assertion: Assertion) -> tuple[str, ...]:
    """Returns of what sort the values are: a number that is wrong is no text that is missing."""
    if "hrow" in assertion.matcher:
        return ("throw",)
    both = assertion.expected.strip(), assertion.received.strip()
    if all(_STATUS.fullmatch(value) for value in both):
        return both  # HTTP statuses: 404 is not 500.
    return tuple(map(_sort, both)) + _sizes(*both)


def _sort(value: str) -> str:
    if _TRUTH.fullmatch(value):
        return "truth"
    if _CONTAINER.match(value):
        return "container"
    told = masked(value)
    return "text" if _LETTER.search(_MASK.sub("", told)) and told[:1] in "\"'" else told


def _sizes(expected: str, received: str) -> tuple[str, ...]:
    """Returns whether chai's shortened objects, «{ a: 1, …(3) }», have as many keys."""
    cut = [_CHAI_MORE.search(value) for value in (expected, received)]
    if cut[0] is None or cut[1] is None:
        return ()
    wanted, found = (int(more["count"]) + more.string.count(", ") for more in cut if more)
    return ("fewer" if found < wanted else "more" if found > wanted else "as many",)
