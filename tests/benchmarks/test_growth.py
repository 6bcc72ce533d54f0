"""Many more texts than `tests/text/test_linear_time.py` tries.

Run with `pytest tests/benchmarks/test_growth.py -m benchmark -s`.
"""

import random
import re
import sys
import time
from typing import Final

import pytest
from compiled_patterns import METHODS, UsedPattern, used_patterns
from pattern_attacks import Attack, attacks
from slow_texts import try_function, try_patterns
from text_functions import phrases, text_functions

pytestmark = pytest.mark.benchmark

PAIRS: Final = 150
PHRASES: Final = 250
PIECES: Final = 400
SLOW: Final = [
    *(r"(a+)+$", r"(?:x\s*)*$", r"(?:null|nil|<n>\W*)*!", r"\s+$", r"\w+=", r"<[^>]*>.*end"),
    *(
        r"a.*b.*c",
        r"^\s*expected",
        r"\"(?:[^\"\\]|\\.)*\"",
        r"(?:\.[a-z]+)*:[0-9]+",
        r"[A-Z]+-[0-9]",
    ),
]
LINEAR: Final = [
    *(r"(?<!a)(a++)$", r"(?<!\s)\s+(?=x)", r"(?<!\w)\w++=", r"^[^<\n]*+<[^>\n]*+>.*end"),
    *(r"expected .{0,300} to be", r"\"(?:[^\"\\]|\\.)*+\"?", r"[a-z]{1,20}://"),
]


@pytest.mark.parametrize("source", SLOW)
def test_a_slow_pattern_is_found(source: str) -> None:
    assert try_patterns([used(source)], pairs=5, most=150).slow


@pytest.mark.parametrize("source", LINEAR)
def test_a_linear_pattern_is_not_called_slow(source: str) -> None:
    assert not try_patterns([used(source)], pairs=PAIRS).slow


def test_no_pattern_takes_more_than_linear_time() -> None:
    patterns = used_patterns()
    started = time.thread_time()
    trial = try_patterns(patterns, PAIRS)
    seconds = time.thread_time() - started
    sys.stdout.write(f"\n{len(patterns)} patterns, {trial.texts} texts: {seconds:.0f} s\n")
    assert trial.slow == []


@pytest.mark.parametrize("name", text_functions())
def test_no_function_takes_more_than_linear_time(name: str) -> None:
    chance = random.Random(2)
    against = [each for used in used_patterns() for each in attacks(used.pattern, 20)]
    lines = phrases()[:PHRASES]
    texts = [Attack("", (piece,), "") for line in lines for piece in (line, line.rstrip("\n"))]
    texts += chance.sample(against, PIECES)
    started = time.thread_time()
    slow = try_function(text_functions()[name], texts)
    seconds = time.thread_time() - started
    sys.stdout.write(f"\n{name}, {len(texts)} texts: {seconds:.0f} s\n")
    assert slow == []


def used(source: str) -> UsedPattern:
    return UsedPattern(source, re.compile(source, re.MULTILINE), METHODS)
