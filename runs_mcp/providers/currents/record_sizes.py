"""About how many bytes what was read has in memory: measured with tracemalloc, and rounded up."""

from typing import Final

from runs_mcp.model import ErrorText, FullInstance, FullRun

_RUN_BYTES: Final = 5_000
_SPEC_BYTES: Final = 800
_TEST_BYTES: Final = 2_000
_ASSET_BYTES: Final = 1_500
_CHAR_BYTES: Final = 4  # of a text with one emoji


def bytes_of_run(full: FullRun) -> int:
    """Returns about how many bytes a run has in memory."""
    return _RUN_BYTES + _SPEC_BYTES * (len(full.specs) + len(full.groups))


def bytes_of_instance(full: FullInstance) -> int:
    """Returns about how many bytes an instance has in memory."""
    texts = sum(_chars_of(test.text) for test in full.tests)
    return _TEST_BYTES * len(full.tests) + _ASSET_BYTES * len(full.assets) + _CHAR_BYTES * texts


def _chars_of(text: ErrorText) -> int:
    return sum(map(len, (text.message, text.stack, text.code_frame, *text.further)))
