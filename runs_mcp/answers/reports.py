"""What tools answer with."""

from collections.abc import Sequence
from typing import Annotated, Final, TypedDict

import msgspec
from msgspec import Meta

from runs_mcp.answers.trim import NextCursor, Trim
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
)

Unreadable = Annotated[
    int, Meta(description="Records of an odd shape that could not be read: they are not shown.")
]
Odd = Annotated[Texts, Meta(description="Where the first of those stood, and why.")]
_SHOWN_ODD: Final = 3
"""For how many records that could not be read an answer says where and why."""


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
    """Returns the fields of a report that say what could not be read.

    Args:
        unreadable: Where each record stood that could not be read, and why.
    """
    return OddRecords(unreadable=len(unreadable), odd=tuple(unreadable[:_SHOWN_ODD]))
