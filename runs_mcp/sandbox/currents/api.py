"""The Currents API of a sandbox."""

from collections.abc import Sequence

from starlette.types import ASGIApp

from runs_mcp.sandbox.currents.application import currents_application
from runs_mcp.sandbox.currents.records import Run, Spec
from runs_mcp.sandbox.currents.schema2_records import AnyInstance
from runs_mcp.sandbox.currents.store import GivenRun, Store, StoredRun


class CurrentsApi:
    """What the API serves, to be read and changed by whoever runs the sandbox.

    The methods that take an ID raise KeyError where there is no such record.
    """

    def __init__(self) -> None:
        self.store = Store()

    def application(self) -> ASGIApp:
        """The API, to be mounted under /v1."""
        return currents_application(self.store)

    def add_run(self, run: Run, instances: Sequence[AnyInstance] = ()) -> None:
        """Adds a run with its specs, and instances for some of them or all."""
        self.store.add_run(GivenRun(run, instances))

    def run_of(self, run_id: str) -> Run:
        """The run as it is now, without its specs."""
        return self._stored(run_id).run

    def specs_of(self, run_id: str) -> tuple[Spec, ...]:
        """The specs of a run as they are now."""
        return self._stored(run_id).specs()

    def instance_of(self, instance_id: str) -> AnyInstance:
        """One spec's execution as it is now: of schema 2 for Playwright, 1 for Cypress."""
        instance = self.store.instance(instance_id)
        if instance is None:
            raise KeyError(instance_id)
        return instance

    def _stored(self, run_id: str) -> StoredRun:
        stored = self.store.run(run_id)
        if stored is None:
            raise KeyError(run_id)
        return stored
