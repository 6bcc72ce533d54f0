"""Errors in the form of Playwright: colours, call log, stack, code frame."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import UNSET

from runs_mcp.sandbox.currents.instance_records import AttemptError, CodeFrame, RawStatus
from runs_mcp.sandbox.seeded import choice
from runs_mcp.sandbox.story.code_frames import coloured_frame
from runs_mcp.sandbox.story.currents.causes import FailedAttempt
from runs_mcp.sandbox.story.currents.reporter_rules import cut_in_the_middle

_INVERSE = re.compile(r"\x1b\[2?7m")
"""The mark of a difference inside a value; the call log shows values without it."""
_CHECKOUT = "/home/runner/work/booking-site/booking-site"


@dataclass(frozen=True)
class Spot:
    """A location in the support code of the tests."""

    file: str
    function: str
    line: int
    column: int
    source: tuple[str, ...]
    at: int
    """The index of the source line that failed."""


@dataclass(frozen=True)
class PlaywrightCause:
    """A root cause, with its errors in Playwright."""

    message: Callable[[FailedAttempt], str]
    call: str
    """The line of the test that fails."""
    spot: Spot | None = None
    """Where the support code fails that it calls; None where the line itself fails."""
    raw_status: RawStatus = "failed"
    attempt_ms: int = 6_000
    has_stack: bool = True

    def error(self, attempt: FailedAttempt) -> AttemptError:
        """Returns the error of an attempt; some instances lack the ESC bytes."""
        message = self.message(attempt)
        if self.has_stack:
            frames, code_frame = self._frames(attempt), self._code_frame(attempt)
        else:
            frames, code_frame = "", None
        stack = message + frames
        if choice(f"escape {attempt.instance_id}", 4) == 0:
            message, stack = message.replace("\x1b", ""), stack.replace("\x1b", "")
        return AttemptError(
            name=None,
            message=cut_in_the_middle(message),
            stack=cut_in_the_middle(stack),
            value=None,
            code_frame=UNSET if code_frame is None else code_frame,
        )

    def _frames(self, attempt: FailedAttempt) -> str:
        test = f"\n    at {_CHECKOUT}/{attempt.spec.path}:{attempt.line}:{self._column}"
        if self.spot is None:
            return test
        spot = self.spot
        place = f"{_CHECKOUT}/{spot.file}:{spot.line}:{spot.column}"
        return f"\n    at {spot.function} ({place}){test}"

    def _code_frame(self, attempt: FailedAttempt) -> CodeFrame:
        if self.spot is None:
            file, line, column = attempt.spec.path, attempt.line, self._column
            frame = coloured_frame(self._test_source(attempt), 2, line, column)
        else:
            file, line, column = self.spot.file, self.spot.line, self.spot.column
            frame = f"\x1b[90m   at \x1b[39m{file.rsplit('/', 1)[-1]}:{line}\n\n"
            frame += coloured_frame(self.spot.source, self.spot.at, line, column)
        if choice(f"escape {attempt.instance_id}", 4) == 0:
            frame = frame.replace("\x1b", "")
        return CodeFrame(frame=frame, line=line, column=column, file=f"{_CHECKOUT}/{file}")

    def _test_source(self, attempt: FailedAttempt) -> tuple[str, ...]:
        title = attempt.test.replace("'", "\\'")
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
) -> Callable[[FailedAttempt], str]:
    """Returns the message of `expect(locator)` after five seconds."""

    def message(attempt: FailedAttempt) -> str:
        tries = 8 + choice(f"tries {attempt.seed}", 4)
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


def action_timeout(action: str, timeout_ms: int, locator: str) -> Callable[[FailedAttempt], str]:
    """Returns the message of an action on an element that does not appear."""

    def message(_: FailedAttempt) -> str:
        return (
            f"TimeoutError: locator.{action}: Timeout {timeout_ms}ms exceeded.\nCall log:\n"
            f"\x1b[2m  - waiting for {locator}\x1b[22m\n"
        )

    return message


def test_timeout(timeout_ms: int) -> Callable[[FailedAttempt], str]:
    """Returns the message of a test that timed out."""
    return lambda _: f"\x1b[31mTest timeout of {timeout_ms}ms exceeded.\x1b[39m"
