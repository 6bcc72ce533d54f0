import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
from buildkite_runs import add_buildkite_run, change_buildkite_run
from buildkite_story_api import RUNS, SUITES, api_of
from msgspec.structs import replace
from story_api import NOW

from runs_mcp.sandbox import (
    BUILDKITE_SUITE,
    NotableBuildkiteRun,
    Sandbox,
)
from runs_mcp.sandbox.buildkite.records import FailedExecution
from runs_mcp.sandbox.story.buildkite.notable import (
    CREW_SUITE,
    E2E_SUITE,
    FREIGHT_SUITE,
    MIXED_SUITE,
)

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def suite_of(run_id: str) -> str:
    small = {
        NotableBuildkiteRun.FREIGHT_FAILED: FREIGHT_SUITE,
        NotableBuildkiteRun.CREW_FAILED: CREW_SUITE,
        NotableBuildkiteRun.E2E_FAILED: E2E_SUITE,
        NotableBuildkiteRun.EVERY_COLLECTOR: MIXED_SUITE,
    }
    return next((suite for run, suite in small.items() if run == run_id), BUILDKITE_SUITE)


def looks(failures: tuple[FailedExecution, ...]) -> Counter[str]:
    """How often each message is there, whatever differs from test to test."""
    reasons = (COLOUR.sub("", failure.failure_reason or "") for failure in failures)
    return Counter(re.sub(r"[A-Z]{3}-[A-Z]{3}|\d+", "…", reason) for reason in reasons)


def test_the_story_is_the_same_in_two_sandboxes() -> None:
    one, other = (Sandbox(now=NOW) for _ in range(2))
    later = Sandbox(now=NOW + timedelta(days=1))
    for run in NotableBuildkiteRun:
        assert one.buildkite.run_of(run) == other.buildkite.run_of(run)
        assert one.buildkite.failures_of(run) == other.buildkite.failures_of(run)
        assert later.buildkite.run_of(run).created_at > one.buildkite.run_of(run).created_at


def test_the_story_is_the_two_weeks_until_now(api: httpx.Client) -> None:
    created = [
        datetime.fromisoformat(run["created_at"])
        for page in (1, 2, 3)
        for run in api.get(RUNS, params={"per_page": 50, "page": page}).json()
    ]
    assert NOW - timedelta(minutes=10) < max(created) < NOW
    assert NOW - timedelta(days=14) < min(created) < NOW - timedelta(days=13)


@pytest.mark.parametrize(
    ("run", "state", "result", "branch", "failed"),
    [
        (NotableBuildkiteRun.MANY_FAILURES, "finished", "failed", "feat/fare-ledger", 437),
        (NotableBuildkiteRun.TWELVE_FAILURES, "finished", "failed", "fix/berth-conflicts", 12),
        (NotableBuildkiteRun.MAIN, "finished", "failed", "main", 1),
        (NotableBuildkiteRun.PASSED, "finished", "passed", "docs/api-examples", 0),
        (NotableBuildkiteRun.PENDING, "running", "pending", "main", 0),
        (NotableBuildkiteRun.PASSED_SO_FAR, "running", "passed", "feat/round-trips", 0),
        (NotableBuildkiteRun.FAILED_SO_FAR, "running", "failed", "feat/round-trips", 3),
        (NotableBuildkiteRun.STALE, "finished", "stale", "chore/ruby-4", 0),
        (NotableBuildkiteRun.WITHOUT_BUILD, "finished", "passed", "fix/berth-conflicts", 0),
        (NotableBuildkiteRun.OLDEST_SHAPE, "finished", "failed", "main", 6),
        (NotableBuildkiteRun.STRANGE_STRINGS, "finished", "failed", "fix/names-with-accents", 3),
        (NotableBuildkiteRun.FREIGHT_FAILED, "finished", "failed", "feat/dangerous-goods", 22),
        (NotableBuildkiteRun.CREW_FAILED, "finished", "failed", "feat/shift-swap", 31),
        (NotableBuildkiteRun.RECOVERED, "finished", "failed", "fix/ledger-rows", 2),
        (NotableBuildkiteRun.PARTLY_RECOVERED, "finished", "failed", "fix/ledger-rows", 4),
        (NotableBuildkiteRun.LATE_UPLOAD, "running", "failed", "fix/tide-tables", 1),
        (NotableBuildkiteRun.MATRIX, "finished", "failed", "chore/python-3.14", 1),
        (NotableBuildkiteRun.MUTED, "finished", "failed", "feat/dark-clock", 1),
        (NotableBuildkiteRun.E2E_FAILED, "finished", "failed", "feat/seat-picker", 9),
        (NotableBuildkiteRun.EVERY_COLLECTOR, "finished", "failed", "feat/new-logger", 16),
    ],
)
def test_the_notable_runs_are_as_their_names_say(
    api: httpx.Client, run: NotableBuildkiteRun, state: str, result: str, branch: str, failed: int
) -> None:
    path = f"{SUITES}/{suite_of(run)}/runs/{run}"
    got = api.get(path).json()
    assert (got["state"], got["result"], got["branch"]) == (state, result, branch)
    assert str(UUID(got["id"])) == run
    query = {"per_page": 100}
    failures = api.get(f"{path}/failed_executions", params=query).json()
    assert len(failures) == min(failed, 100)
    for failure in failures:
        assert (failure["run_id"], failure["branch"]) == (run, branch)
        assert failure["commit_sha"] == got["commit_sha"]
        assert got["created_at"] <= failure["created_at"] <= "2027-05-20T12"


