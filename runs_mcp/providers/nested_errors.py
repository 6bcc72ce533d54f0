"""The causes of an error: nested ones in its stack, and the other errors of a test."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

from runs_mcp.providers.field_values import line
from runs_mcp.providers.stack_frames import is_frame
from runs_mcp.text import one_line, plain

_CAUSES: Final = 5
_SEARCHED: Final = 50
_CAUSE_CHARS: Final = 300
# «[cause]: Error: …» (node), «Caused by: java.io.IOException: …», «Suppressed: …»
_NESTED: Final = re.compile(
    r"\s*(?:(?:\[cause\]|Caused by|Suppressed):\s*(?P<marked>\S.*)"
    r"|(?P<typed>(?:[A-Za-z_$][\w$]*(?:\.|::))*(?:[A-Z][\w$]*)?(?:Error|Exception)\b"
    r"(?: \[\w+\])?: \S.*))"
)


def nested_causes(stack: str) -> list[str]:
    """Returns the errors in a stack after the one that it begins with, each as one line.

    A line that is marked as a cause counts anywhere, one that only names an error after the first
    frame.
    """
    causes = []
    after_frame = False
    for text in plain(stack).splitlines():
        if is_frame(text):
            after_frame = True
        elif (nested := _NESTED.match(text)) and (nested["marked"] or after_frame):
            causes.append((nested["marked"] or nested["typed"]).rstrip(" {,"))
    return causes


def causes_shown(message: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Returns the first few texts that are not part of the message, each once."""
    shown = one_line(message)
    unique = dict.fromkeys(one_line(text) for text in islice(texts, _SEARCHED))
    new = [line(text, _CAUSE_CHARS) for text in unique if text and text not in shown]
    return tuple(new[:_CAUSES])
