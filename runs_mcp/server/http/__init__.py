"""Streamable HTTP: one server for many callers, each with their own keys."""

from runs_mcp.server.http.application import create_app, http_application

__all__ = ["create_app", "http_application"]
