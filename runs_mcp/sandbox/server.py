"""The sandbox: the vendors' APIs on one loopback port, telling one story."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.routing import Mount

from runs_mcp.sandbox.buildkite.addresses import BUILDKITE_ORGANIZATION
from runs_mcp.sandbox.buildkite_side import BuildkiteSide
from runs_mcp.sandbox.control import control_routes
from runs_mcp.sandbox.currents.application import currents_application
from runs_mcp.sandbox.currents.records import Run, Spec
from runs_mcp.sandbox.currents.schema2_records import AnyInstance
from runs_mcp.sandbox.currents.store import GivenRun, Store, StoredRun
from runs_mcp.sandbox.faults import Fault, FaultList
from runs_mcp.sandbox.front_door import FrontDoor
from runs_mcp.sandbox.keys import READ_WRITE_KEY
from runs_mcp.sandbox.recording import RecordedRequest
from runs_mcp.sandbox.serving import ServingThread, listening_socket
from runs_mcp.sandbox.story import BOOKING_PROJECT, tell_story
from runs_mcp.sandbox.story.run_of_size import run_of_size


class Sandbox(BuildkiteSide):
    """Serves from entering it to leaving it: a synchronous context manager.

    `port` 0 is any free one; `now` is the moment at which the two weeks of the story end.
    """

    requests: list[RecordedRequest]
    """Every request that arrived, but not the control ones; oldest first."""

    def __init__(self, *, port: int = 0, now: datetime | None = None) -> None:
        super().__init__(now or datetime.now(UTC).replace(second=0, microsecond=0))
        self._port = port
        self._faults = FaultList()
        self._store = Store()
        self._serving: ServingThread | None = None
        self.requests = []
        tell_story(self._store, self._now)

    def __enter__(self) -> Self:
        """Serve when this returns; a port in use raises OSError."""
        listener = listening_socket(self._port)
        self._port = listener.getsockname()[1]
        apis = [
            Mount("/v1", app=currents_application(self._store)),
            Mount("/v2", app=self._buildkite_application()),
        ]
        application = Starlette(routes=[*control_routes(self._faults, self.requests), *apis])
        self._serving = ServingThread(FrontDoor(application, self._faults, self.requests), listener)
        self._serving.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Drop what is under way and stop, within a few seconds."""
        if self._serving is not None:
            self._serving.stop()
            self._serving = None

    @property
    def port(self) -> int:
        """The port it serves on, once it serves."""
        return self._port

    @property
    def variables(self) -> dict[str, str]:
        """The variables under which a server uses it."""
        return {
            "CURRENTS_API_URL": self.currents_url,
            "CURRENTS_API_KEY": READ_WRITE_KEY,
            "BUILDKITE_BASE_URL": self.buildkite_url,
            "BUILDKITE_API_TOKEN": READ_WRITE_KEY,
            "BUILDKITE_ORGANIZATION": BUILDKITE_ORGANIZATION,
        }

    @property
    def currents_url(self) -> str:
        """The base URL of the Currents API."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def buildkite_url(self) -> str:
        """The base URL of the Buildkite API, without /v2."""
        return f"http://127.0.0.1:{self._port}"

    def fail(self, fault: Fault) -> None:
        """Misbehave from now on; of several faults, the oldest that matches hits a request."""
        self._faults.add(fault)

    def heal(self) -> None:
        """Behave again."""
        self._faults.clear()

    def add_run(self, run: Run, instances: Sequence[AnyInstance] = ()) -> None:
        """One more run, with its specs; its instances are those given."""
        self._store.add_run(GivenRun(run, instances))

    def add_run_of_size(
        self,
        run_id: str,
        target_bytes: int,
        *,
        project_id: str = BOOKING_PROJECT,
        branch: str = "main",
    ) -> None:
        """One more complete, failed run, whose «get run» body has this many bytes (decoded).

        It is the newest completed run there is; its body is made when asked for.
        """
        self._store.add_run(
            run_of_size(run_id, target_bytes, project_id=project_id, branch=branch, now=self._now)
        )

    def run_of(self, run_id: str) -> Run:
        """What is true of a run now, its specs left out."""
        return self._stored(run_id).run

    def specs_of(self, run_id: str) -> tuple[Spec, ...]:
        """What is true of a run's specs now."""
        return self._stored(run_id).specs()

    def instance_of(self, instance_id: str) -> AnyInstance:
        """What is true of one spec's execution now: of schema 2 for Playwright, 1 for Cypress."""
        instance = self._store.instance(instance_id)
        if instance is None:
            raise KeyError(instance_id)
        return instance

    def _stored(self, run_id: str) -> StoredRun:
        stored = self._store.run(run_id)
        if stored is None:
            raise KeyError(run_id)
        return stored
