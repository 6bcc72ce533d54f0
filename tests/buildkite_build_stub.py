"""A Buildkite build in a stub: what each of its tests came to in each of its jobs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from hosts import structured_of
from in_process import configured
from mcp import Client
from report_stub import IN_ACME, Route, Stub

from runs_mcp.server.build import build_server

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


class StubBuild:
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
        """Returns what the API answers of the run and its build."""
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


async def called(stub: Stub, routes: Sequence[Route], tool: str, arguments: Json) -> Json:
    """Returns what a tool answers where a stub serves these routes."""
    stub.serve(routes)
    configuration = configured(stub.environment | IN_ACME, {"providers": "buildkite"})
    async with Client(build_server(configuration)) as client:
        return structured_of(await client.call_tool(tool, arguments))


async def triaged(stub: Stub, build: StubBuild) -> tuple[list[str], list[str], str]:
    """Returns the tests that failed, those that were flaky, and the verdict."""
    answer = await called(stub, build.routes(), "triage_run", {"run": f"buildkite:acme/web/{UUID}"})
    failed = [group["example"]["test"] for group in answer["groups"] if "example" in group]
    flaky = [test["test"] for test in answer.get("flaky", [])]
    return sorted(failed), sorted(flaky), answer["verdict"]
