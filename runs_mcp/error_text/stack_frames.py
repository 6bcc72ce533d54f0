"""The frames of a stack in the forms of many languages, and which are the project's own code.

Pure functions over plain text.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

_OWN_FRAMES: Final = 6
_FOREIGN_FRAMES: Final = 3
_LONGEST_FRAME: Final = 2000  # characters; longer lines are not frames, and slow to match
_CACHED: Final = 2048  # lines: many failures of a run share their frames

# V8: «at name (file:12:3)», «at file:12:3». Firefox and WebKit: «name@file:12:3».
_V8: Final = re.compile(r"at (?:async )?(?:(?P<function>[^(]*?) \((?P<inner>.*)\)|(?P<outer>.*))")
_GECKO: Final = re.compile(r"(?P<function>[^\s@:]*)@(?P<outer>.*:[0-9]+:[0-9]+)")
# The JVM: «at shop.Cart.add(Cart.java:12)», «at app//shop.Cart.add(Cart.kt:3)»
_JVM: Final = re.compile(
    r"at (?:[^\s()/]*/)*(?P<function>[\w$.<>-]+)"
    r"\((?P<file>[\w$-]+\.(?:java|kt|kts|scala|groovy|clj)):(?P<line>[0-9]{1,9})\)"
)
# .NET: «at Shop.Cart.Add(Int32 count) in /src/Cart.cs:line 12»
_DOTNET: Final = re.compile(
    r"at (?P<function>[^()]+)\((?>.*?\) in (?=\S))(?P<file>.+):line (?P<line>[0-9]{1,9})"
)
# «./spec/a_spec.rb:3:in `block'»
_RUBY: Final = re.compile(r"(?=.*'\Z)(?:# )?(?P<outer>\S.*:[0-9]+):in [`'](?P<function>.*)'")
# pytest: «tests/test_a.py:12: in test», «app/a.py:3: KeyError»; a traceback: «File "a.py", line 3»
_PYTEST: Final = re.compile(
    r"(?P<outer>[^\s:]+\.py:[0-9]+):(?: in (?P<function>\w+|<\w+>)| [\w.]+)?"
)
_TRACEBACK: Final = re.compile(
    r'File "(?P<file>[^"]+)", line (?P<line>[0-9]{1,9})(?:, in (?P<function>.+))?'
)
# Elixir: «(shop 0.1.0) lib/shop/cart.ex:12: Shop.Cart.add/2», «test/cart_test.exs:9: (test)»
_ELIXIR: Final = re.compile(
    r"(?:\((?P<app>[a-z]\w*) [^)]*\) )?(?P<file>\S+\.(?:exs?|erl)):(?P<line>[0-9]{1,9}):"
    r" (?P<function>\S.*)"
)
# Go prints the call on one line and its place on the next, Rust «4: shop::add» and «at src/a.rs:1».
_GO: Final = re.compile(
    r"(?:Error Trace:\s+)?(?P<file>\S+\.go):(?P<line>[0-9]{1,9})(?: \+0x[0-9a-f]+)?"
)
_GO_CALL: Final = re.compile(
    r"(?:created by )?(?>(?P<function>[\w./*()-]*\w)(?=\(| in goroutine ))"
    r"(?:\(.*\)| in goroutine .*)"
)
_RUST_CALL: Final = re.compile(r"[0-9]+: +(?:0x[0-9a-f]+ - )?(?P<function>\S+)")
_CALL_BEFORE: Final = {"go": _GO_CALL, "rs": _RUST_CALL}
_RUST_PANIC: Final = re.compile(
    r"thread '[^']*' (?:\([0-9]+\) )?panicked at (?:'.*', )?(?P<file>[^\s:']+\.rs):(?P<line>[0-9]+)"
    r":[0-9]+:?"
)
# PHP, Swift, C++: a place on a line of its own; «#0 /app/src/Cart.php(12): Shop\Cart->add()»
_PLAIN: Final = re.compile(
    r"(?P<file>[^\s:()]+\.(?:php|swift|cc|cpp|cxx|hpp|mm?)):(?P<line>[0-9]{1,9})(?:: Failure)?"
)
_PHP: Final = re.compile(
    r"#[0-9]+ (?P<file>\S+\.php)\((?P<line>[0-9]{1,9})\): "
    r"(?P<function>[\w\\]++(?:(?:->|::)\w++)?+).*"
)
# vitest's own: an ornament, «addItem src/cart.ts:40:12»
_VITEST: Final = re.compile(r"\u276f (?:(?P<function>\S+) )?(?P<outer>\S+:[0-9]+:[0-9]+)")
# Frames that name no file.
_NOWHERE: Final = re.compile(
    r"at .* \((?:<anonymous>|native|index [0-9]+)\)"
    r"|at [^\s()][^\s().]*+\.[^\s()]++\((?:Native Method|Unknown Source|[\w.$-]+\.java)\)"
    # .NET: what comes before a «+» is the type around a type.
    r"|at [A-Z](?:[\w.+<>`\[\],|]*\+)?+[\w<>`\[\],|]*+\.[\w.<>`\[\],|]++\([^()]*\)"
    r"|[0-9]+: +(?:0x[0-9a-f]+ - )?[\w<][^:\n]*::[^\n]*"
    r"|\.\.\. [0-9]+ (?:more|common frames omitted)|#[0-9]+ \{main\}"
    r"|--- End of (?:inner exception )?stack trace.*|goroutine [0-9]+ \[.*\]:"
)
# A colon in a file belongs to a scheme, a drive or a port.
_PLACE: Final = re.compile(
    r"(?P<file>(?:node:|[a-z][a-z0-9+.-]*:(?=[/\\]))?(?:[^:\s]|(?<=\S)[ ]|:(?=[0-9]+[/\\])"
    r"|(?<=/[A-Z]):(?=/))+)"
    r":(?P<line>[0-9]{1,9})(?::[0-9]+)?",
    re.IGNORECASE,
)
_FILE: Final = re.compile(r"[./\\<]|^node:")  # a path has a separator, prose before a number not
_NUMBERED: Final = re.compile(r":[0-9]")
_PYTHON_DEF: Final = re.compile(r"\s*(?:async )?def (?P<name>\w+)\(")
_WEBPACK: Final = re.compile(r"^webpack(?:-internal)?:/{1,3}(?:[^/]*/)?(?=\./)")

# Files of test runners, libraries and languages; pages and bundles that a server sent.
_FOREIGN_FILE: Final = re.compile(
    r"node_modules[/\\]|^node:|^internal/|^<|__cypress/|cypress_runner|^cypress:/{2,3}\.\."
    r"|webpack/boot|[/\\](?:site|dist)-packages[/\\]|(?:^|/)_pytest/|/lib/python[0-9.]*/"
    r"|/gems/|/lib/ruby/|/bin/(?:rspec|rake|ruby)|/\.cargo/registry/|^/rustc/|/toolchains/"
    r"|/go/pkg/mod/|/(?:go|go-[0-9.]+|libexec)/src/|^(?:testing|runtime|reflect)/"
    r"|(?:^|[/\\])vendor[/\\]|(?:^|/)deps/|^/_/|^https?://"
)
_FOREIGN_CODE: Final = re.compile(
    # The JVM's own packages, its test runners and well-known libraries.
    r"(?:javax?|jakarta|jdk|sun|com\.sun|kotlinx?|scala|groovy|junit|reactor|feign|okhttp3|retrofit2"
    r"|org\.(?:junit|opentest4j|assertj|hamcrest|mockito|testng|gradle|apache|springframework"
    r"|hibernate|codehaus|openqa|jboss|eclipse|postgresql|h2|sqlite|awaitility|xmlunit|jooq)"
    r"|net\.bytebuddy|io\.(?:netty|restassured|cucumber|mockk|kotest|kotlintest|quarkus|micronaut)"
    r"|com\.(?:fasterxml|google\.(?:common|gson|inject|truth)|zaxxer|mysql|codeborne|jayway"
    r"|microsoft\.playwright|thoughtworks\.xstream))\."
    # .NET
    r"|(?:System|Microsoft|Xunit|NUnit|Moq|NSubstitute|FluentAssertions|Shouldly|Newtonsoft|Npgsql"
    r"|OpenQA|AutoFixture|Castle)\."
    # Rust
    r"|(?:<?(?:core|std|alloc|test|tokio|hyper|serde|serde_json|anyhow)::|rust_begin_unwind|__rust)"
    # Go
    r"|(?:testing|runtime|reflect|net/http|database/sql|encoding/\w+)\.|panic\("
)
_ELIXIR_LIBRARIES: Final = re.compile(
    r"elixir|stdlib|kernel|ex_unit|mix|logger|erts|crypto|ssl|inets|ecto\w*|phoenix\w*|plug\w*"
    r"|db_connection|postgrex|myxql|jason|mox|mint|finch|req|tesla|hackney|httpoison|wallaby|oban"
)


class Frame(NamedTuple):
    """One line of a stack.

    Args:
        function: The function, as it is printed.
        file: Its file; empty if it is not known.
        line: The line in it.
        library: Whether the form of the frame alone says that this is not the project's code.
    """

    function: str
    file: str
    line: int
    library: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{self.function} ({place})" if self.function else place

    @property
    def is_own(self) -> bool:
        """Whether this is the project's own code: not a runner's, a library's or a page's."""
        return not self.library and not _is_foreign(self.file, self.function)


class Stack(NamedTuple):
    """The useful parts of a stack: the project's top frame, and the first frames as text."""

    top: Frame | None
    head: str


