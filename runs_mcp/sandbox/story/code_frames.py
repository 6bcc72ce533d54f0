"""The source around a failing line, as test frameworks print it."""

import re
from collections.abc import Sequence

_GREY, _RED, _GREEN, _CYAN, _YELLOW, _PLAIN = (f"\x1b[{code}m" for code in (90, 31, 32, 36, 33, 39))
_TOKEN = re.compile(
    r"(?P<text>'[^']*')|(?P<word>\b(?:await|async|const|if|throw|new|return)\b)|(?P<sign>=>|[.,;:])"
)
_COLOURS = {"text": _GREEN, "word": _CYAN, "sign": _YELLOW}


def coloured_frame(source: Sequence[str], at: int, line: int, column: int) -> str:
    """Returns the lines with colours; `source[at]` is the failing one."""
    rows = []
    for offset, text in enumerate(source, line - at):
        number = f"{_GREY}{offset:>3} |{_PLAIN} {_TOKEN.sub(_paint, text)}"
        if offset != line:
            rows.append(f" {number}")
            continue
        rows.append(f"{_RED}\x1b[1m>\x1b[22m{_PLAIN}{number}")
        caret = f"{' ' * column}{_RED}\x1b[1m^\x1b[22m{_PLAIN}"
        rows.append(f" {_GREY}    |{_PLAIN}{caret}")
    return "\n".join(rows)


def plain_frame(source: Sequence[str], at: int, line: int, column: int) -> str:
    """Returns the lines without colours, as Cypress prints them."""
    rows = []
    for offset, text in enumerate(source, line - at):
        mark = ">" if offset == line else " "
        rows.append(f"{mark}{offset:>3} | {text}")
        if offset == line:
            rows.append(f"    |{' ' * column}^")
    return "\n".join(rows)


def _paint(token: re.Match[str]) -> str:
    return f"{_COLOURS[str(token.lastgroup)]}{token[0]}{_PLAIN}"
