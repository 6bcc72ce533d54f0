"""The sandbox: the vendors' APIs on one loopback port, telling one story."""

from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.routing import Mount

from runs_mcp.sandbox.buildkite.addresses import BUILDKITE_ORGANIZATION
from runs_mcp.sandbox.buildkite.side import BuildkiteSide
from runs_mcp.sandbox.control import control_routes
from runs_mcp.sandbox.currents.application import currents_application
from runs_mcp.sandbox.currents.store import Store
from runs_mcp.sandbox.faults import Fault, FaultList
from runs_mcp.sandbox.front_door import FrontDoor
from runs_mcp.sandbox.keys import READ_WRITE_KEY
from runs_mcp.sandbox.recording import RecordedRequest
from runs_mcp.sandbox.serving import ServingThread, listening_socket
from runs_mcp.sandbox.story import tell_story
from runs_mcp.sandbox.story.buildkite.story import tell_buildkite_story


class Sandbox:
    """Serves while it is entered: a synchronous context manager.

    Args:
        port: The port; 0 is any free one.
        now: The moment at which the two weeks of the story end.
    """

    currents: Store
    """The runs of the Currents API."""
    buildkite: BuildkiteSide
    """The Buildkite API: its runs, limits and pages."""
    requests: list[RecordedRequest]
    """Every request that arrived, but for those to the control routes; oldest first."""

    def __init__(self, *, port: int = 0, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC).replace(second=0, microsecond=0)
        self.currents = Store()
        self.buildkite = BuildkiteSide()
        self.requests = []
        self._port = port
        self._faults = FaultList()
        self._serving: ServingThread | None = None
        tell_story(self.currents, self.now)
        tell_buildkite_story(self.buildkite.store, self.now)

    def __enter__(self) -> Self:
        """Starts to serve; a port in use raises `OSError`."""
        listener = listening_socket(self._port)
        self._port = listener.getsockname()[1]
        apis = [
            Mount("/v1", app=currents_application(self.currents)),
            Mount("/v2", app=self.buildkite.application()),
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
        """Drops the requests under way and stops, within a few seconds."""
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
        """Adds a fault: the oldest fault that matches a request decides its answer."""
        self._faults.add(fault)

    def heal(self) -> None:
        """Removes all faults."""
        self._faults.clear()
