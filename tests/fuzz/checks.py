"""What must hold of every answer, and how many examples are tried."""

import os
import re
from typing import Final

from budgets import fits
from hosts import text_of
from mcp_types import CallToolResult

KIND: Final = re.compile(r"\[kind=(\w+)(?: status=\d+)? retryable=")
KINDS: Final = frozenset(
    {"invalid_argument", "unauthorized", "forbidden", "not_found", "conflict", "rate_limited"}
    | {"upstream_error", "timeout", "unreachable", "too_large", "malformed_response"}
)


def examples(usually: int) -> range:
    """Returns the seeds of a test; FUZZ_TIMES says how many times as many there are."""
    return range(usually * int(os.environ.get("FUZZ_TIMES", "1")))


def problem_of(result: CallToolResult) -> str:
    """Returns what is wrong with a result of a tool; empty for a right one."""
    text = text_of(result)
    if not result.is_error:
        return "" if fits(result) else "it is over its budget"
    found = KIND.search(text)
    if not found or found[1] not in KINDS or len(text) > 2000:
        return text[:500]
    return ""
