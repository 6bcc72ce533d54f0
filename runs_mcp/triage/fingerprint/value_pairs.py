"""What an assertion expected and what it got, in the words of many languages' frameworks.

Pure functions over the plain text of an error.
"""

import re
from typing import Final, NamedTuple

_ANY: Final = r".{0,600}?"
_REST: Final = r".{0,600}"
_EXPECTED: Final = r"[Ee]xpected(?: value| length| type)?|[Ww]ant(?:ed)?|right|[Ee]xpecting"
_RECEIVED: Final = (
    r"(?:but )?was|but(?=:)|[Aa]ctual(?: value)?|[Rr]eceived|[Gg]ot|left|[Ff]ound|But was"
)
_PHPUNIT_MATCHER: Final = r"(?:is|are|matches|contains|equals|has|starts|ends|does not)\b[a-z ]*?"

_PAIRS: Final = tuple(
    re.compile("".join(parts), re.MULTILINE)
    for parts in (
        (  # JUnit: «expected: <3> but was: <4>»
            rf"expected(?: same)?:? ?<(?P<expected>(?s:{_ANY}))> (?:but was|was not):? ?",
            rf"<(?P<received>(?s:{_ANY}))>$",
        ),
        (  # TestNG: «expected [3] but found [4]»
            rf"(?:did not )?expected? \[(?P<expected>{_ANY})\] but found ",
            rf"\[(?P<received>{_ANY})\]",
        ),
        (  # AssertJ: «Expecting actual: … to be equal to: …» on lines of their own
            r"Expecting(?: actual)?:[^\S\n]*\n\s*+(?P<received>.+)\n",
            r"\s*(?P<matcher>(?:not )?to [a-z ]++):?[^\S\n]*\n\s*(?P<expected>.+)",
        ),
        (  # most: «expected: 3» and «but was: 4» on two lines, in either order
            rf"^[^\S\n]*(?:{_EXPECTED})\s*:(?P<expected>.+)\n",
            rf"\s*(?:{_RECEIVED})\s*:(?P<received>.+)",
        ),
        (
            rf"^[^\S\n]*(?:{_RECEIVED})\s*:(?P<received>.+)\n",
            rf"\s*(?:{_EXPECTED})\s*:(?P<expected>.+)",
        ),
        (
            rf"^Failed asserting that (?P<received>{_ANY}) (?P<matcher>{_PHPUNIT_MATCHER})",
            r"(?: (?P<expected>[^a-z ].*|null|true|false))?\.$",
        ),
        (
            rf"(?P<matcher>XCT\w{{1,60}}) failed: \((?P<received>{_ANY})\) is not [a-z ]+ ",
            rf"\((?P<expected>{_ANY})\)",
        ),
        (  # GoogleTest
            r"^Expected equality of these values:\n.*\n(?:\s+Which is: (?P<received>.*)\n)?",
            r"\s+(?P<expected>.*)",
        ),
        (rf"^(?P<received>{_ANY}) !==? (?P<expected>{_REST})$",),  # node:assert
        (  # FluentAssertions
            r"^Expected (?P<message>[\w.()\[\]]+) to (?P<matcher>[a-z ]{1,80}?) ",
            rf"(?P<expected>{_ANY}),? but (?:found |it )?(?P<received>{_REST})",
        ),
    )
)
_SEARCHED: Final = 4000  # characters: both sides stand near the beginning
_HINTS: Final = ("xpect", "want", "right", "asserting", "XCT", "!=", "Difference")
# Diffs of node:assert, AVA and ExUnit: lines of both sides.
_DIFF_LINE: Final = re.compile(r"^ {0,4}(?P<sign>[-+]) +(?P<text>\S.*)$", re.MULTILINE)
_DIFF_LEGEND: Final = re.compile(
    r"\+ actual - expected|Difference(?: \(.{0,300}\))?:|^ ?--- Expected", re.MULTILINE
)
_LEGEND_LINE: Final = re.compile(
    r"(?:actual - expected|expected - actual|Expected|Actual)\b.*|@@.*"
)


class ValuePair(NamedTuple):
    """Both sides of an assertion.

    Args:
        expected: What was expected.
        received: What there was instead.
        matcher: How they were compared, where the text says it.
        message: What the code of the test calls the value.
        changes: The lines of a diff that are on one side only, with their signs.
    """

    expected: str
    received: str
    matcher: str
    message: str
    changes: tuple[str, ...]


def value_pair(text: str) -> ValuePair | None:
    """Returns both sides of an assertion, or None if the text does not show them."""
    if not any(hint in text for hint in _HINTS):
        return None
    changes = _changes(text)
    for pattern in _PAIRS:
        if found := pattern.search(text, 0, _SEARCHED):
            parts = found.groupdict()
            return ValuePair(
                (parts["expected"] or "").strip(" ,"),  # node:test has commas after both
                (parts["received"] or "").strip(" ,"),
                (parts.get("matcher") or "").strip(),
                (parts.get("message") or _before(text, found.start())).strip(),
                changes,
            )
    return ValuePair("", "", "", "", changes) if changes else None


def _before(text: str, end: int) -> str:
    """Returns what stands before the pair on its line: the test's own words."""
    before = text[:end].rpartition("\n")[2]
    return before.removesuffix("==> ").strip(" :")


def _changes(text: str) -> tuple[str, ...]:
    legend = _DIFF_LEGEND.search(text)
    if legend is None:
        return ()
    return tuple(
        f"{line['sign']} {line['text'].strip()}"
        for line in _DIFF_LINE.finditer(text, legend.start())
        if not _LEGEND_LINE.fullmatch(line["text"])
    )
