"""An MCP server that lists, finds and reads test runs, and says why one failed."""

__version__ = "0.1.0"
