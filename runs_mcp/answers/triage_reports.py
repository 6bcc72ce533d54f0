"""What triage, comparison and waiting answer with."""

from typing import Annotated, Self

import msgspec
from msgspec import Meta

from runs_mcp.answers.reports import Odd, Unreadable
from runs_mcp.answers.trim import Trim
from runs_mcp.model import (
    Failure,
    Id,
    Milliseconds,
    Path,
    Record,
    Run,
    Statement,
    Text,
    Texts,
    Title,
    Totals,
    Whole,
)
from runs_mcp.triage.findings import NamedOutcome
from runs_mcp.triage.fingerprint.causes import Kind
from runs_mcp.triage.grouping import Novelty


class NamedTest(Record, frozen=True, kw_only=True):
    """A test, by its title, its file, and its group in a run of several."""

    test: Title
    spec: Path = ""
    group: Title = ""

    @classmethod
    def of(cls, found: Failure | NamedOutcome) -> Self:
        """Returns the name of a test that failed, or of an outcome."""
        return cls(test=found.test, spec=found.spec, group=found.group)


class GroupReport(Record, frozen=True, kw_only=True):
    """Failures of one cause, and what this page shows of them."""

    fingerprint: Annotated[str, Whole(12)]
    cause: Annotated[Statement, Meta(description="The message as a template.")]
    kind: Kind
    frame: Annotated[
        Path, Meta(description="Top stack frame in the project's own code of one of its tests.")
    ] = ""
    tests: Annotated[int, Meta(description="Tests that failed for it.")]
    specs: Annotated[int, Meta(description="Spec files they are in.")] = 0
    skipped: Annotated[
        int, Meta(description="Tests that did not run because of it: a hook failed.")
    ] = 0
    in_groups: Annotated[
        dict[Title, int],
        Meta(
            description="Groups of the run (browsers, projects, shards) that it is in, where the "
            "run has several, and how many of its tests failed in each."
        ),
    ] = msgspec.field(default_factory=dict, name="in")
    novelty: Annotated[
        Novelty,
        Meta(
            description="known: the baseline has it. new: the baseline ran these specs to their "
            "end without it. unknown: neither can be said."
        ),
    ]
    first_test: Annotated[Title, Meta(description="One of its tests.")] = ""
    example: Failure | msgspec.UnsetType = msgspec.UNSET
    others: Annotated[tuple[NamedTest, ...], Meta(description="More of its tests.")] = ()
    more: Annotated[int, Meta(description="Its tests that come on later pages.")] = 0


class BaselineReport(Record, frozen=True, kw_only=True):
    """The run that tells which causes are new."""

    run: Id
    chosen: Annotated[Statement, Meta(description="How it was chosen.")]


class Coverage(Record, frozen=True, kw_only=True, omit_defaults=False):
    """How much of what failed could be read."""

    failing_specs: int
    inspected: int
    failed_to_load: int
    why: Annotated[
        tuple[Annotated[str, Whole(28)], ...] | msgspec.UnsetType,
        Meta(description="Kinds of error with which specs failed to load."),
    ] = msgspec.UNSET
    unreadable: Unreadable | msgspec.UnsetType = msgspec.UNSET
    odd: Odd | msgspec.UnsetType = msgspec.UNSET


HowFound = Annotated[
    Statement, Meta(description="How the run was found, and which others would fit.")
]


class TriageReport(Record, frozen=True, kw_only=True):
    """Why a run failed."""

    run: Run
    found: HowFound = ""
    verdict: Text
    totals: Totals | msgspec.UnsetType = msgspec.UNSET
    causes_total: Annotated[int, Meta(description="Causes on all pages.")]
    groups: tuple[GroupReport, ...]
    flaky: tuple[NamedTest, ...] = ()
    quarantined: Annotated[
        tuple[NamedTest, ...], Meta(description="Failed in quarantine: no failures of the run.")
    ] = ()
    incomplete: Annotated[
        tuple[Path, ...], Meta(description="Spec files that never reported.")
    ] = ()
    baseline: BaselineReport | msgspec.UnsetType = msgspec.UNSET
    no_baseline: Annotated[Statement, Meta(description="Why novelty is unknown.")] = ""
    next: Annotated[Statement, Meta(description="What may help next.")] = ""
    coverage: Coverage
    trim: Trim


class ComparisonCounts(Record, frozen=True, kw_only=True, omit_defaults=False):
    """How many tests each list has, over all pages."""

    new_failures: int
    still_failing: int
    fixed: int
    no_longer_failing: int
    not_run: int
    flaky: int
    missing: int


class CompareReport(Record, frozen=True, kw_only=True):
    """Two runs, test by test."""

    base: Run
    head: Run
    counts: ComparisonCounts
    new_failures: tuple[NamedTest, ...]
    still_failing: tuple[NamedTest, ...]
    fixed: tuple[NamedTest, ...] = ()
    no_longer_failing: Annotated[
        tuple[NamedTest, ...],
        Meta(description="Failed in base; of head the provider tells failures only."),
    ] = ()
    not_run: Annotated[
        tuple[NamedTest, ...], Meta(description="Failed in base, skipped in head: not fixed.")
    ] = ()
    flaky: Annotated[tuple[NamedTest, ...], Meta(description="Flaky in head.")] = ()
    missing: Annotated[tuple[NamedTest, ...], Meta(description="In base only.")] = ()
    unread_specs: Annotated[int, Meta(description="Specs that could not be read.")] = 0
    unreadable: Unreadable = 0
    odd: Odd = ()
    remarks: Annotated[
        Texts, Meta(description="What the lists do not tell: counts that disagree.")
    ] = ()
    trim: Trim


class WaitReport(Record, frozen=True, kw_only=True):
    """Where a run stands after waiting for it."""

    run: Run
    found: HowFound = ""
    totals: Totals | msgspec.UnsetType = msgspec.UNSET
    finished: bool
    waited_ms: Milliseconds