def test_a_build_id_can_be_null_or_missing(api: httpx.Client) -> None:
    without = api.get(f"{RUNS}/{NotableBuildkiteRun.WITHOUT_BUILD}").json()
    assert without["build_id"] is None
    assert "build_id" not in api.get(f"{RUNS}/{NotableBuildkiteRun.OLDEST_SHAPE}").json()


def test_437_failures_have_six_forms_in_three_frameworks(sandbox: Sandbox) -> None:
    failures = sandbox.buildkite.failures_of(NotableBuildkiteRun.MANY_FAILURES)
    assert sorted(looks(failures).values()) == [1, 27, 41, 83, 121, 164]
    twelve = sandbox.buildkite.failures_of(NotableBuildkiteRun.TWELVE_FAILURES)
    assert sorted(looks(twelve).values()) == [1, 2, 4, 5]
    frameworks = Counter(
        failure.tags["test.framework.name"] for failure in failures if failure.tags
    )
    assert set(frameworks) == {"rspec", "pytest", "jest"}


def test_the_failure_of_main_has_the_same_test_and_text_on_branches(
    sandbox: Sandbox,
) -> None:
    (known,) = sandbox.buildkite.failures_of(NotableBuildkiteRun.MAIN)
    for run in (NotableBuildkiteRun.MANY_FAILURES, NotableBuildkiteRun.TWELVE_FAILURES):
        (again,) = (
            failure
            for failure in sandbox.buildkite.failures_of(run)
            if failure.test_id == known.test_id
        )
        assert again.test_name == known.test_name
        assert again.failure_reason == known.failure_reason
        assert again.failure_expanded == known.failure_expanded
        assert again.execution_id != known.execution_id


def test_urls_are_those_of_the_vendor(sandbox: Sandbox) -> None:
    web = "https://buildkite.com/organizations/skerry-lines/analytics/suites/crew.portal"
    for failure in sandbox.buildkite.failures_of(NotableBuildkiteRun.CREW_FAILED):
        assert failure.run_url == f"{web}/runs/{NotableBuildkiteRun.CREW_FAILED}"
        assert failure.test_url == f"{web}/tests/{failure.test_id}"
        assert failure.test_execution_url == (
            f"{failure.test_url}?execution_id={failure.execution_id}"
        )


