"""What the specs of a run, and the instances that were read of them, come to. Pure functions."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from runs_mcp.model import FullRun, Spec, SpecStatus
from runs_mcp.providers.currents.reading.remarks import remarks_on
from runs_mcp.providers.currents.reading.repeated_specs import specs_that_count
from runs_mcp.providers.currents.reading.spec_results import (
    SpecResult,
    failures_in,
    may_have_failed,
    outcomes_in,
    run_groups,
    unreadable_in,
)
from runs_mcp.triage.findings import Findings, Outcomes

_TO_THE_END: Final[tuple[SpecStatus, ...]] = ("passed", "failed", "flaky")
_NOT_REPORTED: Final[tuple[SpecStatus, ...]] = ("idle", "unclaimed", "running")


class SpecsOfRun(NamedTuple):
    """The specs of a run that are read to know what failed.

    Args:
        counting: All specs without the executions that a later one replaced.
        failing: Those that failed, or may have.
        pending: Others with pending tests: a failure in quarantine counts as pending.
    """

    counting: Sequence[Spec]
    failing: Sequence[Spec]
    pending: Sequence[Spec]

    @classmethod
    def of(cls, full: FullRun) -> "SpecsOfRun":
        """Returns the specs of a run."""
        counting = specs_that_count(full)
        failing, pending = [], []
        for spec in counting:
            if may_have_failed(spec):
                failing.append(spec)
            elif spec.pending:
                pending.append(spec)
        return cls(counting, failing, pending)


class ComparedSpecs(NamedTuple):
    """The specs of a run that are compared with another run's.

    Args:
        counting: All specs without the executions that a later one replaced.
        wanted: Those that are compared.
        reported: Those of them that there is something to read of.
    """

    counting: Sequence[Spec]
    wanted: Sequence[Spec]
    reported: Sequence[Spec]

    @classmethod
    def of(cls, full: FullRun, specs: frozenset[str] | None) -> "ComparedSpecs":
        """Returns the specs of a run with these paths, or all of them."""
        counting = specs_that_count(full)
        wanted = [spec for spec in counting if specs is None or spec.spec in specs]
        reported = [
            spec
            for spec in wanted
            if spec.instance_id and (spec.status not in _NOT_REPORTED or may_have_failed(spec))
        ]
        return cls(counting, wanted, reported)


def findings_in(
    full: FullRun,
    specs: SpecsOfRun,
    read: Sequence[SpecResult],
    searched: Sequence[SpecResult],
    not_searched: Sequence[str],
) -> Findings:
    """Returns what failed in a run.

    Args:
        full: The run.
        specs: Its specs.
        read: Those that failed, or may have.
        searched: Those with pending tests that were searched for failures in quarantine.
        not_searched: Remarks on others that were not.
    """
    several = len(run_groups(full)) > 1
    failures = failures_in([*read, *searched], with_group=several)
    counted = [test for test in failures if not test.failure.quarantined]
    silent = ("idle", "unclaimed") if full.run.is_over else ()
    return Findings(
        run=full.run,
        totals=full.totals,
        failures=tuple(test for test in counted if test.failure.status != "flaky"),
        flaky=tuple(test for test in counted if test.failure.status == "flaky"),
        quarantined=tuple(test for test in failures if test.failure.quarantined),
        incomplete=tuple(
            f"{spec.spec} ({spec.group})" if several and spec.group else spec.spec
            for spec in specs.counting
            if spec.status in silent
        ),
        failing_specs=len(specs.failing),
        unread=tuple(result.error for result in read if result.error),
        unreadable=full.unreadable + unreadable_in([*read, *searched]),
        remarks=(*remarks_on(full, specs.counting, read), *not_searched),
        unlisted=sum(result.has_no_results for result in read),
        completed=frozenset(
            (spec.spec, spec.group) for spec in specs.counting if spec.status in _TO_THE_END
        ),
    )


def outcomes_of(full: FullRun, specs: ComparedSpecs, read: Sequence[SpecResult]) -> Outcomes:
    """Returns how each test of the specs that were read went."""
    unread = [result for result in read if result.error]
    open_specs = [
        *unread,
        *(result for result in read if result.is_read_in_part),
        *(
            SpecResult(spec, None)
            for spec in specs.wanted
            if spec.status in _NOT_REPORTED or not spec.instance_id
        ),
    ]
    without_id = sum(not spec.instance_id and may_have_failed(spec) for spec in specs.wanted)
    return Outcomes(
        run=full.run,
        tests=outcomes_in(read),
        groups=run_groups(full),
        includes_passed=True,
        open_specs=frozenset((result.name, result.group) for result in open_specs),
        unread_specs=len(unread) + without_id,
        unreadable=full.unreadable + unreadable_in(read),
        remarks=remarks_on(full, specs.counting, read),
    )


def signatures_of(full: FullRun) -> dict[str, str]:
    """Returns for each spec how many tests each group ran of it; "" for one that did not pass."""
    counts: defaultdict[str, list[str]] = defaultdict(list)
    not_passed = set()
    for spec in specs_that_count(full):
        counts[spec.spec].append(f"{spec.group} {spec.tests} {spec.pending}")
        if spec.status != "passed":
            not_passed.add(spec.spec)
    return {
        spec: "" if spec in not_passed else ";".join(of_groups)
        for spec, of_groups in counts.items()
    }
