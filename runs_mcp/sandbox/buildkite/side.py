"""The Buildkite API of a sandbox: its runs, its limits, and the form of its pages."""

from dataclasses import dataclass, field

from starlette.types import ASGIApp

from runs_mcp.sandbox.buildkite.application import buildkite_application
from runs_mcp.sandbox.buildkite.limits import RateLimits
from runs_mcp.sandbox.buildkite.paging import PageForm
from runs_mcp.sandbox.buildkite.store import Store


@dataclass
class BuildkiteSide:
    """What the Buildkite API of a sandbox serves, and how."""

    store: Store = field(default_factory=Store)
    limits: RateLimits = field(default_factory=RateLimits)
    pages: PageForm = field(default_factory=PageForm)

    def application(self) -> ASGIApp:
        """Returns the application that serves it."""
        return buildkite_application(self.store, self.limits, self.pages)
