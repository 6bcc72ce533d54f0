"""Untrusted text: made plain, clipped, quoted, and without secrets."""

from runs_mcp.text.clipping import clip, clip_middle
from runs_mcp.text.plain_text import one_line, plain
from runs_mcp.text.quoting import quoted
from runs_mcp.text.redaction import without_url_secrets

__all__ = ["clip", "clip_middle", "one_line", "plain", "quoted", "without_url_secrets"]
