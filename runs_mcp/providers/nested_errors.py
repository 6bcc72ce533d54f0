"""The causes of an error as answers show them: nested ones, and the other errors of a test."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from runs_mcp.error_text.thrown_errors import thrown_errors
from runs_mcp.providers.field_values import line
from runs_mcp.text import one_line

_CAUSES: Final = 5
_SEARCHED: Final = 50
_CAUSE_CHARS: Final = 300


def causes_shown(message: str, stack: str, further: Iterable[str]) -> tuple[str, ...]:
    """Returns the first few causes and further errors that the message does not show, each once.

    Args:
        message: The error's message.
        stack: Its frames, with the causes that are printed between them.
        further: The texts of further errors.
    """
    shown = one_line(message)
    nested = [error.text for error in thrown_errors(message, stack)[1:]]
    texts = dict.fromkeys(one_line(text) for text in islice([*nested, *further], _SEARCHED))
    new = [line(text, _CAUSE_CHARS) for text in texts if text and text not in shown]
    return tuple(new[:_CAUSES])
