"""Which records may be kept, and about how many bytes they have in memory.

The bytes were measured with tracemalloc, and are rounded up.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from runs_mcp.model import ErrorText, FullInstance, FullRun, Run
from runs_mcp.providers.field_values import when

_LATE_RESULTS: Final = timedelta(days=1)

_RUN_BYTES: Final = 5_000
_SPEC_BYTES: Final = 800
_TEST_BYTES: Final = 2_000
_ASSET_BYTES: Final = 1_500
_CHAR_BYTES: Final = 4  # of a text with one emoji


def is_settled(run: Run) -> bool:
    """Returns whether nothing more is to come of a run.

    What was under way when a run was canceled, or timed out, may still report.
    """
    created = when(run.created_at)
    is_old = created is not None and datetime.now(UTC) - created > _LATE_RESULTS
    return run.is_over and (run.completion == "complete" or is_old)


def bytes_of_run(full: FullRun) -> int:
    """Returns about how many bytes a run has in memory."""
    return _RUN_BYTES + _SPEC_BYTES * (len(full.specs) + len(full.groups))


def bytes_of_instance(full: FullInstance) -> int:
    """Returns about how many bytes an instance has in memory."""
    texts = sum(_chars_of(test.text) for test in full.tests)
    return _TEST_BYTES * len(full.tests) + _ASSET_BYTES * len(full.assets) + _CHAR_BYTES * texts


def _chars_of(text: ErrorText) -> int:
    return sum(map(len, (text.message, text.stack, text.code_frame, *text.further)))
