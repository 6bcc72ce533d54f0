"""Which failed tests a retry has mended, where executions name the jobs of their build."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import pytest
from hosts import structured_of
from mcp import Client
from report_stub import KEY, Route, Stub

from runs_mcp.server import build_server
from runs_mcp.settings import Settings

Json = dict[str, Any]
UUID: Final = "0191a0f0-0001-4000-8000-0000000000aa"
BUILD: Final = "0191a0f0-b001-4000-8000-0000000000bb"
RUN: Final[Json] = {
    "id": UUID,
    "state": "finished",
    "result": "failed",
    "branch": "feature",
    "commit_sha": "63951de7e71ae218d299a25b5c1b90c1552fdea9",
    "build_id": BUILD,
    "created_at": "2026-08-20T11:00:00.000Z",
}
TESTS: Final = f"/builds/{BUILD}/tests"
SAYS_LATE: Final = "results of the retry may still come"
SAYS_ELSEWHERE: Final = "passed in another job, which was not a retry"


class World:
    """A build: what each test came to in each job, and which job tried which again.

    Args:
        results: By test and job: its results there, `F` and `P` and `U` (unknown).
        jobs: By job: its state and the job that tried it again.
        forbidden: Whether the token may not read builds.
        broken: Jobs whose tests cannot be read.
        unlisted: Tests whose failed executions are not listed.
        run: Other fields of the run.
    """

    def __init__(
        self,
        results: Mapping[str, Mapping[str, str]],
        jobs: Mapping[str, tuple[str, str]],
        *,
        forbidden: bool = False,
        broken: Sequence[str] = (),
        unlisted: Sequence[str] = (),
        **run: str,
    ) -> None:
        self.results, self.jobs = results, jobs
        self.forbidden, self.broken, self.run = forbidden, broken, {**RUN, **run}
        self.unlisted = unlisted

    def routes(self) -> list[Route]:
        return [
            *self._tests_of_jobs(),
            self._tests(f"tags={quote('result:~failed', safe='~')}", "F", list(self.jobs)),
            self._tests(f"tags={quote('result:~unknown', safe='~')}", "U", list(self.jobs)),
            Route(path="/tests/muted", body=[]),
            Route(path=f"{UUID}/failed_executions", body=self._executions()),
            Route(path=f"/runs/{UUID}$", body=self.run),
            Route(path="/organizations/acme/builds", **self._builds()),
        ]

    def _tests_of_jobs(self) -> Iterator[Route]:
        for job in self.jobs:
            if job in self.broken:
                yield Route(path=f"build.job_id%3A{job}(%2C|,)", status=500)
            for name, result in (("failed", "F"), ("passed", "P")):
                yield self._tests(f"build.job_id%3A{job}%2Cresult%3A~{name}", result, [job])

    def _tests(self, query: str, result: str, jobs: Sequence[str]) -> Route:
        found = []
        for test, by_job in self.results.items():
            all_results = "".join(by_job.get(job, "") for job in jobs)
            if result in all_results:
                counts = {
                    name: all_results.count(letter)
                    for name, letter in (("passed", "P"), ("failed", "F"), ("unknown", "U"))
                }
                found.append({"id": test, "name": test, "executions_count_by_result": counts})
        return Route(path=f"{TESTS}.*{query}(&|$)", body=found)

    def _executions(self) -> list[Json]:
        return [
            {
                "execution_id": f"{test}-{job}-{number}",
                "test_id": test,
                "test_name": test,
                "failure_reason": f"Error: {test} broke",
                "tags": {"build.job_id": job},
            }
            for test, by_job in self.results.items()
            for job, results in by_job.items()
            for number in range(results.count("F"))
            if test not in self.unlisted
        ]

    def _builds(self) -> Json:
        if self.forbidden:
            return {"status": 403, "body": {"message": "Forbidden"}}
        jobs = [
            {"id": job, "state": state, "retried_in_job_id": retried or None}
            for job, (state, retried) in self.jobs.items()
        ]
        return {"body": [{"id": "another", "jobs": []}, {"id": BUILD, "jobs": jobs}]}


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


async def called(stub: Stub, routes: Sequence[Route], tool: str, arguments: Json) -> Json:
    stub.serve(routes)
    settings = Settings.load({"providers": "buildkite"}).on_sandbox(
        currents_url=stub.environment["CURRENTS_API_URL"],
        buildkite_url=stub.environment["BUILDKITE_BASE_URL"],
        organization="acme",
        key=KEY,
    )
    async with Client(build_server(settings)) as client:
        return structured_of(await client.call_tool(tool, arguments))


async def triaged(stub: Stub, world: World) -> tuple[list[str], list[str], str]:
    """Returns the tests that failed, those that were flaky, and the verdict."""
    answer = await called(stub, world.routes(), "triage_run", {"run": f"buildkite:acme/web/{UUID}"})
    failed = [group["example"]["test"] for group in answer["groups"] if "example" in group]
    flaky = [test["test"] for test in answer.get("flaky", [])]
    return sorted(failed), sorted(flaky), answer["verdict"]


MENDED: Final[tuple[list[str], list[str]]] = ([], ["t"])
FAILED: Final[tuple[list[str], list[str]]] = (["t"], [])


@pytest.mark.parametrize(
    ("results", "jobs", "outcome", "says"),
    [
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            MENDED,
            "",
            id="passed in the retry",
        ),
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "")},
            MENDED,
            "",
            id="passed in a retry that failed for another test",
        ),
        pytest.param({"J1": "FP"}, {"J1": ("passed", "")}, MENDED, "", id="again in one job"),
        pytest.param(
            {"J1": "F", "J2": "F", "J3": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "J3"), "J3": ("passed", "")},
            MENDED,
            "",
            id="passed in the second retry",
        ),
        pytest.param(
            {"J1": "F", "J2": "FP"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            MENDED,
            "",
            id="passed in the retry at its second try",
        ),
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "J3"), "J3": ("canceled", "")},
            MENDED,
            "",
            id="passed in a retry that was tried again without it",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("passed", ""), "K": ("passed", "")},
            FAILED,
            SAYS_LATE,
            id="passed in another job, the results of the retry are not there",
        ),
        pytest.param(
            {"J1": "F", "J2": "U", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("limiting", ""), "K": ("passed", "")},
            FAILED,
            SAYS_LATE,
            id="passed in another job, the retry waits",
        ),
        pytest.param(
            {"J1": "F", "J2": "F"},
            {"J1": ("failed", "J2"), "J2": ("failed", "")},
            FAILED,
            "",
            id="failed in the retry",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", ""), "K": ("passed", "")},
            FAILED,
            SAYS_ELSEWHERE,
            id="passed in another job of a matrix",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("canceled", ""), "K": ("passed", "")},
            FAILED,
            "",
            id="passed in another job, the retry was canceled",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", ""), "K": ("passed", "")},
            FAILED,
            "",
            id="passed in another job, the retry failed before it",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("running", ""), "K": ("passed", "")},
            FAILED,
            SAYS_LATE,
            id="passed in another job, the retry is running",
        ),
        pytest.param(
            {"J1": "F"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            FAILED,
            SAYS_LATE,
            id="the retry passed and its results are not there yet",
        ),
        pytest.param(
            {"J1": "F", "J2": "P", "K": "F"},
            {"J1": ("failed", "J2"), "J2": ("passed", ""), "K": ("failed", "")},
            FAILED,
            SAYS_ELSEWHERE,
            id="mended in one job of a matrix and failed in another",
        ),
    ],
)
async def test_a_test_is_mended_where_it_passed_when_its_job_was_tried_again(
    stub: Stub,
    results: dict[str, str],
    jobs: dict[str, tuple[str, str]],
    outcome: tuple[list[str], list[str]],
    says: str,
) -> None:
    failed, flaky, verdict = await triaged(stub, World({"t": results}, jobs))
    assert (failed, flaky) == outcome
    assert says in verdict
    assert (SAYS_LATE in verdict) is (says == SAYS_LATE)
    assert (SAYS_ELSEWHERE in verdict) is (says == SAYS_ELSEWHERE)


async def test_jobs_that_name_each_other_are_not_followed_forever(stub: Stub) -> None:
    jobs = {"J1": ("failed", "J2"), "J2": ("passed", "J1")}
    failed, flaky, _ = await triaged(stub, World({"t": {"J1": "F", "J2": "P"}}, jobs))
    assert failed + flaky == ["t"]


async def test_without_the_jobs_a_test_that_passed_elsewhere_stays_failed_and_why_is_said(
    stub: Stub,
) -> None:
    world = World(
        {"t": {"J1": "F", "J2": "P"}},
        {"J1": ("failed", "J2"), "J2": ("passed", "")},
        forbidden=True,
    )
    failed, flaky, verdict = await triaged(stub, world)
    assert (failed, flaky) == (["t"], [])
    assert "whether that was a retry is not known: the token needs the scope read_builds" in verdict


async def test_without_the_jobs_a_red_test_may_have_been_tried_again(stub: Stub) -> None:
    world = World({"t": {"J1": "F"}}, {"J1": ("failed", "")}, forbidden=True)
    _, _, verdict = await triaged(stub, world)
    assert "whether jobs were tried again is not known" in verdict


async def test_what_was_not_asked_is_not_called_a_failure_of_another_job(stub: Stub) -> None:
    jobs = [f"J{number:02}" for number in range(14)]
    world = World({f"t{job}": {job: "FP"} for job in jobs}, dict.fromkeys(jobs, ("passed", "")))
    _, flaky, verdict = await triaged(stub, world)
    assert len(flaky) == 10
    assert "4 tests" in verdict
    assert SAYS_ELSEWHERE not in verdict
    assert "not all jobs of the build could be asked" in verdict


async def test_a_job_whose_tests_cannot_be_read_settles_nothing(stub: Stub) -> None:
    world = World({"t": {"J1": "FP"}}, {"J1": ("passed", "")}, broken=["J1"])
    failed, _, verdict = await triaged(stub, world)
    assert failed == ["t"]
    assert "is not known" in verdict


async def test_a_run_that_goes_on_may_still_mend_what_failed(stub: Stub) -> None:
    world = World({"t": {"J1": "F"}}, {"J1": ("failed", "")}, state="running")
    _, _, verdict = await triaged(stub, world)
    assert "a retry that passes may still be uploaded" in verdict


async def test_a_test_that_failed_by_the_counts_of_the_build_alone_is_named(stub: Stub) -> None:
    world = World({"a": {"J1": "FP"}, "b": {"J1": "FF"}}, {"J1": ("failed", "")}, unlisted=["b"])
    failed, flaky, verdict = await triaged(stub, world)
    assert (failed, flaky) == ([], ["a"])
    assert "of which the run lists no failed execution: 1 (b)" in verdict
    assert "no test failed" not in verdict
    passed = World({"b": {"J1": "F"}}, {"J1": ("passed", "")}, unlisted=["b"], result="passed")
    _, _, verdict = await triaged(stub, passed)
    assert "of which the run lists no failed execution: 1 (b)" in verdict
    assert "no test failed" not in verdict


async def test_an_interrupted_test_that_passed_elsewhere_is_named_as_that(stub: Stub) -> None:
    world = World({"t": {"J1": "U", "K": "P"}}, {"J1": ("failed", ""), "K": ("passed", "")})
    _, _, verdict = await triaged(stub, world)
    assert "interrupted tests that passed elsewhere in the build: 1 (t)" in verdict


async def test_what_was_interrupted_or_failed_by_counts_still_fails_in_a_comparison(
    stub: Stub,
) -> None:
    world = World({"a": {"J1": "U"}, "b": {"J1": "F"}}, {"J1": ("failed", "")}, unlisted=["b"])
    base = f"buildkite:acme/web/{UUID}".replace("aa", "ab")
    failures = [
        {"execution_id": test, "test_id": test, "test_name": test, "failure_reason": "Error"}
        for test in "ab"
    ]
    answer = await called(
        stub,
        [
            Route(path=f"/runs/{base[-36:]}$", body={**RUN, "build_id": None}),
            Route(path=f"{base[-36:]}/failed_executions", body=failures),
            *world.routes(),
        ],
        "compare_runs",
        {"base": base, "head": f"buildkite:acme/web/{UUID}"},
    )
    assert [row["test"] for row in answer["still_failing"]] == ["a", "b"]
    assert not answer.get("no_longer_failing")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"result": "stale", "state": "finished"}, "base has no result"),
        ({"result": "failed", "state": "running"}, "base is still going on"),
    ],
)
async def test_what_is_new_against_a_base_without_an_end_need_not_be_new(
    stub: Stub, run: Json, said: str
) -> None:
    world = World({"t": {"J1": "F"}}, {"J1": ("failed", "")})
    base = UUID.replace("aa", "ab")
    answer = await called(
        stub,
        [
            Route(path=f"/runs/{base}$", body={**RUN, **run, "build_id": None}),
            Route(path=f"{base}/failed_executions", body=[]),
            *world.routes(),
        ],
        "compare_runs",
        {"base": f"buildkite:acme/web/{base}", "head": f"buildkite:acme/web/{UUID}"},
    )
    assert f"{said}: what is new need not be new" in "; ".join(answer["remarks"])


async def test_mended_tests_that_name_no_job_are_said_to_be_assumed(stub: Stub) -> None:
    world = World({"t": {"": "FP"}}, {"": ("passed", "")})
    _, flaky, verdict = await triaged(stub, world)
    assert flaky == ["t"]
    assert "1 of the flaky tests name no job" in verdict


async def test_records_of_a_build_that_cannot_be_read_are_counted(stub: Stub) -> None:
    odd = Route(
        path=f"{TESTS}.*{quote('result:~unknown', safe='~')}(&|$)",
        body=["odd", {"name": "lost", "executions_count_by_result": {"unknown": 1}}],
    )
    world = World({"t": {"J1": "F"}}, {"J1": ("failed", "")})
    answer = await called(
        stub, [odd, *world.routes()], "triage_run", {"run": f"buildkite:acme/web/{UUID}"}
    )
    assert "1 record could not be read" in answer["verdict"]
    assert "interrupted tests: 1 (lost)" in answer["verdict"]


async def test_an_odd_run_or_another_order_costs_no_baseline(stub: Stub) -> None:
    world = World({"t": {"J1": "F"}}, {"J1": ("failed", "")})
    earlier = {**RUN, "branch": "main", "result": "passed"}
    listed = [
        {**earlier, "id": None, "created_at": "2026-08-19T11:00:00Z"},
        {**earlier, "id": "x/y", "created_at": "2026-08-19T11:00:00Z"},
        {**earlier, "id": UUID.replace("aa", "a1"), "created_at": None},
        {**earlier, "id": UUID.replace("aa", "a2"), "created_at": "2026-08-17T11:00:00Z"},
        {**earlier, "id": UUID.replace("aa", "a3"), "created_at": "2026-08-18T11:00:00Z"},
    ]
    answer = await called(
        stub,
        [
            Route(path="/suites/web/runs[?]", body=listed),
            Route(path="/suites[?]", body=[]),
            Route(path=f"{UUID.replace('aa', 'a3')}/failed_executions", body=[]),
            Route(path=f"{UUID.replace('aa', 'a3')}$", body=listed[4]),
            *world.routes(),
        ],
        "triage_run",
        {"run": f"buildkite:acme/web/{UUID}"},
    )
    assert answer["baseline"]["run"].endswith("a3")
    assert answer["groups"][0]["novelty"] == "new"


async def test_an_interrupted_test_is_named_though_nothing_failed(stub: Stub) -> None:
    world = World({"t": {"J1": "U"}}, {"J1": ("failed", "")})
    failed, _, verdict = await triaged(stub, world)
    assert failed == []
    assert "interrupted tests: 1 (t)" in verdict
    assert "no test failed" not in verdict
