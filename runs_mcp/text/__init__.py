"""Untrusted text made plain, cut to a length, and free of secrets."""

from runs_mcp.text.clip import clip, clip_middle
from runs_mcp.text.plain import one_line, plain
from runs_mcp.text.secrets import without_url_secrets

__all__ = ["clip", "clip_middle", "one_line", "plain", "without_url_secrets"]