def read_stack(stack: str, root: str = "") -> Stack:
    """Returns the top frame in the project's own code, and the useful head of the stack.

    The head has the first frames of the project's own code or, without any, the first frames.
    `root`, the folder of the checkout, is removed from the paths.
    """
    frames = [frame._replace(file=without_root(frame.file, root)) for frame in frames_of(stack)]
    own = [frame for frame in frames if frame.is_own]
    head = own[:_OWN_FRAMES] or frames[:_FOREIGN_FRAMES]
    return Stack(own[0] if own else None, "\n".join(f"at {frame}" for frame in head))


def without_root(file: str, root: str) -> str:
    """Returns a file without the folder of the checkout, with slashes if that was in it."""
    slashed = file.replace("\\", "/")
    return slashed.removeprefix(root) if root and slashed.startswith(root) else file


def checkout_root(absolute: str, relative: str) -> str:
    """Returns the folder that `relative` is relative to, with slashes; empty if it is another."""
    tail = "/" + relative.replace("\\", "/").lstrip("/")
    slashed = absolute.replace("\\", "/")
    return slashed[: -len(tail) + 1] if relative and slashed.endswith(tail) else ""


def checkout_root_of(stack: str, spec: str) -> str:
    """Returns the folder of the checkout, as the frame of the spec file itself shows it."""
    return next(
        (root for frame in frames_of(stack) if (root := checkout_root(frame.file, spec))), ""
    )


