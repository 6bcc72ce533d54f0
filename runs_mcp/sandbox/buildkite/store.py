"""The state of the sandbox: suites, their runs, and the builds that those are of."""

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
"""From a suite and a run to what failed in it."""


class StoredRun(Protocol):
    """A run with all that happened in it, which is made when somebody asks."""

    @property
    def suite(self) -> str:
        """The slug of its suite."""

    @property
    def pipeline(self) -> str:
        """The slug of the pipeline that its build is of."""

    @property
    def run(self) -> Run:
        """What the API says of it."""

    def failures(self) -> Sequence[FailedExecution]:
        """Its failed executions, in the API's order, with failure_expanded."""

    def executions(self) -> Sequence[Execution]:
        """Its executions, however they ended."""

    def jobs(self, number: int) -> Sequence[Job]:
        """The jobs that uploaded to it, in a build of that number."""

    def changed(self, run: Run, failures: Failures | None) -> Self:
        """The same run later; without failures given, the same ones."""


@dataclass(frozen=True)
class _Numbered:
    pipeline: str
    number: int


class Store:
    """All there is; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._suites: dict[str, Suite] = {}
        self._tests: dict[str, Callable[[], Sequence[KnownTest]]] = {}
        self._runs: dict[str, StoredRun] = {}
        self._builds: dict[str, _Numbered] = {}
        self._last_numbers: dict[str, int] = {}
        self._without_runs: dict[str, Build] = {}

    def add_suite(self, suite: Suite, tests: Callable[[], Sequence[KnownTest]] = tuple) -> None:
        """One more suite, with what makes a list of its tests when somebody asks."""
        with self._lock:
            self._suites[suite.slug] = suite
            self._tests[suite.slug] = tests

    def add_run(self, stored: StoredRun) -> None:
        """One more run, of a suite there is; the first one of a build gives that its number."""
        run = stored.run
        with self._lock:
            if run.id in self._runs:
                raise ValueError(f"there is a run {run.id} already")
            if stored.suite not in self._suites:
                raise ValueError(f"there is no suite {stored.suite}")
            self._runs[run.id] = stored
            if isinstance(run.build_id, str) and run.build_id not in self._builds:
                number = self._next_number(stored.pipeline)
                self._builds[run.build_id] = _Numbered(stored.pipeline, number)

    def add_build_without_runs(
        self, build_id: str, pipeline: str, *, branch: str, commit: str, created_at: datetime
    ) -> None:
        """One more build, which uploads to no suite."""
        with self._lock:
            number = self._next_number(pipeline)
            self._builds[build_id] = _Numbered(pipeline, number)
            self._without_runs[build_id] = build_without_runs(
                build_id, pipeline, number, branch, commit, created_at
            )

    def change_run(self, stored: StoredRun) -> None:
        """Put a run in the place of the one with its ID."""
        with self._lock:
            if stored.run.id not in self._runs:
                raise KeyError(stored.run.id)
            self._runs[stored.run.id] = stored

    def suites(self) -> list[Suite]:
        """All suites, in the order they were added."""
        with self._lock:
            return list(self._suites.values())

    def suite(self, slug: str) -> Suite | None:
        """A suite by its slug."""
        return self._suites.get(slug)

    def tests_in_state(self, suite: str, state: TestState) -> list[KnownTest]:
        """The tests of a suite that are in this state now."""
        return [test for test in self._tests[suite]() if test.state == state]

    def runs(self, suite: str) -> list[Run]:
        """The runs of a suite, newest first."""
        with self._lock:
            runs = [stored.run for stored in self._runs.values() if stored.suite == suite]
        return sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)

    def run(self, run_id: str, suite: str | None = None) -> StoredRun | None:
        """A run by its ID; of that suite, where one is given."""
        stored = self._runs.get(run_id)
        return stored if stored is not None and suite in (None, stored.suite) else None

    def runs_of_build(self, build_id: str) -> list[StoredRun]:
        """The runs of a build, of whatever suite, oldest first; none where there is no build."""
        with self._lock:
            runs = [stored for stored in self._runs.values() if stored.run.build_id == build_id]
        return sorted(runs, key=lambda stored: (stored.run.created_at, stored.run.id))

    def build(self, build_id: str) -> tuple[Build, list[Job]] | None:
        """A build as it is now, with all its jobs, retried ones among them."""
        numbered = self._builds.get(build_id)
        if numbered is None:
            return None
        if build_id in self._without_runs:
            return self._without_runs[build_id], []
        runs = self.runs_of_build(build_id)
        # Runs of one build know the jobs that they have in common.
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
        """All builds as they are now, newest first, each with all its jobs."""
        with self._lock:
            known = list(self._builds)
        found = [build for build_id in known if (build := self.build(build_id)) is not None]
        return sorted(found, key=lambda one: (one[0].created_at, one[0].id), reverse=True)

    def build_numbered(self, pipeline: str, number: int) -> str | None:
        """The ID of a build by its pipeline and its number."""
        wanted = _Numbered(pipeline, number)
        with self._lock:
            return next((id_ for id_, known in self._builds.items() if known == wanted), None)

    def _next_number(self, pipeline: str) -> int:
        first = 1000 + choice(f"buildkite pipeline {pipeline}", 4000)
        self._last_numbers[pipeline] = self._last_numbers.get(pipeline, first) + 1
        return self._last_numbers[pipeline]
