"""Failures grouped by cause, each new or known by the run's baseline. Pure functions."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from runs_mcp.model import Failure
from runs_mcp.triage.findings import Findings
from runs_mcp.triage.fingerprint.causes import Cause, causes_of

Novelty = Literal["new", "known", "unknown"]


class CauseGroup(NamedTuple):
    """The failures of one cause.

    Args:
        cause: What they have in common.
        failures: All of them, the one with the most details first.
        novelty: Whether the baseline has the cause as well.
    """

    cause: Cause
    failures: tuple[Failure, ...]
    novelty: Novelty

    @property
    def specs(self) -> int:
        """The number of spec files with such failures."""
        return len({failure.spec for failure in self.failures})

    def run_groups(self) -> list[tuple[str, int]]:
        """Returns the groups of the run with such failures and how many, most failures first."""
        counts = Counter(failure.group for failure in self.failures if failure.group)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def group_by_cause(failures: Sequence[Failure], baseline: Findings | None) -> list[CauseGroup]:
    """Returns the failures grouped by cause, most tests first.

    A cause is known if the baseline has it, even in a flaky or quarantined test. Otherwise it is
    new if the baseline was read completely, and unknown if not, or if there is no baseline.
    """
    known = frozenset() if baseline is None else _fingerprints(baseline)
    grouped: defaultdict[str, list[Failure]] = defaultdict(list)
    causes: dict[str, Cause] = {}
    for failure, cause in zip(failures, causes_of(failures), strict=True):
        grouped[cause.fingerprint].append(failure)
        causes.setdefault(cause.fingerprint, cause)
    otherwise: Novelty = "new" if baseline is not None and baseline.is_complete else "unknown"
    groups = [
        CauseGroup(
            causes[fingerprint],
            tuple(sorted(members, key=_most_details_first)),
            "known" if fingerprint in known else otherwise,
        )
        for fingerprint, members in grouped.items()
    ]
    return sorted(groups, key=lambda group: (-len(group.failures), group.cause.fingerprint))


def _fingerprints(findings: Findings) -> frozenset[str]:
    failures = (*findings.failures, *findings.flaky, *findings.quarantined)
    return frozenset(cause.fingerprint for cause in causes_of(failures))


def _most_details_first(failure: Failure) -> tuple[int, str, str]:
    error = failure.error
    details = sum(map(bool, (error.message, error.code_frame, error.frame, error.stack)))
    return (-details, failure.spec, failure.test)
