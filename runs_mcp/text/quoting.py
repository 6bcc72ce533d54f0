"""Untrusted text in messages."""

from runs_mcp.text.clipping import clip
from runs_mcp.text.plain_text import one_line


def quoted(text: str, max_chars: int) -> str:
    """Returns the text in double quotes: one plain line, clipped to max_chars."""
    return f'"{clip(one_line(text), max_chars)}"'
