"""What was thrown: the errors in a text, each with its type, message and frames.

An error can have causes, which languages print in many ways. Pure functions over plain text.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from runs_mcp.error_text.stack_frames import Frame, frames_in, frames_of, is_frame

_MOST_ERRORS: Final = 8
_FIRST_LINES: Final = 6

# A type: «TypeError», «java.io.IOException», «Errno::ECONNREFUSED», «Shop\NotFound»; a name
# without such an ending or a namespace needs two capitals: «NoSuchElement: …», not «Expected: 3».
_NAME: Final = (
    r"(?:[A-Za-z_$][\w$]*(?:\.|::|\\))*"
    r"(?:[A-Za-z_$][\w$]*(?:Error|Exception|Failure|Failed|Timeout|Violation|Exit|Fault|Panic)"
    r"|Error|Exception|Failed"
    r"|(?<=[.:\\])[A-Z][\w$]*|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)"
)
_TYPED: Final = re.compile(
    r"(?:Uncaught |Unhandled |Unexpected )?(?:exception:? )?(?:\(in promise\):? )?"
    rf"(?:\*\* \((?P<elixir>[\w.]+)\)|(?P<type>{_NAME})(?: \[\w+\])?(?: ?:(?!:)|(?=\s*$)))"
    r"[ \t]*(?P<message>.*)",
    re.DOTALL,
)
_ENDING: Final = re.compile(
    r"(?:Uncaught )?(?P<type>(?:[\w$]+(?:\.|::|\\))*[\w$]*(?:Error|Exception))(?: \[\w+\])?: ?\S"
)
# Elixir: the type after a summary, then the code of the test: «code: assert {:ok, _} = save()».
_ELIXIR: Final = re.compile(
    r"\n[^\S\n]*\*\* \((?P<type>(?!ExUnit\.)[A-Z][\w.]*)\) (?P<message>.*?)(?=\n[^\S\n]*code: |\Z)",
    re.DOTALL,
)
# «page.evaluate: TypeError: …», «Error: TypeError: …»: the last of them was thrown first.
_PREFIX: Final = re.compile(
    r"(?:(?:[A-Za-z]\w*\.[a-z]\w*|Error|Exception): (?=[A-Z][\w.$]*(?:Error|Exception): ))+"
)

_CAUSE: Final = re.compile(
    r"(?:# )?(?:\[cause\]|\[errors\]|[Cc]aused by|--- Caused by)\s*:(?: ?---)?\s*(?P<rest>.*)"
    r"|-{2,} (?P<xunit>[\w.]+ : .*)|---> (?P<dotnet>[\w.]+: .*)"
)
# Rust: «called `Result::unwrap()` on an `Err` value: NotFound { … }», «some words: NotFound(…)»
_UNWRAPPED: Final = re.compile(r"called `Result::\w+\(\)` on an `(?:Err|Ok)` value: ")
_DEBUG_CALL: Final = re.compile(r"(?=.*\)\Z)(?:.*?: )?(?P<value>(?P<type>[A-Z]\w*+)\(.*\))")
_DEBUG_STRUCT: Final = re.compile(r"(?=.* \}\Z)(?:.*?: )?(?P<value>(?P<type>[A-Z]\w*+) \{ .* \})")
_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*+(?P<end>\"?)")
_CLOSING: Final = re.compile(r"[\]})]+,?")
_CAUSE_BEGINNINGS: Final = ("#", "[", "C", "c", "-")
_INLINE_CAUSE: Final = re.compile(r" ---> (?P<rest>[\w.]+: .*)")
_NUMBERED: Final = re.compile(r"[0-9]+: ")
_PYTEST_LINE: Final = re.compile(r"E(?:   (?P<text>.*)|\s*)")
_PYTHON_CHAIN: Final = re.compile(
    r"(?:The above exception was the direct cause of|During handling of the above exception)"
)
_RSPEC_TYPE: Final = re.compile(r"\s*(?P<type>(?:[A-Z]\w*::)*[A-Z]\w*):")
_RSPEC: Final = "Failure/Error:"


class ThrownError(NamedTuple):
    """An error that was thrown.

    Args:
        type: Its type; empty if the text does not name it.
        message: Its message, without the type and the frames.
        frames: Where it was thrown, the innermost first.
    """

    type: str
    message: str
    frames: tuple[Frame, ...]

    @property
    def beginning(self) -> str:
        """The type and the first lines of the message: not what was logged or dumped after it."""
        lines = self.message.split("\n", _FIRST_LINES)[:_FIRST_LINES]
        return "\n".join([self.type, *lines])

    @property
    def text(self) -> str:
        """The type and the message."""
        return (
            f"{self.type}: {self.message}"
            if self.type and self.message
            else (self.type or self.message)
        )


def thrown_errors(message: str, stack: str, name: str = "") -> list[ThrownError]:
    """Returns the error and its causes, outermost first; there is always one.

    Args:
        message: The text of the error.
        stack: Its frames, with what is printed between them; may begin with the message.
        name: Its type, if it is known.
    """
    if blocks := _pytest_blocks(message):
        errors = [_thrown("\n".join(lines), frames) for lines, frames in blocks]
        return errors[::-1][:_MOST_ERRORS]
    if message.lstrip().startswith(_RSPEC):
        return _rspec_errors(message, stack)
    lines = message.splitlines()
    known = {line.strip() for line in lines}
    between = [line for line in stack.splitlines() if is_frame(line) or line.strip() not in known]
    errors = [
        _thrown("\n".join(text), frames_in(frames))
        for text, frames in _sections([*lines, *between], len(lines))
    ]
    first = errors[0] if errors else ThrownError("", "", ())
    if name and not first.type:
        errors = [first._replace(type=" ".join(name.split())), *errors[1:]]
    return (errors or [first])[:_MOST_ERRORS]


def _sections(lines: Sequence[str], in_message: int) -> Iterator[tuple[list[str], list[str]]]:
    """Yields the lines of each error, and those of its frames."""
    message: list[str] = []
    frames: list[str] = []
    is_first = True
    for number, line in enumerate(lines):
        text = line.strip()
        if is_frame(line):
            frames += lines[max(number - 1, 0) : number + 1]
            continue
        begins = _cause_in(text)
        if begins is None and (message or frames) and (frames or number < in_message):
            begins = text if _names_error(text) and any(map(str.strip, message)) else None
        if begins is not None:
            yield message, frames
            message, frames = [begins] if begins else [], []
            is_first = False
        elif number < in_message or (
            not frames and not (is_first and in_message) and not _CLOSING.fullmatch(text)
        ):
            inline = _INLINE_CAUSE.search(line) if "--->" in line else None
            message.append(line[: inline.start()] if inline else line)
            if inline:
                yield message, frames
                message, frames = [inline["rest"]], []
    yield message, frames


def _names_error(line: str) -> bool:
    return ("Error" in line or "Exception" in line) and _ENDING.match(line) is not None


def _cause_in(line: str) -> str | None:
    found = _CAUSE.match(line) if line.startswith(_CAUSE_BEGINNINGS) else None
    if found is None:
        return None
    rest = found["rest"] if found["rest"] is not None else found["xunit"] or found["dotnet"] or ""
    return rest.strip(" {[,")


def _thrown(text: str, frames: Sequence[Frame]) -> ThrownError:
    text = text.strip()
    if unwrapped := _UNWRAPPED.match(text):
        text = text[unwrapped.end() :]
    if debugged := _DEBUG_CALL.fullmatch(text) or _DEBUG_STRUCT.fullmatch(text):
        message = _QUOTED.sub(lambda quoted: "…" if quoted["end"] else quoted[0], debugged["value"])
        return ThrownError(debugged["type"], message, ())  # They show where it was unwrapped.
    if elixir := _ELIXIR.search(text):
        return ThrownError(elixir["type"], elixir["message"].strip(), tuple(frames))
    if prefix := _PREFIX.match(text):
        text = text[prefix.end() :]
    if numbered := _NUMBERED.match(text):
        text = text[numbered.end() :]
    if typed := _TYPED.match(text):
        error_type = typed["elixir"] or typed["type"]
        return ThrownError(error_type, typed["message"].strip(), tuple(frames))
    return ThrownError("", text, tuple(frames))


def _pytest_blocks(text: str) -> list[tuple[list[str], list[Frame]]]:
    """Returns the lines after an E, and the frames, of each exception that pytest printed."""
    if "\nE " not in f"\n{text}":
        return []
    blocks: list[tuple[list[str], list[str]]] = [([], [])]
    for line in text.splitlines():
        if _PYTHON_CHAIN.match(line):
            blocks.append(([], []))
        elif error := _PYTEST_LINE.fullmatch(line):
            blocks[-1][0].append(error["text"] or "")
        else:
            blocks[-1][1].append(line)
    return [(error, frames_in(rest)) for error, rest in blocks if error]


def _rspec_errors(message: str, stack: str) -> list[ThrownError]:
    _, *lines = message.lstrip().splitlines()
    typed = next((number for number, line in enumerate(lines) if _RSPEC_TYPE.fullmatch(line)), None)
    head, causes = _rspec_parts(lines)
    frames = tuple(frames_of(stack))
    if typed is None or typed >= len(head):
        first = ThrownError("", "\n".join(line.strip() for line in head).strip(), frames)
    else:
        named = _RSPEC_TYPE.fullmatch(head[typed])
        text = "\n".join(line.strip() for line in head[typed + 1 :]).strip()
        first = ThrownError(named["type"] if named else "", text, frames)
    return [first, *causes]


def _rspec_parts(lines: list[str]) -> tuple[list[str], list[ThrownError]]:
    """Returns the lines of the error itself, and its causes: «# --- Caused by: ---»."""
    starts = [n for n, line in enumerate(lines) if "--- Caused by: ---" in line]
    ends = [*starts[1:], len(lines)] if starts else []
    causes = []
    for start, end in zip(starts, ends, strict=True):
        block = [line.strip().removeprefix("#").strip() for line in lines[start + 1 : end]]
        texts = [
            line for line in block if line and not is_frame(line) and not line.startswith("---")
        ]
        if texts:
            named = _RSPEC_TYPE.fullmatch(texts[0])
            body = "\n".join(texts[1:] if named else texts)
            causes.append(
                ThrownError(named["type"] if named else "", body, tuple(frames_in(block)))
            )
    return (lines[: starts[0]] if starts else lines), causes
