"""What is known of a Buildkite run if parts of it cannot be read."""

from collections.abc import Iterator
from typing import Final

import pytest
from buildkite_in_stub import REFERENCE, RUN, TESTS, UUID, AcmeServer, StubBuild, acme_server
from hosts import text_of
from in_process import configured
from mcp import MCPError
from report_stub import IN_ACME, Route, Stub
from shared_client import shared_client

from runs_mcp.answers.cursors import encode_cursor

FAILED: Final = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")})
FAILED_EXECUTIONS: Final = "buildkite_get_failed_executions"
BUILDS: Final = "/organizations/acme/builds[?]"
EXECUTION: Final = {"execution_id": "e", "test_id": "t", "test_name": "t"}
NEXT: Final = {"Link": '<https://api.example/x?page=2>; rel="next"'}


@pytest.fixture(scope="module")
def acme(stub: Stub) -> Iterator[AcmeServer]:
    with acme_server(stub) as running:
        yield running


def verdict(acme: AcmeServer, *routes: Route, build: StubBuild = FAILED) -> str:
    """Returns the verdict on the run of a build, with these routes before its own."""
    answer = acme.answer([*routes, *build.routes()], "triage_run", run=REFERENCE)
    return str(answer["verdict"])


def test_a_run_without_a_build_has_no_known_retries(acme: AcmeServer) -> None:
    run = Route(path=f"/runs/{UUID}$", body={**RUN, "build_id": None})
    assert "retries are not known: the run names no build" in verdict(acme, run)


def test_a_run_without_a_commit_has_no_known_jobs(acme: AcmeServer) -> None:
    run = Route(path=f"/runs/{UUID}$", body={**RUN, "commit_sha": None})
    text = verdict(acme, run)
    assert "not known: the run names no commit to find its build by" in text


@pytest.mark.parametrize(
    ("builds", "kind"),
    [
        (Route(path=BUILDS, status=400), "invalid_argument"),
        (Route(path=BUILDS, body=[]), "not_found"),
    ],
    ids=["refused", "without the build"],
)
def test_the_reason_is_named_if_the_jobs_cannot_be_read(
    acme: AcmeServer, builds: Route, kind: str
) -> None:
    text = verdict(acme, builds)
    assert f"the jobs of the build could not be read, {kind}" in text


def test_retries_are_not_known_if_the_tests_of_the_build_cannot_be_read(acme: AcmeServer) -> None:
    text = verdict(acme, Route(path=TESTS, status=400))
    assert "retries are not known: the tests of the build could not be read" in text
    assert "whether tests were interrupted is not known" in text


def test_other_failures_are_not_known_if_the_tests_of_the_build_cannot_be_read(
    acme: AcmeServer,
) -> None:
    passed = StubBuild({}, {}, result="passed")
    text = verdict(acme, Route(path=TESTS, status=400), build=passed)
    assert "whether tests failed in the build is not known" in text


def test_muted_tests_are_not_known_if_they_cannot_be_read(acme: AcmeServer) -> None:
    text = verdict(acme, Route(path="/tests/muted", status=403))
    assert "which tests are muted is not known, forbidden" in text


@pytest.mark.parametrize(("status", "kind"), [(403, "forbidden"), (404, "not_found")])
def test_a_list_that_ends_early_keeps_the_kind_of_what_ended_it(
    acme: AcmeServer, status: int, kind: str
) -> None:
    first = Route(path="/tests/muted.*[?&]page=1(&|$)", body=[{"id": "m"}], headers=NEXT)
    text = verdict(acme, first, Route(path="/tests/muted", status=status))
    assert f"which tests are muted is not known, {kind}" in text


def test_a_record_whose_pages_outlast_the_deadline_ends_with_a_timeout(stub: Stub) -> None:
    settings = stub.environment | IN_ACME | {"RUNS_MCP_TIMEOUT_S": "1"}
    first = Route(path="failed_executions.*[?&]page=1(&|$)", body=[EXECUTION], headers=NEXT)
    late = Route(path="failed_executions", body=[], sleep_s=2)
    with shared_client(configured(settings, {"providers": "buildkite"})) as client:
        stub.serve([first, late, *FAILED.routes()])
        with pytest.raises(MCPError, match="kind=timeout"):
            client.run(client.client.read_resource, f"buildkite://acme/web/runs/{UUID}")


def test_a_muted_test_counts_as_skipped_in_a_comparison(acme: AcmeServer) -> None:
    muted = Route(path="/tests/muted", body=[{"id": "t"}])
    arguments = {"base": REFERENCE, "head": REFERENCE}
    unmuted = acme.answer(FAILED.routes(), "compare_runs", **arguments)
    assert [test["test"] for test in unmuted["still_failing"]] == ["t"]
    answer = acme.answer([muted, *FAILED.routes()], "compare_runs", **arguments)
    assert answer["still_failing"] == []


def test_executions_before_an_error_are_kept(acme: AcmeServer) -> None:
    routes = [
        Route(path="failed_executions.*[?&]page=1(&|$)", body=[EXECUTION], headers=NEXT),
        Route(path="failed_executions.*[?&]page=2(&|$)", status=400),
        *FAILED.routes(),
    ]
    triage = acme.answer(routes, "triage_run", run=REFERENCE)
    assert [group["example"]["test"] for group in triage["groups"]] == ["t"]
    assert "could not be loaded" in triage["verdict"]
    page = acme.answer(routes, FAILED_EXECUTIONS, suite="web", run_id=UUID)
    assert [failure["test"] for failure in page["failures"]] == ["t"]
    assert "total" not in page["trim"]


def test_a_list_without_end_is_read_in_part(acme: AcmeServer) -> None:
    again = Route(path="failed_executions", body=[EXECUTION], headers=NEXT)
    triage = acme.answer([again, *FAILED.routes()], "triage_run", run=REFERENCE)
    assert [group["example"]["test"] for group in triage["groups"]] == ["t"]
    assert "could not be loaded" in triage["verdict"]


def test_a_run_without_an_id_is_malformed(acme: AcmeServer) -> None:
    run = Route(path=f"/runs/{UUID}$", body={"state": "finished"})
    result = acme.call([run], "buildkite_get_run", suite="web", run_id=UUID)
    assert "kind=malformed_response" in text_of(result)


@pytest.mark.parametrize("position", ["1.1", "101.1.0", "0.1.0", "x"])
def test_a_cursor_with_another_position_is_refused(acme: AcmeServer, position: str) -> None:
    cursor = encode_cursor(("buildkite_list_runs", "acme", "web", ""), [position])
    result = acme.call([], "buildkite_list_runs", suite="web", cursor=cursor)
    assert "kind=invalid_argument" in text_of(result)
    assert "cursor" in text_of(result)
