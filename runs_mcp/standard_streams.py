"""The standard streams of the command: always there, and able to take any character."""

import json
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Final, TypeVar

_Error = TypeVar("_Error", bound=Exception)
_NAMES: Final = ("stdin", "stdout", "stderr")


class OutputError(Exception):
    """Stdout takes no more.

    Args:
        problem: Why; empty where its reader has gone, as `head` goes.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def first_error(errors: BaseExceptionGroup[_Error]) -> _Error:
    """Returns the first error in a group, whatever groups it is in."""
    error = errors.exceptions[0]
    return first_error(error) if isinstance(error, BaseExceptionGroup) else error


def prepare_streams() -> bool:
    """Readies the streams, and returns whether anybody can read stdout.

    A closed one becomes the null device: otherwise the next file that is opened would take its
    number, and get what is written to the stream. A character that an encoding lacks is escaped.
    """
    was_open = sys.stdout is not None
    for number, name in enumerate(_NAMES):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(null, "w" if number else "r", encoding="utf-8"))
    for stream, errors in (
        (sys.stdin, "replace"),
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
    ):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)
    return was_open


def finish_streams() -> None:
    """Drops what could not be written: the interpreter would try it again, and complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


def write_out(text: str) -> None:
    """Writes a text to stdout, at once.

    Raises:
        OutputError: It cannot be written.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        gone = isinstance(error, BrokenPipeError)
        raise OutputError("" if gone else error.strerror or "unknown") from error


def write_json(value: object) -> None:
    """Writes a value to stdout as JSON, which stays JSON in any encoding.

    Raises:
        OutputError: It cannot be written.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    write_out(f"{text}\n")


def write_error(text: str) -> None:
    """Writes a text to stderr; where that is impossible, nobody can be told."""
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
