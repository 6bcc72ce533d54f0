"""What the code around a failure tells: where it stands, what was called, what was raised.

Pure functions over frames, code frames and the source that frameworks print.
"""

import re
from typing import Final, NamedTuple

from runs_mcp.triage.fingerprint.masking import masked

_FRAME: Final = re.compile(r"(?:(?P<function>.*) \()?(?P<file>[^()]+?):[0-9]+\)?")
# The names that runners look for: such a file's failures are of its own tests.
_TEST_FILE: Final = re.compile(
    r"[._-](?:spec|test|cy|e2e)\.\w+$|(?:^|/)test_[^/]*\.py$|_(?:test|spec)\.(?:py|rb|go)$"
    r"|(?:^|/)__tests__/"
)
_PYTHON_DEF: Final = re.compile(r"^\s*(?:async )?def (?P<name>\w+)\(", re.MULTILINE)
# jest maps names along with places, so a helper's frame bears the name of the matcher it calls.
_MATCHER_CALL: Final = re.compile(r"(?:Object\.)?(?:not\.)?to[A-Z]\w*")

# The line that failed: «> 12 |» in the code frames of JavaScript, «>» in pytest's source.
_FAILING_LINE: Final = re.compile(r"^>\s*(?:[0-9]+ \|)?(?P<code>.*)$", re.MULTILINE)
_RSPEC_LINE: Final = re.compile(r"\s*Failure/Error: *(?P<code>[^\n]*)")
_LITERAL: Final = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|(?<![\w.])[0-9][\w.]*")

# What is in expect(…) of JavaScript and Ruby, and left of the comparison in Python.
_CHECKED: Final = (
    re.compile(r"expect(?:\.\w+)?\(\s*(?P<checked>.*?)\)\s*\.(?:not|to|resolves|rejects)"),
    re.compile(r"assert (?:not )?(?P<checked>.*?) (?:==|!=|<=|>=|<|>) "),
    re.compile(r"assert (?:not )?(?P<checked>.*)"),
)
_ROOT: Final = re.compile(r"(?:await |\()*(?P<name>[A-Za-z_]\w*)")
_CALLED: Final = re.compile(r"(?P<name>[A-Za-z_][\w.]*)\(")
_CONVERSION: Final = re.compile(
    r"len|sorted|list|set|sum|min|max|round|str|int|float|bool|any|all|dict|tuple|repr|type"
    r"|isinstance|Number|String|Boolean|Object\.\w+|JSON\.\w+|Array\.from|Math\.\w+"
)
# What of the result was checked: «.tax», «["tax"]», «.get("tax")» at the end.
_PART: Final = re.compile(r"(?:\.(\w+)|\[[\"'](\w+)[\"']\]|\.get\([\"'](\w+)[\"']\))\s*\)*$")
# Which endpoint was called: the first two parts of its path.
_PATH: Final = re.compile(r"[\"'`](?P<path>/[\w-]+(?:/[\w-]+)?)")

_RAISES: Final = re.compile(r"\b(?:raise|throw|fail)\b.*[\"'`][^\"'`]* ")
_WORD: Final = re.compile(r"\w+")
_WORDS_OF_DATA: Final = 2


class FailingCode(NamedTuple):
    """The line that failed, and what the framework prints before it."""

    line: str
    before: str


class Place(NamedTuple):
    """A function in code that tests share."""

    file: str
    function: str


def failing_code(text: str, code_frame: str) -> FailingCode:
    """Returns the line that failed, from the code frame or from the error's text."""
    if rspec := _RSPEC_LINE.match(text):
        return FailingCode(rspec["code"], "")
    source = code_frame or text
    lines = list(_FAILING_LINE.finditer(source))
    if not lines:
        return FailingCode("", "")
    return FailingCode(lines[-1]["code"].strip(), source[: lines[-1].start()])


def shared_place(frames: str, spec: str, text: str) -> Place | None:
    """Returns where the first of the frames is, unless it is in a file of tests."""
    first, _, rest = frames.partition("\n")
    frame = _FRAME.fullmatch(first)
    if frame is None or frame["file"] == spec or _TEST_FILE.search(frame["file"]):
        return None
    function = frame["function"] or ""
    if not function and frame["file"].endswith(".py"):
        # pytest prints the source of the function, not its name.
        defined = _PYTHON_DEF.findall(text)
        function = defined[-1] if defined else ""
    elif _MATCHER_CALL.fullmatch(function):
        caller = _FRAME.fullmatch(rest.partition("\n")[0])
        function = (caller["function"] or "") if caller else ""
    return Place(frame["file"], function.removeprefix("Object.").removeprefix("Module."))


def without_literals(code: str) -> str:
    """Returns a line of code without the values in it."""
    return masked(_LITERAL.sub("<v>", code))


def checked_call(code: FailingCode) -> str:
    """Returns the call whose result was checked, and the part of it: `money.total tax`."""
    found = next((found for pattern in _CHECKED if (found := pattern.search(code.line))), None)
    if found is None:
        return ""
    checked = found["checked"]
    if root := _ROOT.match(checked):
        assignment = re.compile(rf"\b{root['name']}\b[^=\n]{{0,40}}=(?!=)\s*(.+)")
        if assigned := assignment.findall(code.before):
            checked = assigned[-1] + checked[root.end() :]
    called = (name for name in _CALLED.findall(checked) if not _CONVERSION.fullmatch(name))
    name = next(called, "")
    if not name:
        return ""
    part, path = _PART.search(checked), _PATH.search(checked)
    return " ".join(
        [name, path["path"] if path else "", *(filter(None, part.groups()) if part else ())]
    )


def raised_template(code: FailingCode, message: str) -> tuple[str, ...]:
    """Returns the statement that raised a message of its own, and what it filled in that tells.

    Sentences tell, and paths, and what the message ends with; other single words are the data
    of one test.
    """
    if not _RAISES.search(code.line):
        return ()
    template = set(_WORD.findall(code.line))
    runs: list[list[str]] = [[]]
    for word in message.split():
        if template.issuperset(_WORD.findall(word)):
            runs.append([])
        else:
            runs[-1].append(word)
    told = [run for run in runs[:-1] if len(run) > _WORDS_OF_DATA or "/" in "".join(run)] + runs[
        -1:
    ]
    return (masked(code.line), *(" ".join(run) for run in told))
