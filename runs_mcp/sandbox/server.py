"""The sandbox: the APIs of Currents and Buildkite on one loopback port."""

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
    """A synchronous context manager that serves until it is left.

    Attributes:
        now: The time at which the two weeks of the story end.
        currents: The Currents API.
        buildkite: The Buildkite API.
    """

    requests: list[RecordedRequest]
    """All requests that arrived, oldest first, without those to /sandbox/."""

    def __init__(self, *, port: int = 0, now: datetime | None = None) -> None:
        """Creates a sandbox.

        Args:
            port: The port to serve on; 0 for any free one.
            now: The time at which the story ends; by default, the current minute.
        """
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
        """Serves once this returns.

        Raises:
            OSError: The port is in use.
        """
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
        """Drops all connections and stops, within a few seconds."""
        if self._serving is not None:
            self._serving.stop()
            self._serving = None

    @property
    def port(self) -> int:
        """The port that it serves on, while it serves."""
        return self._port

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of a server that uses it."""
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
        """Adds a fault; a request that several faults match gets the oldest."""
        self._faults.add(fault)

    def heal(self) -> None:
        """Removes all faults."""
        self._faults.clear()
