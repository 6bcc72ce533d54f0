"""The size of an answer, measured as a host sees it."""

import json

from runs_mcp.answers.encoding import structured_content, text_content
from runs_mcp.model import Record


def larger_encoding(structured: object, text: str) -> int:
    """Returns the bytes of the larger one of the two encodings of an answer."""
    return max(len(_compact(structured).encode()), len(text.encode()))


def encoded_sizes(report: Record) -> tuple[int, int]:
    """Returns the bytes of both encodings of a report."""
    return len(_compact(structured_content(report)).encode()), len(text_content(report).encode())


def _compact(structured: object) -> str:
    return json.dumps(structured, ensure_ascii=False, separators=(",", ":"))
