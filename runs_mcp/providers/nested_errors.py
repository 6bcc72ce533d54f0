"""The errors behind an error: nested causes in its stack, and further errors beside it."""

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
    """Returns the errors behind the one that a stack begins with, each as one line.

    What is marked as a cause is one anywhere; an error that is only named, behind the first frame.
    """
    causes = []
    behind_frame = False
    for text in plain(stack).splitlines():
        if is_frame(text):
            behind_frame = True
        elif (nested := _NESTED.match(text)) and (nested["marked"] or behind_frame):
            causes.append((nested["marked"] or nested["typed"]).rstrip(" {,"))
    return causes


def causes_shown(message: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Returns the first few texts that the message does not hold itself, each once."""
    said = one_line(message)
    new = dict.fromkeys(one_line(text) for text in islice(texts, _SEARCHED))
    return tuple(line(text, _CAUSE_CHARS) for text in new if text and text not in said)[:_CAUSES]
