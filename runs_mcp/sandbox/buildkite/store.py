"""The state of the Buildkite API: suites, their runs and builds."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from runs_mcp.sandbox.buildkite.builds import Build, Job, build_of, build_without_runs
from runs_mcp.sandbox.buildkite.executions import Execution, KnownTest, TestState
from runs_mcp.sandbox.buildkite.records import FailedExecution, Run, Suite
from runs_mcp.sandbox.seeded import choice

Failures = Callable[[str, Run], tuple[FailedExecution, ...]]
"""Returns the failed executions of a run in a suite."""


class StoredRun(Protocol):
    """A run with everything that happened in it, which is made when it is asked for."""

    @property
    def suite(self) -> str:
        """The slug of its suite."""

    @property
    def pipeline(self) -> str:
        """The slug of the pipeline of its build."""

    @property
    def run(self) -> Run:
        """The run itself."""

    def failures(self) -> Sequence[FailedExecution]:
        """Returns its failed executions, in the API's order, with failure_expanded."""

    def executions(self) -> Sequence[Execution]:
        """Returns all its executions."""

    def jobs(self, number: int) -> Sequence[Job]:
        """Returns the jobs of its build, which has this number."""

    def changed(self, run: Run, failures: Failures | None) -> Self:
        """Returns the run at a later time; its failures are the same unless given."""


@dataclass(frozen=True)
class _BuildNumber:
    pipeline: str
    number: int


class Store:
    """All suites, runs and builds; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._suites: dict[str, Suite] = {}
        self._tests: dict[str, Callable[[], Sequence[KnownTest]]] = {}
        self._runs: dict[str, StoredRun] = {}
        self._builds: dict[str, _BuildNumber] = {}
        self._last_numbers: dict[str, int] = {}
        self._without_runs: dict[str, Build] = {}

    def add_suite(self, suite: Suite, tests: Callable[[], Sequence[KnownTest]] = tuple) -> None:
        """Adds a suite, and a function that returns its tests."""
        with self._lock:
            self._suites[suite.slug] = suite
            self._tests[suite.slug] = tests

    def add_run(self, stored: StoredRun) -> None:
        """Adds a run; the first run of a build gives the build its number.

        Raises:
            ValueError: There is a run with this ID, or there is no such suite.
        """
        run = stored.run
        with self._lock:
            if run.id in self._runs:
                raise ValueError(f"there is a run {run.id} already")
            if stored.suite not in self._suites:
                raise ValueError(f"there is no suite {stored.suite}")
            self._runs[run.id] = stored
            if isinstance(run.build_id, str) and run.build_id not in self._builds:
                number = self._next_number(stored.pipeline)
                self._builds[run.build_id] = _BuildNumber(stored.pipeline, number)

    def add_build_without_runs(
        self, build_id: str, pipeline: str, *, branch: str, commit: str, created_at: datetime
    ) -> None:
        """Adds a build that uploads to no suite."""
        with self._lock:
            number = self._next_number(pipeline)
            self._builds[build_id] = _BuildNumber(pipeline, number)
            self._without_runs[build_id] = build_without_runs(
                build_id, pipeline, number, branch, commit, created_at
            )

    def change_run(self, stored: StoredRun) -> None:
        """Replaces the run with this ID.

        Raises:
            KeyError: There is none.
        """
        with self._lock:
            if stored.run.id not in self._runs:
                raise KeyError(stored.run.id)
            self._runs[stored.run.id] = stored

    def suites(self) -> list[Suite]:
        """Returns all suites, in the order in which they were added."""
        with self._lock:
            return list(self._suites.values())

    def suite(self, slug: str) -> Suite | None:
        """Returns a suite by its slug."""
        return self._suites.get(slug)

    def tests_in_state(self, suite: str, state: TestState) -> list[KnownTest]:
        """Returns the tests of a suite in this state."""
        return [test for test in self._tests[suite]() if test.state == state]

    def runs(self, suite: str) -> list[Run]:
        """Returns the runs of a suite, newest first."""
        with self._lock:
            runs = [stored.run for stored in self._runs.values() if stored.suite == suite]
        return sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)

    def run(self, run_id: str, suite: str | None = None) -> StoredRun | None:
        """Returns a run by its ID; None where it is not of the given suite."""
        stored = self._runs.get(run_id)
        return stored if stored is not None and suite in (None, stored.suite) else None

    def runs_of_build(self, build_id: str) -> list[StoredRun]:
        """Returns the runs of a build in all suites, oldest first; none for an unknown build."""
        with self._lock:
            runs = [stored for stored in self._runs.values() if stored.run.build_id == build_id]
        return sorted(runs, key=lambda stored: (stored.run.created_at, stored.run.id))

    def build(self, build_id: str) -> tuple[Build, list[Job]] | None:
        """Returns a build as it is now, with all its jobs, including retried ones."""
        numbered = self._builds.get(build_id)
        if numbered is None:
            return None
        if build_id in self._without_runs:
            return self._without_runs[build_id], []
        runs = self.runs_of_build(build_id)
        # Runs of one build share jobs.
        jobs = {job.id: job for stored in runs for job in stored.jobs(numbered.number)}
        build = build_of(
            build_id,
            numbered.pipeline,
            numbered.number,
            [stored.run for stored in runs],
            jobs.values(),
        )
        return build, list(jobs.values())

    def builds(self) -> list[tuple[Build, list[Job]]]:
        """Returns all builds as they are now, newest first, each with all its jobs."""
        with self._lock:
            known = list(self._builds)
        found = [build for build_id in known if (build := self.build(build_id)) is not None]
        return sorted(found, key=lambda one: (one[0].created_at, one[0].id), reverse=True)

    def build_numbered(self, pipeline: str, number: int) -> str | None:
        """Returns the ID of a build by its pipeline and number."""
        wanted = _BuildNumber(pipeline, number)
        with self._lock:
            return next((id_ for id_, known in self._builds.items() if known == wanted), None)

    def _next_number(self, pipeline: str) -> int:
        first = 1000 + choice(f"buildkite pipeline {pipeline}", 4000)
        self._last_numbers[pipeline] = self._last_numbers.get(pipeline, first) + 1
        return self._last_numbers[pipeline]
