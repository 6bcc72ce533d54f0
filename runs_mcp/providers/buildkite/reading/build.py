"""Reads the tests and jobs of the build that a run belongs to."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

import anyio

from runs_mcp.errors import Forbidden, RunsError
from runs_mcp.model import Run
from runs_mcp.providers.buildkite.client import BuildkiteClient, BuildTests, ExecutionCounts, Job
from runs_mcp.providers.buildkite.mapping.failed_executions import TestKey
from runs_mcp.providers.buildkite.references import BuildkiteSuite
from runs_mcp.text import clip

T = TypeVar("T")

FAILED_ONCE: Final = "result:~failed"
PASSED_ONCE: Final = "result:~passed"
UNKNOWN_ONCE: Final = "result:~unknown"
"""Filters of the tests that had this result at least once."""
_MAX_NAMES: Final = 3
_NAME_CHARS: Final = 100


class BuildReader:
    """Reads the build of a run."""

    def __init__(self, client: BuildkiteClient, suite: BuildkiteSuite, run: Run) -> None:
        self._client = client
        self._suite = suite
        self._run = run

    @property
    def is_known(self) -> bool:
        """Whether the run names its build; without, there is nothing to read."""
        return bool(self._run.ci_build_id)

    async def work_on(self, work: Callable[[], T]) -> T:
        """Returns what `work` makes of what was read, in a thread, see `ApiClient.work_on`."""
        return await self._client.work_on(work)

    async def tests(self, tags: str) -> BuildTests:
        """Reads how often the tests that match a filter passed and failed.

        Raises:
            RunsError: They cannot be read.
        """
        return await self._client.get_build_tests(self._suite, self._run.ci_build_id, tags)

    async def jobs(self) -> tuple[Mapping[str, Job] | None, str]:
        """Reads the jobs; if they cannot be read, as with most tokens, returns None and why."""
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
    ) -> dict[tuple[str, str], Mapping[TestKey, ExecutionCounts] | None]:
        """Reads, for each job and filter, the tests of the job that match; None if it fails."""
        read: dict[tuple[str, str], Mapping[TestKey, ExecutionCounts] | None] = {}

        async def read_one(job: str, result: str) -> None:
            try:
                read[job, result] = (await self.tests(f"build.job_id:{job},{result}")).counts
            except RunsError:
                read[job, result] = None

        async with anyio.create_task_group() as tasks:
            for job, result in wanted:
                tasks.start_soon(read_one, job, result)
        return read


def number_and_names(tests: Mapping[TestKey, ExecutionCounts]) -> str:
    """Returns the number of tests and the names of the first few: `2 (adds, removes)`."""
    names = [clip(test.name, _NAME_CHARS) for test in tests.values()]
    shown = ", ".join(names[:_MAX_NAMES]) + (", …" if len(names) > _MAX_NAMES else "")
    return f"{len(names)} ({shown})"
