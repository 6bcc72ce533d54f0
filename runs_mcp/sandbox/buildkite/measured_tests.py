"""The metrics of a test, from its executions in a build."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from msgspec.structs import asdict

from runs_mcp.sandbox.buildkite.executions import Execution, KnownTest
from runs_mcp.sandbox.buildkite.records import Record

_DIGITS = 6


class ResultCounts(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The executions by their results; passed and failed are there even where they are 0."""

    passed: int
    failed: int
    skipped: int = 0
    pending: int = 0
    unknown: int = 0


class NamedTest(Record, frozen=True, kw_only=True):
    """A test without metrics, as in the lists of tests by state."""

    id: str
    url: str
    web_url: str
    scope: str
    name: str
    location: str | None
    file_name: str | None


class MeasuredTest(NamedTest, frozen=True, kw_only=True):
    """A test with the metrics of its executions; times are in seconds."""

    labels: tuple[str, ...]
    reliability: float | None
    duration_avg: float | None
    duration_sum: float | None
    duration_min: float | None
    duration_max: float | None
    executions_count: int
    executions_count_by_result: ResultCounts


def named(test: KnownTest) -> NamedTest:
    """Returns the test without metrics."""
    return NamedTest(
        id=test.id,
        url=test.url,
        web_url=test.web_url,
        scope=test.scope,
        name=test.name,
        location=test.location,
        file_name=test.file_name,
    )


def measured(test: KnownTest, executions: Sequence[Execution]) -> MeasuredTest:
    """Returns the test with the metrics of these executions."""
    times = [one.duration for one in executions if one.duration is not None]
    counts = Counter(one.result for one in executions)
    decided = counts["passed"] + counts["failed"]
    return MeasuredTest(
        **asdict(named(test)),
        labels=test.labels,
        reliability=round(counts["passed"] / decided, _DIGITS) if decided else None,
        duration_avg=round(fmean(times), _DIGITS) if times else None,
        duration_sum=round(sum(times), _DIGITS) if times else None,
        duration_min=min(times) if times else None,
        duration_max=max(times) if times else None,
        executions_count=len(executions),
        executions_count_by_result=ResultCounts(
            passed=counts["passed"],
            failed=counts["failed"],
            skipped=counts["skipped"],
            pending=counts["pending"],
            unknown=counts["unknown"],
        ),
    )
