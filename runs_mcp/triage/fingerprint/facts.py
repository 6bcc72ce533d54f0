"""What the text of a failure says: the errors with their frames, the code, the place.

Read from the uncut text, whatever the framework and the language. Pure functions.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from runs_mcp.error_text.stack_frames import Frame, is_frame
from runs_mcp.error_text.thrown_errors import ThrownError, thrown_errors
from runs_mcp.model import ErrorText
from runs_mcp.triage.fingerprint.failing_code import FailingCode, failing_code
from runs_mcp.triage.fingerprint.masking import masked

# A text is read up to here, so that none takes long: its beginning and its end.
_READ_LINES: Final = (150, 100)
_READ_LINE_CHARS: Final = 1000

# What runners print around an error: headings, advice, links.
_NOISE: Final = re.compile(
    r"\s*(?:"
    r"[0-9]+\) (?:test|Failure|Error)\b.*|-{3,} .* -{3,}|={5,}.*|[╔║╚].*"
    r"|(?:note|help): .*RUST_BACKTRACE.*|(?:stack backtrace|stacktrace|Stack ?trace|Stack):"
    r"|(?:Failure|Error):|[\w\\.]+(?:::|#)test\w*(?: with data set .*)?(?: \[.*\])?:?"
    r"|https?://on\.cypress\.io/\S*|Because this error occurred during a .*"
    r"|When Cypress detects uncaught errors .*|This behavior is configurable, .*"
    r"|Oops\.\.\.we found an error preparing .*|The error was:"
    r"|\(Background on this error at: .*\)|Ignored nodes: .*"
    r")\s*"
)
# Go: the place and the message on one line; testify: a heading for each part.
_GO_LINE: Final = re.compile(r"\s*(?P<file>[\w./-]+\.go):(?P<line>[0-9]{1,9}): ?(?P<message>.*)")
_TESTIFY: Final = re.compile(r"\s*(?P<name>Error Trace|Error|Test|Messages):\s*+(?P<text>.*)")
_WRAPPED_PARTS: Final = 3
_GO_PANIC: Final = re.compile(r"^panic: (?P<message>.*?)(?: \[recovered\].*)?$", re.MULTILINE)
# Cypress quotes the error that it reports.
_QUOTED_ERROR: Final = re.compile(r"\s*> (?P<message>\S.*)")
_CYPRESS: Final = re.compile(r"`cy\.|originated from your (?:application|test) code")
_TEST_FILE: Final = re.compile(
    # The names by which runners find tests.
    r"[._-](?:spec|test|cy|e2e)\.\w+$|(?:^|[/\\])test_[^/\\]*\.py$|(?:^|[/\\])conftest\.py$"
    r"|_(?:test|spec)\.\w+$|(?:^|[/\\])__tests__[/\\]"
    r"|(?:^|[/\\])tests[/\\][^/\\]+\.rs$|(?:Tests?|IT|ITCase|Spec|Specs|TestCase)\.(?:java|kt|groovy|scala|cs|php|swift|mm?|cpp)$"
)
_TEST_CODE: Final = re.compile(r"(?:^|::)tests?::")  # Rust has tests beside the code
_BUNDLE_HASH: Final = re.compile(r"[.-](?=[0-9a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{6,}(?=\.)|\?.*")
_FUNCTION_NOISE: Final = re.compile(
    r"^(?:(?:Object|Module|Context|async|new)[. ])+"
    r"|^(?:(?:block|rescue|ensure)(?: \([0-9]+ levels?\))? in )+"
    r"|\(.*|^.*<anonymous>.*|<module>|<lambda>|<top \(required\)>|lambda\$|\$[0-9]+$"
    r"|::h[0-9a-f]{16}$"
    r"|::\{\{closure\}\}|\.func[0-9.]+$|^anonymous fn/[0-9]+ in | \[as \w+\]"
)
# Those of a parametrised test: «test_add[1-2]».
_PARAMETERS: Final = re.compile(r"(?P<before>(?:^|\])[^\[\]]*+)\[[^\]]*+\]$")
# jest's source maps give the frame of a helper the name of the matcher that it calls.
_MATCHER_CALL: Final = re.compile(r"(?:not\.)?to[A-Z]\w*")


class Place(NamedTuple):
    """A function in the project's own code; the function is empty if it is not known."""

    file: str
    function: str


