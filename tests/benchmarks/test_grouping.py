"""How the time to group failures by cause grows, as ratios measured in one run.

Run with `pytest tests/benchmarks -m benchmark -s`.
"""

import sys
import time
from collections.abc import Callable
from typing import Final

import pytest
from corpus_scores import corpus_runs

from runs_mcp.model import ErrorText
from runs_mcp.triage.fingerprint.causes import causes_of

pytestmark = pytest.mark.benchmark

ROUNDS: Final = 5
PARTS: Final = [
    *["A", "ab", "_", "0-", "expected a to ", "a: ", "(", "/x", "${a}-", "\n- ", "<", "a.b."],
    *["expected <", "x@", "a::b::", "strict mode violation: ", "E   a\n", "\n  > x"],
]


def seconds_of(work: Callable[[], object]) -> float:
    """Returns the shortest time of several rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def test_ten_times_the_failures_take_about_ten_times_as_long() -> None:
    """Also where no two failures are equal: equal ones are read once."""
    errors = [error for run in corpus_runs().values() for error in run.failures]
    many = (errors * (2000 // len(errors) + 1))[:2000]
    unequal = [error._replace(test=f"{error.test} {n}") for n, error in enumerate(many)]
    few = seconds_of(lambda: causes_of(unequal[:200]))
    all_of_them = seconds_of(lambda: causes_of(unequal))
    repeated = seconds_of(lambda: causes_of(many))
    sys.stdout.write(
        f"\n2,000 unequal failures: {all_of_them * 1000:.0f} ms, 200: {few * 1000:.0f} ms; "
        f"2,000 of {len(errors)}: {repeated * 1000:.0f} ms\n"
    )
    assert all_of_them / few < 20
    assert repeated < all_of_them


@pytest.mark.parametrize("part", PARTS)
def test_a_text_of_80_kb_takes_hardly_longer_than_one_of_20(part: str) -> None:
    """Of a long text the beginning and the end are read."""
    text = part * (80_000 // len(part))
    short = seconds_of(lambda: causes_of([with_text(text[:20_000])]))
    whole = seconds_of(lambda: causes_of([with_text(text)]))
    sys.stdout.write(f"\n80,000 characters of {part!r}: {whole * 1000:.1f} ms\n")
    assert whole / short < 8


def with_text(text: str) -> ErrorText:
    """Returns an error with this text wherever a framework can put text."""
    return ErrorText(
        message=f"Error: expect(locator).toHaveText(expected) failed\n\nLocator: {text}\n"
        f'Expected: "x"\nReceived: "{text}"\n{text}',
        code_frame=f"> {text}",
        stack=f"at {text}",
        spec="specs/a.spec.ts",
        test="a test",
    )
