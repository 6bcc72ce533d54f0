"""What tools answer with."""

from collections.abc import Sequence
from typing import Annotated, Final, TypedDict

import msgspec
from msgspec import Meta

from runs_mcp.model import (
    Artifacts,
    Asset,
    Failure,
    Group,
    Instance,
    LastRun,
    ListedRun,
    PassedTest,
    Project,
    Record,
    Run,
    Spec,
    Suite,
    TestTotals,
    Text,
    Texts,
    Totals,
    Whole,
)

_NEXT_CURSOR: Final = "Call again with this cursor and the same arguments for the rest."
NextCursor = Annotated[str, Whole(400), Meta(description=_NEXT_CURSOR)]
"""It holds the cursor of the API."""
Unreadable = Annotated[
    int, Meta(description="Records of an odd shape that could not be read: they are not shown.")
]
Odd = Annotated[Texts, Meta(description="Where the first of those stood, and why.")]
_SHOWN_ODD: Final = 3
"""Of how many records that could not be read an answer says where they stood."""


class Trim(Record, frozen=True, kw_only=True):
    """How much of all there is this answer shows."""

    trimmed: Annotated[bool, Meta(description="Whether anything is left out of this answer.")]
    upstream_bytes: Annotated[
        int | msgspec.UnsetType, Meta(description="Size of what the API sent, decoded.")
    ] = msgspec.UNSET
    shown: Annotated[int, Meta(description="Records on this page.")]
    total: Annotated[
        int | msgspec.UnsetType,
        Meta(description="Records on all pages together, where that is known."),
    ] = msgspec.UNSET
    detail: Annotated[str, Whole(8), Meta(description="The detail that was applied.")] = ""
    reason: Annotated[str, Whole(190), Meta(description="Why this is not everything.")] = ""
    next_cursor: Annotated[str, Whole(100), Meta(description=_NEXT_CURSOR)] = ""


class RunReport(Record, frozen=True, kw_only=True):
    """A run, and its specs or those that matter."""

    run: Run
    totals: Totals
    groups: tuple[Group, ...] = ()
    specs: tuple[Spec, ...]
    last_run: LastRun | msgspec.UnsetType = msgspec.UNSET
    unreadable: Unreadable = 0
    odd: Odd = ()
    trim: Trim


class InstanceReport(Record, frozen=True, kw_only=True):
    """One spec file's execution: what failed in it, and why."""

    instance: Instance
    totals: TestTotals
    note: Annotated[Text, Meta(description="Where its counts and its tests disagree.")] = ""
    exception: Annotated[Text, Meta(description="What kept the spec from running at all.")] = ""
    artifacts: Artifacts = Artifacts()
    failures: tuple[Failure, ...]
    passed: tuple[PassedTest, ...] = ()
    assets: tuple[Asset, ...] = ()
    unreadable: Unreadable = 0
    odd: Odd = ()
    trim: Trim


class RunList(Record, frozen=True):
    """Runs, newest first."""

    runs: tuple[ListedRun, ...]
    next_cursor: NextCursor = ""
    unreadable: Unreadable = 0
    odd: Odd = ()


class RunStatus(Record, frozen=True, kw_only=True):
    """A run without its tests."""

    run: Run


class FailureList(Record, frozen=True, kw_only=True):
    """Tests that failed in a run."""

    failures: tuple[Failure, ...]
    note: Annotated[Text, Meta(description="What the list alone does not tell.")] = ""
    unreadable: Unreadable = 0
    odd: Odd = ()
    trim: Trim


class SuiteList(Record, frozen=True, kw_only=True):
    """Suites of an organization."""

    suites: tuple[Suite, ...]
    next_cursor: NextCursor = ""
    unreadable: Unreadable = 0
    odd: Odd = ()


class ProjectList(Record, frozen=True):
    """Projects that the key can see."""

    projects: tuple[Project, ...]
    next_cursor: NextCursor = ""
    unreadable: Unreadable = 0
    odd: Odd = ()


class OddRecords(TypedDict):
    """The fields of a report that say what could not be read."""

    unreadable: int
    odd: tuple[str, ...]


def odd_records(unreadable: Sequence[str]) -> OddRecords:
    """Returns how many records could not be read, and where the first of them stood and why."""
    return OddRecords(unreadable=len(unreadable), odd=tuple(unreadable[:_SHOWN_ODD]))
