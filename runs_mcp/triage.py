"""Why a run failed: failures grouped by cause, held against a baseline. Pure functions."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from runs_mcp.fingerprint import Cause, causes_of
from runs_mcp.model import Failure, Run
from runs_mcp.run_reader import Findings, counted

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


def verdict_of(findings: Findings, groups: Sequence[CauseGroup]) -> str:
    """Returns what there is to say of a run in one line: its state first, then what failed."""
    parts = [_state(findings.run)]
    if groups:
        tests = sum(len(group.failures) for group in groups)
        causes = f"{_count(tests, 'test')} failed for {_count(len(groups), 'cause')}"
        by_novelty = [
            f"{count} {novelty}"
            for novelty in ("new", "known", "unknown")
            if (count := sum(group.novelty == novelty for group in groups))
        ]
        parts.append(f"{causes} ({', '.join(by_novelty)})")
    elif _nothing_failed(findings):
        mended = findings.run.status == "failed"
        parts.append("no test failed in the end" if mended else "no test failed")
    if findings.flaky:
        parts.append(f"{_count(len(findings.flaky), 'test')} flaky")
    if findings.quarantined:
        parts.append(f"{_count(len(findings.quarantined), 'test')} failed in quarantine")
    if findings.incomplete:
        parts.append(f"{_count(len(findings.incomplete), 'spec')} never reported")
    if findings.unread:
        parts.append(
            f"{len(findings.unread)} of {_count(findings.failing_specs, 'failing spec')} could "
            f"not be loaded ({', '.join(counted(findings.unread))}), so there may be more"
        )
    if findings.unreadable:
        parts.append(f"{_count(len(findings.unreadable), 'record')} could not be read")
    return "; ".join([*parts, *findings.remarks]) + "."


def _nothing_failed(findings: Findings) -> bool:
    """Says whether all was read, nothing failed, and neither counts nor status deny that."""
    counts = findings.totals.tests.failed if findings.totals else 0
    status = findings.run.status
    # Where the API counts tests, a flaky one alone fails no run; where a retry mends them, it may.
    mended = findings.flaky and findings.totals is None
    denied = counts or findings.unlisted or not (status in _MAY_BE_CLEAN or mended)
    # Of a run without any result nothing is known yet, or ever.
    reported = status not in ("", "pending", "stale")
    return findings.is_whole and reported and not denied and not findings.quarantined


_MAY_BE_CLEAN: Final = frozenset({"passed", "running", "canceled", "cancelled", "timedout"})
_STATES: Final = {
    "canceled": "The run was canceled: what had not run by then is missing",
    "timeout": "The run timed out: specs that hung never reported",
    "in_progress": "The run is still going on: more may fail",
}


def _state(run: Run) -> str:
    told = _STATES.get(run.completion)
    if told:
        return told
    if run.status in ("passed", "failed"):
        return f"The run {run.status}"
    return f"The run is {run.status}" if run.status else "The API does not tell how the run went"


def _most_telling(failure: Failure) -> tuple[bool, int, str, str]:
    """Returns a key that puts first what has a message, a code frame and a stack."""
    error = failure.error
    told = bool(error.message) + bool(error.code_frame) + bool(error.frame) + bool(error.stack)
    return (not error.message, -told, failure.spec, failure.test)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
