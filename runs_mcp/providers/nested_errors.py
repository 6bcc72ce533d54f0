"""The errors behind an error: nested causes in its stack, and further errors beside it."""

import re
from collections.abc import Iterable
from typing import Final

from runs_mcp.providers.field_values import line
from runs_mcp.stack_frames import is_frame
from runs_mcp.text import one_line, plain

_CAUSES: Final = 5
_CAUSE_CHARS: Final = 300
# «[cause]: Error: …» (node), «Caused by: java.io.IOException: …», «Suppressed: …»
_NESTED: Final = re.compile(
    r"\s*(?:(?:\[cause\]|Caused by|Suppressed):\s*(?P<marked>\S.*)"
    r"|(?P<typed>(?:[A-Za-z_$][\w$]*(?:\.|::))*(?:[A-Z][\w$]*)?(?:Error|Exception)\b"
    r"(?: \[\w+\])?: \S.*))"
)


def nested_causes(stack: str) -> list[str]:
    """Returns the errors that follow the first frame of a stack, each as one line."""
    lines = plain(stack).splitlines()
    first_frame = next((at for at, text in enumerate(lines) if is_frame(text)), len(lines))
    return [
        (nested["marked"] or nested["typed"]).rstrip(" {,")
        for text in lines[first_frame:]
        if (nested := _NESTED.match(text)) and not is_frame(text)
    ]


def causes_shown(message: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Returns the first few texts that the message does not hold itself, each once."""
    said = one_line(message)
    new = dict.fromkeys(one_line(text) for text in texts)
    return tuple(line(text, _CAUSE_CHARS) for text in new if text and text not in said)[:_CAUSES]
