"""The state of the sandbox: suites, their runs and what failed in those."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runs_mcp.sandbox.buildkite.records import FailedExecution, Run, Suite

FailureSource = Callable[[], Sequence[FailedExecution]]
"""Makes the failed executions of a run, when somebody asks for them."""


@dataclass(frozen=True)
class StoredRun:
    """A run, and where to get its failed executions."""

    suite: str
    run: Run
    failures: FailureSource


class Store:
    """All there is; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._suites: dict[str, Suite] = {}
        self._runs: dict[str, StoredRun] = {}

    def add_suite(self, suite: Suite) -> None:
        """One more suite."""
        with self._lock:
            self._suites[suite.slug] = suite

    def add_run(self, suite: str, run: Run, failures: FailureSource) -> None:
        """One more run, of a suite there is."""
        with self._lock:
            if run.id in self._runs:
                raise ValueError(f"there is a run {run.id} already")
            if suite not in self._suites:
                raise ValueError(f"there is no suite {suite}")
            self._runs[run.id] = StoredRun(suite, run, failures)

    def change_run(self, run: Run, failures: FailureSource | None = None) -> None:
        """Put a run in the place of the one with its ID; None: its failures stay."""
        with self._lock:
            stored = self._runs[run.id]
            self._runs[run.id] = StoredRun(stored.suite, run, failures or stored.failures)

    def suites(self) -> list[Suite]:
        """All suites, in the order they were added."""
        with self._lock:
            return list(self._suites.values())

    def suite(self, slug: str) -> Suite | None:
        """A suite by its slug."""
        return self._suites.get(slug)

    def runs(self, suite: str) -> list[Run]:
        """The runs of a suite, newest first."""
        with self._lock:
            runs = [stored.run for stored in self._runs.values() if stored.suite == suite]
        return sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)

    def run(self, run_id: str, suite: str | None = None) -> StoredRun | None:
        """A run by its ID; of that suite, where one is given."""
        stored = self._runs.get(run_id)
        return stored if stored is not None and suite in (None, stored.suite) else None
