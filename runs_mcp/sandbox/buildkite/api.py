"""The Buildkite API of a sandbox."""

from starlette.types import ASGIApp

from runs_mcp.sandbox.buildkite.application import buildkite_application
from runs_mcp.sandbox.buildkite.builds import Build, Job
from runs_mcp.sandbox.buildkite.limits import RateLimits
from runs_mcp.sandbox.buildkite.paging import PageOptions
from runs_mcp.sandbox.buildkite.records import FailedExecution, Run
from runs_mcp.sandbox.buildkite.store import Store, StoredRun


class BuildkiteApi:
    """What the API serves, to be read and changed by whoever runs the sandbox.

    The methods that take an ID raise KeyError where there is no such record.
    """

    def __init__(self) -> None:
        self.store = Store()
        self.limits = RateLimits()
        self.pages = PageOptions()

    def application(self) -> ASGIApp:
        """The API, to be mounted under /v2."""
        return buildkite_application(self.store, self.limits, self.pages)

    def run_of(self, run_id: str) -> Run:
        """The run as it is now."""
        return self.stored(run_id).run

    def failures_of(self, run_id: str) -> tuple[FailedExecution, ...]:
        """The failed executions of a run, in the API's order, with failure_expanded."""
        return tuple(self.stored(run_id).failures())

    def build(self, build_id: str) -> tuple[Build, tuple[Job, ...]]:
        """A build as it is now, and all its jobs, including retried ones."""
        found = self.store.build(build_id)
        if found is None:
            raise KeyError(build_id)
        return found[0], tuple(found[1])

    def build_of(self, run_id: str) -> tuple[Build, tuple[Job, ...]]:
        """The build of a run as it is now, and all its jobs, including retried ones."""
        build_id = self.run_of(run_id).build_id
        if not isinstance(build_id, str):
            raise KeyError(f"the run {run_id} has no build")
        return self.build(build_id)

    def stored(self, run_id: str) -> StoredRun:
        """The run with everything that happened in it."""
        stored = self.store.run(run_id)
        if stored is None:
            raise KeyError(run_id)
        return stored
