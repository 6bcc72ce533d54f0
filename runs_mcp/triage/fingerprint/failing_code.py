"""The code that failed, and what it called.

Pure functions over code frames and the source that frameworks print.
"""

import re
from typing import Final, NamedTuple

from runs_mcp.triage.fingerprint.masking import masked

# The line that failed: «> 12 |» in the code frames of JavaScript, «>» in pytest's source.
_FAILING_LINE: Final = re.compile(r"^>\s*(?:[0-9]+ \|)?(?P<code>.*)$", re.MULTILINE)
_RSPEC_LINE: Final = re.compile(r"\s*Failure/Error: *(?P<code>[^\n]*)")
_LITERAL: Final = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|(?<![\w.])[0-9][\w.]*")

# The argument of expect(…) in JavaScript and Ruby, the left side of a comparison in Python.
_CHECKED: Final = (
    re.compile(r"^(?>.*?expect(?:\.\w+)?\()\s*+(?P<checked>.*?)\)\s*\.(?:not|to|resolves|rejects)"),
    re.compile(r"^(?>.*?assert )(?:not )?(?P<checked>.*?) (?:==|!=|<=|>=|<|>) "),
    re.compile(r"assert (?:not )?(?P<checked>.*)"),
)
_ROOT: Final = re.compile(r"(?:await |\()*(?P<name>[A-Za-z_]\w*)")
_NAMES: Final = re.compile(r"(?P<name>[A-Za-z_][\w.]*+)(?P<call>\(?)")
_CONVERSION: Final = re.compile(
    r"len|sorted|list|set|sum|min|max|round|str|int|float|bool|any|all|dict|tuple|repr|type"
    r"|isinstance|Number|String|Boolean|Object\.\w+|JSON\.\w+|Array\.from|Math\.\w+"
)
# The part of a result that is checked: «.tax», «["tax"]», «.get("tax")» at the end.
_PART: Final = re.compile(r"(?:\.(\w+)|\[[\"'](\w+)[\"']\]|\.get\([\"'](\w+)[\"']\))\s*\)*$")
# The endpoint that was called: the first two parts of its path.
_PATH: Final = re.compile(r"[\"'`](?P<path>/[\w-]+(?:/[\w-]+)?)")

_THROWS: Final = re.compile(r"\b(?:raise|throw|fail|abort|panic|reject)\b|\bassert")


class FailingCode(NamedTuple):
    """The line that failed, and the source before it as far as the framework prints it."""

    line: str
    before: str


def failing_code(text: str, code_frame: str) -> FailingCode:
    """Returns the code that failed, read from the code frame or from the text of the error."""
    if rspec := _RSPEC_LINE.match(text):
        return FailingCode(rspec["code"], "")
    source = code_frame or text
    lines = list(_FAILING_LINE.finditer(source))
    if not lines:
        return FailingCode("", "")
    return FailingCode(lines[-1]["code"].strip(), source[: lines[-1].start()])


def without_literals(code: str) -> str:
    """Returns a line of code with its literals masked."""
    return masked(_LITERAL.sub("<v>", code))


def checked_call(code: FailingCode) -> str:
    """Returns the call whose result is checked, and which part of it: `money.total tax`."""
    found = next((found for pattern in _CHECKED if (found := pattern.search(code.line))), None)
    if found is None:
        return ""
    checked = found["checked"]
    if root := _ROOT.match(checked):
        assignment = re.compile(rf"\b{root['name']}\b[^=\n]{{0,40}}=(?!=)\s*(.+)")
        if assigned := assignment.findall(code.before):
            checked = assigned[-1] + checked[root.end() :]
    names = (each["name"] for each in _NAMES.finditer(checked) if each["call"])
    name = next((name for name in names if not _CONVERSION.fullmatch(name)), "")
    if not name:
        return ""
    part, path = _PART.search(checked), _PATH.search(checked)
    return " ".join(
        [name, path["path"] if path else "", *(filter(None, part.groups()) if part else ())]
    )


def is_called_code(code: FailingCode) -> bool:
    """Returns whether the line calls the code that threw: then its message is that code's."""
    return bool(code.line) and not _THROWS.search(code.line)
