"""Whether an answer keeps the budget."""

import json
from typing import Final

from hosts import text_of
from mcp_types import CallToolResult

BUDGET: Final = 8000


def fits(result: CallToolResult) -> bool:
    compact = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return max(len(text_of(result).encode()), len(compact.encode())) <= BUDGET