class Facts(NamedTuple):
    """What the text of a failure says.

    Args:
        text: The text, with pytest's and RSpec's marks, without noise and frames.
        errors: The error and its causes, the outermost first; at least one.
        code: The code that failed, as far as it is printed.
        spec: The file of the test.
        test: The title of the test.
        further: The texts of further errors.
    """

    text: str
    errors: tuple[ThrownError, ...]
    code: FailingCode
    spec: str
    test: str
    further: tuple[str, ...]

    @property
    def message(self) -> str:
        """The type and the message of the error, without the source that pytest prints."""
        return self.errors[0].text if "\nE " in self.text else self.text

    @property
    def has_text(self) -> bool:
        """Whether the failure says anything at all."""
        return any(error.text for error in self.errors)

    def shared_place(self, error: ThrownError) -> Place | None:
        """Returns the innermost own function of an error, or None if that is in a test file."""
        own = (frame for frame in error.frames if frame.is_own)
        frame = next(own, None)
        if frame is None or self.is_test_code(frame):
            return None
        function = _function(frame)
        if _MATCHER_CALL.fullmatch(function) and (caller := next(own, None)):
            function = _function(caller)
        return Place(_short_file(frame.file), function)

    def test_place(self) -> Place:
        """Returns the function of the test that failed, or the test by its title."""
        frame = self._test_frame()
        if frame and (function := _function(frame)):
            return Place(_short_file(frame.file), function)
        return Place(self.spec, masked(_PARAMETERS.sub(r"\g<before>", self.test)))

    def _test_frame(self) -> Frame | None:
        frames = (frame for error in self.errors for frame in error.frames)
        return next((frame for frame in frames if frame.is_own and self.is_test_code(frame)), None)

    def test_block(self) -> str:
        """Returns the file of a test and the titles around its own; empty without a file.

        Also empty if the function of the test is known, which tells more.
        """
        frame = self._test_frame()
        if not self.spec or (frame and _function(frame)):
            return ""
        return f"{self.spec}\0{self.test.rpartition(' › ')[0]}"

    def is_test_code(self, frame: Frame) -> bool:
        """Whether a frame is in a file of tests: no other tests share such code."""
        spec = self.spec.replace("\\", "/")
        file = frame.file.replace("\\", "/")
        return bool(
            (spec and (file == spec or file.endswith("/" + spec)))
            or _is_test_file(file)
            or _TEST_CODE.search(frame.function)
        )


def read_facts(error: ErrorText) -> Facts:
    """Returns what the text of an error says."""
    message = _bounded(error.message)
    stack = _bounded(error.stack)
    code = failing_code(message, _bounded(error.code_frame))
    lines = [line for line in message.splitlines() if not is_noise(line)]
    text = "\n".join(line for line in lines if not is_frame(line)).strip()
    if go := _go_lines(lines):
        lines = go
        text = "\n".join(line for line in go if not is_frame(line)).strip()
    errors = thrown_errors("\n".join(lines), stack, error.name)
    return Facts(
        text=text,
        errors=tuple(errors),
        code=code,
        spec=error.spec,
        test=error.test,
        further=tuple(map(_bounded, error.further[:5])),
    )


def _bounded(text: str) -> str:
    if len(text) <= _READ_LINE_CHARS:
        return text
    first, last = _READ_LINES
    lines = text.split("\n")
    if len(lines) > first + last:
        lines = [*lines[:first], *lines[-last:]]
    return "\n".join(line[:_READ_LINE_CHARS] for line in lines)


def _go_lines(lines: Sequence[str]) -> list[str]:
    """Returns the lines of Go's output that are the error, its place first; [] if it is not Go's.

    Of several errors that a test reported, the first.
    """
    joined = "\n".join(lines)
    if ".go:" not in joined:
        return []
    if panic := _GO_PANIC.search(joined):
        return joined[panic.start("message") :].split("\n")
    start = next(
        ((n, found) for n, line in enumerate(lines) if (found := _GO_LINE.fullmatch(line))), None
    )
    if start is None:
        return []
    number, found = start
    place = f"{found['file']}:{found['line']}"
    following = []
    for line in lines[number + 1 :]:
        if _GO_LINE.fullmatch(line) or not line.startswith((" ", "\t")):
            break
        following.append(line)
    return [*(_testify_lines(following) or [_innermost(found["message"]), *following]), place]


def _innermost(message: str) -> str:
    """Returns the end of an error that was wrapped often: «a: b: c: d» is d, in c, in b."""
    parts = message.split(": ")
    return ": ".join(parts[-_WRAPPED_PARTS:])


def _testify_lines(lines: Sequence[str]) -> list[str]:
    parts: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        if heading := _TESTIFY.fullmatch(line):
            name = heading["name"]
            parts[name] = [heading["text"]]
        elif name:
            parts[name].append(line.strip())
    return [line for line in parts.get("Error", []) if line]


@lru_cache(maxsize=2048)
def is_noise(line: str) -> bool:
    """Returns whether a line is a heading, advice or a link of a runner: no part of an error."""
    return _NOISE.fullmatch(line) is not None


def has_frames(text: str) -> bool:
    """Returns whether a text has stack frames."""
    return any(map(is_frame, text.splitlines()))


def quoted_error(text: str) -> str:
    """Returns the error that Cypress reports: of the page itself, of a task, of a command."""
    if not _CYPRESS.search(text):
        return ""
    found = next(_matches(_QUOTED_ERROR, text.splitlines()), None)
    return found["message"] if found else ""


def _matches(pattern: re.Pattern[str], lines: Sequence[str]) -> Iterator[re.Match[str]]:
    return (found for line in lines if (found := pattern.fullmatch(line)))


@lru_cache(maxsize=2048)
def _is_test_file(file: str) -> bool:
    return _TEST_FILE.search(file) is not None


@lru_cache(maxsize=2048)
def _short_file(file: str) -> str:
    """Returns the end of a path: the folder and the file, whatever the checkout's folder is."""
    parts = _BUNDLE_HASH.sub("", file.replace("\\", "/")).split("/")
    return "/".join(parts[-2:])


@lru_cache(maxsize=2048)
def _function(frame: Frame) -> str:
    function, before = frame.function, ""
    while function != before:
        function, before = _FUNCTION_NOISE.sub("", function), function
    return function.strip(" .")
