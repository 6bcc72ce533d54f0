"""Playwright's way of saying that a test failed: colours, call log, stack, code frame."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import UNSET

from runs_mcp.sandbox.currents.instance_records import AttemptError, CodeFrame, RawStatus
from runs_mcp.sandbox.seeded import choice
from runs_mcp.sandbox.story.code_frames import coloured_frame
from runs_mcp.sandbox.story.currents.causes import Where
from runs_mcp.sandbox.story.currents.reporter_rules import cut_in_the_middle

_INVERSE = re.compile(r"\x1b\[2?7m")
"""How a difference is marked inside a value; the call log shows values as they are."""
_CHECKOUT = "/home/runner/work/booking-site/booking-site"


@dataclass(frozen=True)
class Spot:
    """A place in the project's own support code."""

    file: str
    function: str
    line: int
    column: int
    source: tuple[str, ...]
    at: int
    """Which of the source lines failed."""


@dataclass(frozen=True)
class PlaywrightCause:
    """A root cause, and what it looks like in a Playwright report."""

    message: Callable[[Where], str]
    call: str
    """The line of the test that runs into it."""
    spot: Spot | None = None
    """Where the support code that was called fails; None: the test itself does."""
    raw_status: RawStatus = "failed"
    attempt_ms: int = 6_000
    has_stack: bool = True

    def error(self, where: Where) -> AttemptError:
        """The error of one attempt; in some instances the ESC bytes are lost."""
        message = self.message(where)
        if self.has_stack:
            frames, code_frame = self._frames(where), self._code_frame(where)
        else:
            frames, code_frame = "", None
        stack = message + frames
        if choice(f"escape {where.instance_id}", 4) == 0:
            message, stack = message.replace("\x1b", ""), stack.replace("\x1b", "")
        return AttemptError(
            name=None,
            message=cut_in_the_middle(message),
            stack=cut_in_the_middle(stack),
            value=None,
            code_frame=UNSET if code_frame is None else code_frame,
        )

    def _frames(self, where: Where) -> str:
        test = f"\n    at {_CHECKOUT}/{where.spec.path}:{where.line}:{self._column}"
        if self.spot is None:
            return test
        spot = self.spot
        place = f"{_CHECKOUT}/{spot.file}:{spot.line}:{spot.column}"
        return f"\n    at {spot.function} ({place}){test}"

    def _code_frame(self, where: Where) -> CodeFrame:
        if self.spot is None:
            file, line, column = where.spec.path, where.line, self._column
            frame = coloured_frame(self._test_source(where), 2, line, column)
        else:
            file, line, column = self.spot.file, self.spot.line, self.spot.column
            frame = f"\x1b[90m   at \x1b[39m{file.rsplit('/', 1)[-1]}:{line}\n\n"
            frame += coloured_frame(self.spot.source, self.spot.at, line, column)
        if choice(f"escape {where.instance_id}", 4) == 0:
            frame = frame.replace("\x1b", "")
        return CodeFrame(frame=frame, line=line, column=column, file=f"{_CHECKOUT}/{file}")

    def _test_source(self, where: Where) -> tuple[str, ...]:
        title = where.test.replace("'", "\\'")
        return (
            f"  test('{title}', async ({{ page }}) => {{",
            "    await page.goto('/book');",
            f"    {self.call}",
            "  });",
        )

    @property
    def _column(self) -> int:
        return 5 + self.call.rfind(".")


def expectation(
    matcher: str, locator: str, expected: str, received: str, log: str = ""
) -> Callable[[Where], str]:
    """The message of `expect(locator)` after five seconds of trying."""

    def message(where: Where) -> str:
        tries = 8 + choice(f"tries {where.seed}", 4)
        return (
            f"Error: \x1b[2mexpect(\x1b[22m\x1b[31mlocator\x1b[39m\x1b[2m).\x1b[22m{matcher}"
            "\x1b[2m(\x1b[22m\x1b[32mexpected\x1b[39m\x1b[2m)\x1b[22m failed\n\n"
            f"Locator:  {locator}\n"
            f"Expected: \x1b[32m{expected}\x1b[39m\n"
            f"Received: \x1b[31m{received}\x1b[39m\n"
            "Timeout:  5000ms\n\nCall log:\n"
            f'\x1b[2m  - Expect "{matcher}" with timeout 5000ms\x1b[22m\n'
            f"\x1b[2m  - waiting for {locator}\x1b[22m\n"
            f"\x1b[2m    {tries} × locator resolved to {log or 'an element'}\x1b[22m\n"
            f"\x1b[2m       - unexpected value {_INVERSE.sub('', received)}\x1b[22m\n"
        )

    return message


def action_timeout(action: str, timeout_ms: int, locator: str) -> Callable[[Where], str]:
    """The message of an action on an element that does not turn up."""

    def message(_: Where) -> str:
        return (
            f"TimeoutError: locator.{action}: Timeout {timeout_ms}ms exceeded.\nCall log:\n"
            f"\x1b[2m  - waiting for {locator}\x1b[22m\n"
        )

    return message


def test_timeout(timeout_ms: int) -> Callable[[Where], str]:
    """The message of a whole test that took too long."""
    return lambda _: f"\x1b[31mTest timeout of {timeout_ms}ms exceeded.\x1b[39m"
