"""The tests and jobs of the build that a run is of."""

from collections.abc import Mapping, Sequence
from typing import Final

import anyio

from runs_mcp.errors import Forbidden, RunsError
from runs_mcp.model import Run
from runs_mcp.providers.buildkite.client import BuildkiteClient, BuildTests, ExecutionCounts, Job
from runs_mcp.providers.buildkite.references import BuildkiteSuite
from runs_mcp.text import clip

FAILED_ONCE: Final = "result:~failed"
PASSED_ONCE: Final = "result:~passed"
UNKNOWN_ONCE: Final = "result:~unknown"
_NAMED_TESTS: Final = 3
_NAME_CHARS: Final = 100
Key = tuple[str, ...]


def names_of(tests: Mapping[Key, ExecutionCounts]) -> str:
    """Returns how many tests there are, and the names of some."""
    names = [clip(test.name, _NAME_CHARS) for test in tests.values()]
    shown = ", ".join(names[:_NAMED_TESTS]) + (", …" if len(names) > _NAMED_TESTS else "")
    return f"{len(names)} ({shown})"


class Build:
    """Reads the build of a run."""

    def __init__(self, client: BuildkiteClient, suite: BuildkiteSuite, run: Run) -> None:
        self._client = client
        self._suite = suite
        self._run = run

    async def tests(self, tags: str) -> BuildTests:
        """Reads how often the tests with such executions passed and failed."""
        return await self._client.get_build_tests(self._suite, self._run.ci_build_id, tags)

    async def jobs(self) -> tuple[Mapping[str, Job] | None, str]:
        """Reads the jobs; where they cannot be read, as with most tokens, the reason."""
        if not self._run.commit:
            return None, "the run names no commit to find its build by"
        try:
            jobs = await self._client.get_jobs(
                self._suite.organization, self._run.ci_build_id, self._run.commit
            )
        except Forbidden:
            return None, "the token needs the scope read_builds"
        except RunsError as error:
            return None, f"the jobs of the build could not be read, {error.kind}"
        return jobs, ""

    async def tests_of_jobs(
        self, wanted: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], Mapping[Key, ExecutionCounts] | None]:
        """Reads, for each job and result, the tests that have the result there at least once."""
        read: dict[tuple[str, str], Mapping[Key, ExecutionCounts] | None] = {}

        async def read_one(job: str, result: str) -> None:
            try:
                read[job, result] = (await self.tests(f"build.job_id:{job},{result}")).counts
            except RunsError:
                read[job, result] = None

        async with anyio.create_task_group() as tasks:
            for job, result in wanted:
                tasks.start_soon(read_one, job, result)
        return read
