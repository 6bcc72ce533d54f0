"""Failures grouped by cause, each new or known by the run's baseline. Pure functions."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from runs_mcp.model import FailedTest, Failure
from runs_mcp.triage.findings import Findings
from runs_mcp.triage.fingerprint.causes import Cause, causes_of

Novelty = Literal["new", "known", "unknown"]


class CauseGroup(NamedTuple):
    """The failures of one cause.

    Args:
        cause: What they have in common.
        failures: All of them, the one with the most details first.
        novelty: Whether the baseline has the cause as well.
        skipped: How many tests did not run because of them.
    """

    cause: Cause
    failures: tuple[Failure, ...]
    novelty: Novelty
    skipped: int = 0

    @property
    def specs(self) -> int:
        """The number of spec files with such failures."""
        return len({failure.spec for failure in self.failures})

    def run_groups(self) -> list[tuple[str, int]]:
        """Returns the groups of the run with such failures and how many, most failures first."""
        counts = Counter(failure.group for failure in self.failures if failure.group)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def group_by_cause(failures: Sequence[FailedTest], baseline: Findings | None) -> list[CauseGroup]:
    """Returns the failures grouped by cause, most tests first.

    A cause is known if the baseline has it, even in a flaky or quarantined test. Otherwise it is
    new if the baseline was read completely and ran a spec with such failures, in the same group,
    to its end. If not, or without a baseline, it is unknown.
    """
    known = frozenset() if baseline is None else _fingerprints(baseline)
    return [
        CauseGroup(
            cause,
            tuple(sorted((member.failure for member in members), key=_most_details_first)),
            "known" if cause.fingerprint in known else _new_or_unknown(members, baseline),
            sum(member.skipped for member in members),
        )
        for cause, members in tests_by_cause(failures)
    ]


def tests_by_cause(failures: Sequence[FailedTest]) -> list[tuple[Cause, list[FailedTest]]]:
    """Returns each cause with the tests that failed for it, most tests first."""
    tests: defaultdict[str, list[FailedTest]] = defaultdict(list)
    causes: dict[str, Cause] = {}
    for failed, cause in zip(failures, _causes(failures), strict=True):
        tests[cause.fingerprint].append(failed)
        causes.setdefault(cause.fingerprint, cause)
    return sorted(
        ((causes[fingerprint], members) for fingerprint, members in tests.items()),
        key=lambda of_cause: (-len(of_cause[1]), of_cause[0].fingerprint),
    )


def _new_or_unknown(members: Sequence[FailedTest], baseline: Findings | None) -> Novelty:
    if baseline is None or not baseline.is_complete:
        return "unknown"
    ran = any(
        baseline.ran(failure.spec, group, is_only_group=not failure.group)
        for failure, _, group, _ in members
    )
    return "new" if ran else "unknown"


def _fingerprints(findings: Findings) -> frozenset[str]:
    failures = (*findings.failures, *findings.flaky, *findings.quarantined)
    return frozenset(cause.fingerprint for cause in _causes(failures))


def _causes(failures: Sequence[FailedTest]) -> list[Cause]:
    return causes_of([failure.text for failure in failures])


def _most_details_first(failure: Failure) -> tuple[int, str, str]:
    error = failure.error
    details = sum(map(bool, (error.message, error.code_frame, error.frame, error.stack)))
    return (-details, failure.spec, failure.test)