def is_frame(line: str) -> bool:
    """Says whether a line is a frame, also one without a file."""
    return len(line) <= _LONGEST_FRAME and _is_frame(line)


@lru_cache(maxsize=_CACHED)
def _is_frame(line: str) -> bool:
    return _printed_frame(line) is not None or _NOWHERE.fullmatch(line.strip()) is not None


def frames_of(stack: str) -> list[Frame]:
    """Returns the frames of a stack that name a file, the innermost first.

    Also where Python prints it last.
    """
    return frames_in(stack.splitlines())


def frames_in(lines: Sequence[str]) -> list[Frame]:
    """Returns the frames in the lines of a stack, as `frames_of` does."""
    frames = list(_frames(lines))
    outermost_first = bool(frames) and all(frame.file.endswith(".py") for frame in frames)
    return frames[::-1] if outermost_first else frames


def _frames(lines: Sequence[str]) -> Iterator[Frame]:
    before, function = "", ""
    for line in lines:
        if frame := _frame(line, before):
            if not frame.function and function and frame.file.endswith(".py"):
                frame = frame._replace(function=function)  # pytest prints its source instead
            function = ""
            yield frame
        elif "def " in line and (defined := _PYTHON_DEF.match(line)):
            function = defined["name"]
        before = line


def _frame(line: str, before: str) -> Frame | None:
    """Returns the frame on a line; in some languages the line before it has the function."""
    found = _printed_frame(line) if len(line) <= _LONGEST_FRAME else None
    if found is None or found.function:
        return found
    call = _CALL_BEFORE.get(found.file.rpartition(".")[2])
    called = call.fullmatch(before.strip()) if call else None
    return found._replace(function=called["function"]) if called else found


@lru_cache(maxsize=_CACHED)
def _is_foreign(file: str, function: str) -> bool:
    return bool(_FOREIGN_FILE.search(file) or (function and _FOREIGN_CODE.match(function)))


@lru_cache(maxsize=_CACHED)
def _printed_frame(line: str) -> Frame | None:
    """Returns the frame that a line alone shows."""
    # Node adds « {» to the last frame if the error has more properties, and «,» in lists.
    text = line.strip().removesuffix(" {").removesuffix(",")
    if len(text) > _LONGEST_FRAME or (":" not in text and "line" not in text and "(" not in text):
        return None
    for pattern in _forms(text):
        if found := pattern.fullmatch(text):
            return _frame_of(found)
    return None


def _forms(text: str) -> tuple[re.Pattern[str], ...]:
    """Returns the forms that a frame can have that begins like this: few, to be fast."""
    if text.startswith("at "):
        return (_JVM, _DOTNET, _V8)
    if text.startswith(("File ", "#", "thread ", "\u276f")):
        return (_TRACEBACK, _PHP, _RUST_PANIC, _VITEST, _RUBY)
    return (_RUBY, _PYTEST, _ELIXIR, _PLAIN, _GO, _GECKO) if _NUMBERED.search(text) else ()


def _frame_of(found: re.Match[str]) -> Frame | None:
    parts = found.groupdict()
    function = (parts.get("function") or "").strip()
    if "file" in parts:
        app = parts.get("app") or ""
        library = bool(app and _ELIXIR_LIBRARIES.fullmatch(app))
        return Frame(function, parts["file"].removeprefix("./"), int(parts["line"]), library)
    place = _PLACE.fullmatch(parts.get("inner") or parts["outer"] or "")
    if place is None or not _FILE.search(place["file"]):
        return None
    file = _WEBPACK.sub("", place["file"]).removeprefix("file://").removeprefix("./")
    return Frame(function, file, int(place["line"]))
