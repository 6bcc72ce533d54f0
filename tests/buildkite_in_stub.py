"""Buildkite runs of the organization acme in a stub, and a server that reads them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from in_process import configured
from mcp_types import CallToolResult
from report_stub import IN_ACME, Route, Stub
from shared_client import SharedClient, shared_client

Json = dict[str, Any]
UUID: Final = "0191a0f0-0001-4000-8000-0000000000aa"
REFERENCE: Final = f"buildkite:acme/web/{UUID}"
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
    """A build with one run: the results of each test in each job, and which job retried which.

    Args:
        results: By test and job: its results there, each `F`, `P` or `U` (unknown).
        jobs: By job: its state and the job that retried it.
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
        """Returns the routes of the run and its build."""
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


class Triage(NamedTuple):
    """The tests that failed and those that were flaky, each by name, and the verdict."""

    failed: list[str]
    flaky: list[str]
    verdict: str


class AcmeServer:
    """A server of the runs of the organization acme, which a stub has; tests share it."""

    def __init__(self, stub: Stub, client: SharedClient) -> None:
        self._stub = stub
        self._client = client

    def call(self, routes: Sequence[Route], tool: str, **arguments: object) -> CallToolResult:
        """Calls a tool while the stub serves these routes."""
        self._stub.serve(routes)
        return self._client.call(tool, arguments)

    def answer(self, routes: Sequence[Route], tool: str, **arguments: object) -> Json:
        """Returns what a tool answers while the stub serves these routes."""
        self._stub.serve(routes)
        return self._client.answer(tool, **arguments)

    def pages(
        self, routes: Sequence[Route], tool: str, **arguments: object
    ) -> list[CallToolResult]:
        """Returns every page that a tool answers while the stub serves these routes."""
        self._stub.serve(routes)
        return self._client.pages(tool, **arguments)

    def triage(self, build: StubBuild) -> Triage:
        """Returns the triage of the run of a build."""
        answer = self.answer(build.routes(), "triage_run", run=REFERENCE)
        failed = [group["example"]["test"] for group in answer["groups"] if "example" in group]
        flaky = [test["test"] for test in answer.get("flaky", [])]
        return Triage(sorted(failed), sorted(flaky), answer["verdict"])


@contextmanager
def acme_server(stub: Stub) -> Iterator[AcmeServer]:
    """Yields a server that reads the stub."""
    configuration = configured(stub.environment | IN_ACME, {"providers": "buildkite"})
    with shared_client(configuration) as client:
        yield AcmeServer(stub, client)
