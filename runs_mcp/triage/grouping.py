"""Why a run failed: failures grouped by cause, held against a baseline. Pure functions."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from runs_mcp.model import Failure
from runs_mcp.triage.findings import Findings
from runs_mcp.triage.fingerprint.causes import Cause, causes_of

Novelty = Literal["new", "known", "unknown"]


class CauseGroup(NamedTuple):
    """The failures of one cause, the most telling first.

    Args:
        cause: What they have in common.
        failures: All of them.
        novelty: Whether the baseline has the cause as well.
    """

    cause: Cause
    failures: tuple[Failure, ...]
    novelty: Novelty

    @property
    def specs(self) -> int:
        """In how many spec files they are."""
        return len({failure.spec for failure in self.failures})

    def run_groups(self) -> list[tuple[str, int]]:
        """Returns in which groups of the run how many of them are, most first."""
        counts = Counter(failure.group for failure in self.failures if failure.group)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def group_by_cause(failures: Sequence[Failure], baseline: Findings | None) -> list[CauseGroup]:
    """Returns the failures grouped by cause, most tests first.

    A cause is known where the baseline has it, be it as a flaky one. It is new only where the
    baseline was read whole; without one, or with one read in part, it is unknown.
    """
    known: set[str] = set()
    if baseline is not None:
        seen = (*baseline.failures, *baseline.flaky, *baseline.quarantined)
        known = {cause.fingerprint for cause in causes_of(seen)}
    grouped: defaultdict[str, list[Failure]] = defaultdict(list)
    causes: dict[str, Cause] = {}
    for failure, cause in zip(failures, causes_of(failures), strict=True):
        grouped[cause.fingerprint].append(failure)
        causes.setdefault(cause.fingerprint, cause)
    otherwise: Novelty = "new" if baseline is not None and baseline.is_whole else "unknown"
    groups = [
        CauseGroup(
            causes[fingerprint],
            tuple(sorted(members, key=_most_telling)),
            "known" if fingerprint in known else otherwise,
        )
        for fingerprint, members in grouped.items()
    ]
    return sorted(groups, key=lambda group: (-len(group.failures), group.cause.fingerprint))


def _most_telling(failure: Failure) -> tuple[bool, int, str, str]:
    """Returns a key that puts first what has a message, a code frame and a stack."""
    error = failure.error
    told = bool(error.message) + bool(error.code_frame) + bool(error.frame) + bool(error.stack)
    return (not error.message, -told, failure.spec, failure.test)