@pytest.mark.parametrize("count", [0, 1, 100, 2000])
def test_a_run_of_any_number_of_failures_can_be_added_quickly(
    sandbox: Sandbox, api: httpx.Client, count: int
) -> None:
    begin = time.perf_counter()
    run = add_buildkite_run(sandbox, failures=count)
    failures = sandbox.buildkite.failures_of(run)
    assert time.perf_counter() - begin < 30
    assert len({failure.test_id for failure in failures}) == len(failures) == count
    assert len({failure.test_name for failure in failures}) == count
    assert api.get(RUNS).json()[0]["id"] == run
    assert api.get(f"{RUNS}/{run}").json()["result"] == ("failed" if count else "passed")
    assert {failure.run_id for failure in failures} == ({run} if count else set())


def test_a_larger_number_of_failures_includes_those_of_a_smaller_one(sandbox: Sandbox) -> None:
    few, many = (
        {failure.test_id: failure.failure_reason for failure in sandbox.buildkite.failures_of(run)}
        for run in (add_buildkite_run(sandbox, failures=count) for count in (40, 160))
    )
    assert set(few) < set(many)


def test_added_runs_are_the_same_in_every_sandbox() -> None:
    one, other = (Sandbox(now=NOW) for _ in range(2))
    ids = [add_buildkite_run(each, failures=5, branch="feat/x") for each in (one, other)]
    assert ids[0] == ids[1]
    assert one.buildkite.run_of(ids[0]) == other.buildkite.run_of(ids[0])
    assert one.buildkite.failures_of(ids[0]) == other.buildkite.failures_of(ids[0])


def test_a_run_can_be_added_with_all_fields_given(sandbox: Sandbox, api: httpx.Client) -> None:
    (known,) = sandbox.buildkite.failures_of(NotableBuildkiteRun.MAIN)
    own = "11111111-2222-4333-8444-555555555555"
    run = add_buildkite_run(
        sandbox,
        run_id=own,
        suite=FREIGHT_SUITE,
        branch="feat/own",
        failures=[replace(known, run_id=own, test_name="mine")],
        state="running",
        build_id=None,
        created_at=NOW - timedelta(days=3),
    )
    assert run == own
    path = f"{SUITES}/{FREIGHT_SUITE}/runs/{own}"
    got = api.get(path).json()
    assert (got["branch"], got["state"], got["result"]) == ("feat/own", "running", "failed")
    assert (got["build_id"], got["created_at"]) == (None, "2027-05-17T12:00:00.000Z")
    assert [one["test_name"] for one in api.get(f"{path}/failed_executions").json()] == ["mine"]


def test_a_run_changes_as_uploads_arrive(sandbox: Sandbox, api: httpx.Client) -> None:
    run = add_buildkite_run(sandbox, state="running", result="pending")
    path = f"{RUNS}/{run}"

    def now() -> tuple[str, str, int]:
        got, failures = api.get(path).json(), api.get(f"{path}/failed_executions").json()
        return got["state"], got["result"], len(failures)

    assert now() == ("running", "pending", 0)
    change_buildkite_run(sandbox, run, result="passed")
    assert now() == ("running", "passed", 0)
    change_buildkite_run(sandbox, run, state="finished")
    assert now() == ("finished", "passed", 0)
    change_buildkite_run(sandbox, run, state="running", result="failed", failures=2)
    assert now() == ("running", "failed", 2)
    change_buildkite_run(sandbox, run, state="finished")
    assert now() == ("finished", "failed", 2)


def test_invalid_additions_and_unknown_ids_are_refused(sandbox: Sandbox) -> None:
    for count in (-1, 2001):
        with pytest.raises(ValueError, match="0 to 2000"):
            add_buildkite_run(sandbox, failures=count)
    with pytest.raises(ValueError, match="already"):
        add_buildkite_run(sandbox, run_id=NotableBuildkiteRun.MAIN)
    with pytest.raises(ValueError, match="no suite"):
        add_buildkite_run(sandbox, suite="nobody")
    for ask in (sandbox.buildkite.run_of, sandbox.buildkite.failures_of):
        with pytest.raises(KeyError):
            ask("nobody")
