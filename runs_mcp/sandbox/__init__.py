"""A real HTTP server that behaves like the vendors' APIs and tells one seeded story."""

from runs_mcp.sandbox.currents.access import READ_ONLY_KEY, READ_WRITE_KEY
from runs_mcp.sandbox.faults import Fault
from runs_mcp.sandbox.recording import RecordedRequest
from runs_mcp.sandbox.server import Sandbox

__all__ = ["READ_ONLY_KEY", "READ_WRITE_KEY", "Fault", "RecordedRequest", "Sandbox"]
