"""Failed executions: which tests fail in a run, why, and what the API says of each."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest

from runs_mcp.sandbox.buildkite.addresses import run_web_url, test_web_url
from runs_mcp.sandbox.buildkite.records import FailedExecution, Run
from runs_mcp.sandbox.identifiers import choice, utc, uuid_id
from runs_mcp.sandbox.story import buildkite_jest as jest
from runs_mcp.sandbox.story import buildkite_pytest as pytest
from runs_mcp.sandbox.story import buildkite_rspec as rspec
from runs_mcp.sandbox.story.buildkite_failure_texts import FailedTest, UnitCause
from runs_mcp.sandbox.story.buildkite_tests import SuiteTest, TestFramework, tests_of

BrokenTest = tuple[SuiteTest, UnitCause]
MAX_FAILURES = 2000
_AGENTS = 8
_APART = timedelta(milliseconds=35)
_FRAMEWORKS: dict[TestFramework, tuple[str, str, str]] = {
    "rspec": ("3.13.5", "ruby", "3.4.5"),
    "pytest": ("9.0.2", "python", "3.13.1"),
    "jest": ("30.2.0", "node", "24.11.0"),
}
_ONE_OF_EACH_AREA = (
    pytest.DATABASE_DOWN,
    rspec.RENAMED_COLUMN,
    jest.FARE_ROUNDING,
    pytest.MISSING_FIXTURE,
    rspec.DATABASE_DOWN,
    jest.NO_ZONE,
    pytest.TOLL_ROUNDING,
    jest.SHORT_NAME,
    rspec.WEEKDAY,
)


def broken(*shares: tuple[UnitCause, int]) -> tuple[BrokenTest, ...]:
    """So many tests of each cause; the causes are of different areas."""
    return tuple(
        (test, cause) for cause, count in shares for test in islice(tests_of(cause.area), count)
    )


def broken_tests(count: int) -> tuple[BrokenTest, ...]:
    """The first so many, of all areas by turns: fewer are always among more."""
    if not 0 <= count <= MAX_FAILURES:
        raise ValueError(f"a run has 0 to {MAX_FAILURES} failures")
    by_area = ([(test, cause) for test in tests_of(cause.area)] for cause in _ONE_OF_EACH_AREA)
    rounds = chain.from_iterable(zip_longest(*by_area))
    return tuple(islice((one for one in rounds if one is not None), count))


def failures_of(suite: str, run: Run, tests: Iterable[BrokenTest]) -> tuple[FailedExecution, ...]:
    """What the API says of these tests in that run, in the order the CI machines were done."""
    mixed = sorted(tests, key=lambda one: choice(f"{run.id} {one[0].name}", 1 << 30))
    begin = datetime.fromisoformat(run.created_at)
    return tuple(
        _failure(suite, run, test, cause, utc(begin + at * _APART))
        for at, (test, cause) in enumerate(mixed)
    )


def _failure(
    suite: str, run: Run, test: SuiteTest, cause: UnitCause, created_at: str
) -> FailedExecution:
    test_id = uuid_id(f"buildkite test {suite} {test.file} {test.name}")
    execution_id = uuid_id(f"buildkite execution {run.id} {test_id}")
    agent = 1 + choice(execution_id, _AGENTS)
    text = cause.text(FailedTest(test=test, seed=execution_id, agent=agent))
    test_url = test_web_url(suite, test_id)
    return FailedExecution(
        execution_id=execution_id,
        run_id=run.id,
        test_id=test_id,
        run_name=run.id,
        commit_sha=run.commit_sha,
        created_at=created_at,
        branch=run.branch,
        failure_reason=text.reason,
        duration=round(cause.seconds * (0.9 + choice(execution_id, 200) / 1000), 6),
        location=f"{test.file}:{test.line}",
        test_name=test.name,
        run_url=run_web_url(suite, run.id),
        test_url=test_url,
        test_execution_url=f"{test_url}?execution_id={execution_id}",
        tags=_tags(test.framework, run, agent),
        failure_expanded=text.expanded,
    )


def _tags(framework: TestFramework, run: Run, agent: int) -> dict[str, str]:
    version, language, language_version = _FRAMEWORKS[framework]
    return {
        "host.name": f"agent-{agent}",
        "language.name": language,
        "language.version": language_version,
        "result": "failed",
        "scm.branch": run.branch,
        "test.framework.name": framework,
        "test.framework.version": version,
    }
