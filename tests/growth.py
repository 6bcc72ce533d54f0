"""How the time of a function grows with the length of a text."""

import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Final, NamedTuple

_SHORTEST: Final = 5_000
_SHORT: Final = 20_000
_MIDDLE: Final = 40_000
_LONG: Final = 80_000
_MOST_S: Final = 2.0
_SLOW_S: Final = 0.25  # at 80 KB
_LINEAR: Final = 3.0  # Twice the length takes twice as long; of a square, four times as long.
_SURELY_LINEAR: Final = 5.0  # Four times the length; of a square, sixteen times as long.
_ROUNDS: Final = 2


class Growth(NamedTuple):
    """The seconds of a function for 20, 40 and 80 KB, as far as they were measured."""

    seconds: tuple[float, ...]

    def __str__(self) -> str:
        return ", ".join(f"{each:.3f} s" for each in self.seconds)


class _CutOffError(BaseException):
    """A function took too long."""


def growth_beyond_linear(
    work: Callable[[str], object], text_of: Callable[[int], str], *, skims: bool = False
) -> Growth | None:
    """Returns how the time of a function grows if that is faster than the length; None if not.

    What takes a quarter of a second for 80 KB is fast enough, and so is what takes so little for
    20 KB that not even the square of the length makes it a quarter of a second. Measured is the
    time of the processor, so that a busy machine changes little.

    Args:
        work: The function.
        text_of: Returns a text of so many characters.
        skims: Whether 5 KB are enough to see that it takes little. Not for a function that reads a
            part of a long text.
    """
    first = _seconds_of(work, text_of(_SHORTEST if skims else _SHORT))
    if first < _quick_s(_SHORTEST if skims else _SHORT):
        return None
    if first < _MOST_S and skims:
        first = _seconds_of(work, text_of(_SHORT))
    if first >= _MOST_S:
        return Growth((first,))
    if first < _SURELY_LINEAR * _least_seconds_of(work, text_of(_SHORTEST)):
        return None
    if (last := _seconds_of(work, text_of(_LONG))) < _SLOW_S:
        return None
    if last < _MOST_S:  # Once more, against chance.
        last = min(last, _seconds_of(work, text_of(_LONG)))
    second = _least_seconds_of(work, text_of(_MIDDLE))
    is_linear = last < min(_MOST_S, _LINEAR * second)
    return None if is_linear else Growth((first, second, last))


def _quick_s(length: int) -> float:
    """Returns half of what a text takes whose time grows with the square, and is slow at 80 KB."""
    return float(_SLOW_S * (length / _LONG) ** 2 / 2)


def _least_seconds_of(work: Callable[[str], object], text: str) -> float:
    return min(_seconds_of(work, text) for _ in range(_ROUNDS))


def _seconds_of(work: Callable[[str], object], text: str) -> float:
    """Returns the time that a function takes for a text; it is cut off within a pattern, too."""

    def cut_off(_signum: int, _frame: FrameType | None) -> None:
        raise _CutOffError

    before = signal.signal(signal.SIGPROF, cut_off)
    signal.setitimer(signal.ITIMER_PROF, _MOST_S)
    started = time.thread_time()
    try:
        work(text)
        return time.thread_time() - started
    except _CutOffError:
        return _MOST_S
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
