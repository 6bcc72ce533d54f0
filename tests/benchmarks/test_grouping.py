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
PARTS: Final = ["A", "ab", "_", "0-", "expected a to ", "a: ", "(", "/x", "${a}-", "\n- "]


def seconds_of(work: Callable[[], object]) -> float:
    """Returns the shortest time of several rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def test_ten_times_the_failures_take_about_ten_times_as_long() -> None:
    failures = [failure for run in corpus_runs().values() for failure in run.failures]
    many = (failures * (2000 // len(failures) + 1))[:2000]
    few = seconds_of(lambda: causes_of(many[:200]))
    all_of_them = seconds_of(lambda: causes_of(many))
    sys.stdout.write(f"\n2,000 failures: {all_of_them * 1000:.0f} ms, 200: {few * 1000:.0f} ms\n")
    assert all_of_them / few < 20


@pytest.mark.parametrize("part", PARTS)
def test_no_text_takes_more_than_quadratic_time(part: str) -> None:
    """Four times the text may take 16 times as long; more would be worse than quadratic."""
    text = part * 1500
    short = seconds_of(lambda: causes_of([with_text(text[:375])]))
    whole = seconds_of(lambda: causes_of([with_text(text[:1500])]))
    sys.stdout.write(f"\n1,500 characters of {part!r}: {whole * 1000:.1f} ms\n")
    assert whole / short < 20


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
