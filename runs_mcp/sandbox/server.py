"""The sandbox: the vendors' APIs on one loopback port, telling one story."""

from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.routing import Mount

from runs_mcp.sandbox.buildkite.addresses import BUILDKITE_ORGANIZATION
from runs_mcp.sandbox.buildkite.api import BuildkiteApi
from runs_mcp.sandbox.control_routes import control_routes
from runs_mcp.sandbox.currents.api import CurrentsApi
from runs_mcp.sandbox.fault_middleware import FaultMiddleware
from runs_mcp.sandbox.faults import Fault, FaultList
from runs_mcp.sandbox.keys import READ_WRITE_KEY
from runs_mcp.sandbox.recorded_request import RecordedRequest
from runs_mcp.sandbox.serving import ServingThread, listening_socket
from runs_mcp.sandbox.story.buildkite.story import add_buildkite_story
from runs_mcp.sandbox.story.currents.story import add_currents_story


class Sandbox:
    """Serves from entering it to leaving it: a synchronous context manager.

    `port` 0 is any free one; `now` is the moment at which the two weeks of the story end.
    """

    requests: list[RecordedRequest]
    """Every request that arrived, but not the control ones; oldest first."""

    def __init__(self, *, port: int = 0, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC).replace(second=0, microsecond=0)
        self.currents = CurrentsApi()
        self.buildkite = BuildkiteApi()
        self.requests = []
        self._port = port
        self._faults = FaultList()
        self._serving: ServingThread | None = None
        add_currents_story(self.currents.store, self.now)
        add_buildkite_story(self.buildkite.store, self.now)

    def __enter__(self) -> Self:
        """Serve when this returns; a port in use raises OSError."""
        listener = listening_socket(self._port)
        self._port = listener.getsockname()[1]
        apis = [
            Mount("/v1", app=self.currents.application()),
            Mount("/v2", app=self.buildkite.application()),
        ]
        application = Starlette(routes=[*control_routes(self._faults, self.requests), *apis])
        self._serving = ServingThread(
            FaultMiddleware(application, self._faults, self.requests), listener
        )
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
