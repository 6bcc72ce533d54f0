"""The frames of a stack, and which of them are the project's own code. Pure functions."""

import re
from typing import Final, NamedTuple

_OWN_FRAMES: Final = 6
_FOREIGN_FRAMES: Final = 3
_LONGEST_FRAME: Final = 2000  # characters; longer lines are not frames, and slow to match

# V8: «at name (file:12:3)», «at file:12:3». Firefox and WebKit: «name@file:12:3».
_V8 = re.compile(r"at (?:async )?(?:(?P<function>[^(]*?) \((?P<inner>.*)\)|(?P<outer>.*))")
_GECKO = re.compile(r"(?P<function>[^\s@:]*)@(?P<outer>.*:[0-9]+:[0-9]+)")
_NOWHERE = re.compile(r"at .* \((?:<anonymous>|native)\)")
# «./spec/a_spec.rb:3:in `block'»
_RUBY = re.compile(r"(?:# )?(?P<outer>\S.*:[0-9]+):in [`'](?P<function>.*)'")
# pytest: «tests/test_a.py:12: in test», «app/a.py:3: KeyError»; a traceback: «File "a.py", line 3»
_PYTEST = re.compile(r"(?P<outer>[^\s:]+\.py:[0-9]+):(?: in (?P<function>\w+|<\w+>)| [\w.]+)?")
_TRACEBACK = re.compile(
    r'File "(?P<file>[^"]+)", line (?P<line>[0-9]{1,9})(?:, in (?P<function>.+))?'
)
# A colon in a file belongs to a scheme, a drive or a port.
_PLACE = re.compile(
    r"(?P<file>(?:node:|[a-z][a-z0-9+.-]*:(?=[/\\]))?(?:[^:\s]|(?<=\S)[ ]|:(?=[0-9]+[/\\])"
    r"|(?<=/[A-Z]):(?=/))+)"
    r":(?P<line>[0-9]{1,9})(?::[0-9]+)?",
    re.IGNORECASE,
)
_FILE = re.compile(r"[./\\<]|^node:")  # a path has a separator, prose before a number has not
# Test runners and libraries, not the project's code.
_FOREIGN = re.compile(
    r"node_modules[/\\]|^node:|^internal/|^<|__cypress/|cypress_runner|^cypress:/{2,3}\.\."
    r"|webpack/boot|[/\\](?:site|dist)-packages[/\\]|(?:^|/)_pytest/|/lib/python[0-9.]*/"
    r"|/gems/|/lib/ruby/|/bin/rspec"
)
_WEBPACK = re.compile(r"^webpack(?:-internal)?:/{1,3}(?:[^/]*/)?(?=\./)")


class Frame(NamedTuple):
    """One line of a stack."""

    function: str
    file: str
    line: int

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{self.function} ({place})" if self.function else place


class Stack(NamedTuple):
    """The useful parts of a stack: the project's top frame, and the first frames as text."""

    top: Frame | None
    head: str


def read_stack(stack: str, root: str = "") -> Stack:
    """Returns the top frame in the project's own code, and the useful head of the stack.

    The head has the first frames of the project's own code or, without any, the first frames.
    `root`, the folder of the checkout, is removed from the paths.
    """
    frames = _frames(stack, root)
    own = [frame for frame in frames if not _FOREIGN.search(frame.file)]
    head = own[:_OWN_FRAMES] or frames[:_FOREIGN_FRAMES]
    return Stack(own[0] if own else None, "\n".join(f"at {frame}" for frame in head))


def checkout_root(absolute: str, relative: str) -> str:
    """Returns the folder that `relative` is relative to; empty if the paths do not match."""
    tail = "/" + relative.lstrip("/")
    return absolute[: -len(tail) + 1] if relative and absolute.endswith(tail) else ""


def checkout_root_of(stack: str, spec: str) -> str:
    """Returns the folder of the checkout, as the frame of the spec file itself shows it."""
    frames = _frames(stack, "")
    return next((root for frame in frames if (root := checkout_root(frame.file, spec))), "")


def is_frame(line: str) -> bool:
    """Says whether a line is a frame, also one without a file."""
    return _frame(line, "") is not None or _NOWHERE.fullmatch(line.strip()) is not None


def _frames(stack: str, root: str) -> list[Frame]:
    """Returns the frames of a stack, the innermost first, also where Python prints it last."""
    frames = [frame for line in stack.splitlines() if (frame := _frame(line, root))]
    outermost_first = bool(frames) and all(frame.file.endswith(".py") for frame in frames)
    return frames[::-1] if outermost_first else frames


def _frame(line: str, root: str) -> Frame | None:
    if len(line) > _LONGEST_FRAME:
        return None
    # Node adds « {» to the last frame if the error has more properties, and «,» in lists.
    line = line.strip().removesuffix(" {").removesuffix(",")
    if traced := _TRACEBACK.fullmatch(line):
        file = traced["file"].removeprefix(root)
        return Frame(traced["function"] or "", file, int(traced["line"]))
    call = (
        _V8.fullmatch(line)
        or _RUBY.fullmatch(line)
        or _PYTEST.fullmatch(line)
        or _GECKO.fullmatch(line)
    )
    if call is None:
        return None
    parts = call.groupdict()
    place = _PLACE.fullmatch(parts.get("inner") or parts["outer"] or "")
    if place is None or not _FILE.search(place["file"]):
        return None
    file = _WEBPACK.sub("", place["file"]).removeprefix("file://").removeprefix("./")
    return Frame((parts["function"] or "").strip(), file.removeprefix(root), int(place["line"]))
