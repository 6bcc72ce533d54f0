"""An HTTP server that behaves like the APIs of Currents and Buildkite, over invented test runs.

What it serves is the same every time, but for the times, which count back from now.
"""

from runs_mcp.sandbox.buildkite.addresses import BUILDKITE_ORGANIZATION
from runs_mcp.sandbox.buildkite.paging import LINK_TOKEN as BUILDKITE_LINK_TOKEN
from runs_mcp.sandbox.faults import Fault
from runs_mcp.sandbox.keys import NO_RESULTS_TOKEN, READ_ONLY_KEY, READ_WRITE_KEY
from runs_mcp.sandbox.recorded_request import RecordedRequest
from runs_mcp.sandbox.server import Sandbox
from runs_mcp.sandbox.story.buildkite.notable import BUILDKITE_SUITE, NotableBuildkiteRun

__all__ = [
    "BUILDKITE_LINK_TOKEN",
    "BUILDKITE_ORGANIZATION",
    "BUILDKITE_SUITE",
    "NO_RESULTS_TOKEN",
    "READ_ONLY_KEY",
    "READ_WRITE_KEY",
    "Fault",
    "NotableBuildkiteRun",
    "RecordedRequest",
    "Sandbox",
]
