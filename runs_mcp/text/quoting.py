"""Untrusted text in messages."""

from runs_mcp.text.clipping import clip
from runs_mcp.text.plain_text import one_line


def quoted(text: str, max_chars: int) -> str:
    """Returns the text as one plain line, clipped to max_chars, in quotes that it cannot close."""
    line = clip(one_line(text), max_chars).replace('"', "'")
    return f'"{line}"'
