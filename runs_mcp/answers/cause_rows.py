"""The rows of a triage's causes: short enough that a few pages have them all. Pure functions."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from runs_mcp.answers.encoding import encoded_size
from runs_mcp.answers.triage_reports import GroupReport
from runs_mcp.model import Failure
from runs_mcp.text import shorten, shorten_middle
from runs_mcp.triage.grouping import CauseGroup

# How many page budgets all rows may have: a first page with room for examples, if that is too
# little a whole page, and if that is too little three pages, less what else each page says.
_BUDGETS: Final = (0.4, 0.8, 2.4)
_GROUPS_SHOWN: Final = 6
_GROUP_CHARS: Final = 60


class _Lengths(NamedTuple):
    """How many characters a row has of a cause, and of the title of a test."""

    cause: int
    test: int


_LENGTHS: Final = (
    _Lengths(300, 300),
    _Lengths(200, 120),
    _Lengths(150, 80),
    _Lengths(110, 60),
    _Lengths(80, 24),
)


def cause_rows(groups: Sequence[CauseGroup], budget: int) -> list[GroupReport]:
    """Returns a row for each group, all shortened alike, as little as the budget allows.

    No cause is cut below 80 characters, and no two are equal.
    """
    shortest: list[GroupReport] = []
    for budgets in _BUDGETS:
        for lengths in _LENGTHS:
            shortest = _rows(groups, lengths)
            if sum(map(encoded_size, shortest)) + len(shortest) <= budget * budgets:
                return shortest
    return shortest


def _rows(groups: Sequence[CauseGroup], lengths: _Lengths) -> list[GroupReport]:
    causes = _distinct_causes(groups, lengths.cause)
    return [_row(group, cause, lengths) for group, cause in zip(groups, causes, strict=True)]


def _row(group: CauseGroup, cause: str, lengths: _Lengths) -> GroupReport:
    first = group.failures[0]
    return GroupReport(
        fingerprint=group.cause.fingerprint,
        cause=cause,
        kind=group.cause.kind,
        frame=_place_of(first),
        tests=len(group.failures),
        specs=group.specs,
        skipped=group.skipped,
        in_groups=_most_of(group.run_groups()),
        novelty=group.novelty,
        first_test=shorten_middle(first.test, lengths.test),
    )


def _most_of(counts: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Returns the run's groups with the most failures, and all others as one entry."""
    shown = {shorten_middle(name, _GROUP_CHARS): tests for name, tests in counts[:_GROUPS_SHOWN]}
    rest = counts[_GROUPS_SHOWN:]
    return shown | ({f"{len(rest)} more": sum(tests for _, tests in rest)} if rest else {})


def _distinct_causes(groups: Sequence[CauseGroup], max_chars: int) -> list[str]:
    """Returns the causes; those that would look alike also say where they were thrown."""
    causes = [shorten(group.cause.cause, max_chars) for group in groups]
    for describe in (_place_of_group, _test_of_group, _fingerprint_of_group):
        counts = Counter(causes)
        causes = [
            f"{cause} ({describe(group)})" if counts[cause] > 1 and describe(group) else cause
            for group, cause in zip(groups, causes, strict=True)
        ]
    return causes


def _place_of_group(group: CauseGroup) -> str:
    return _place_of(group.failures[0])


def _test_of_group(group: CauseGroup) -> str:
    return shorten_middle(group.failures[0].test, _LENGTHS[-1].test)


def _fingerprint_of_group(group: CauseGroup) -> str:
    return group.cause.fingerprint


def _place_of(failure: Failure) -> str:
    return failure.error.frame or failure.location
