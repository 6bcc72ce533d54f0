"""No text makes the product slow: time grows with its length, and no faster.

The patterns are those in the product's modules, and the texts against each are made from it, so
that a new pattern is tried without anyone adding it. `tests/benchmarks/test_growth.py` tries more.
"""

import random
import secrets
from functools import cache
from typing import Final

import pytest
from compiled_patterns import functions_that_make_patterns, patterns_made_by, used_patterns
from pattern_attacks import Attack, attacks
from slow_texts import try_function, try_patterns
from text_functions import phrases, text_functions

from runs_mcp.model import ErrorText
from runs_mcp.providers.buildkite.mapping.failure_text import without_checkout
from runs_mcp.providers.pasted_links import link_path
from runs_mcp.setting_values import unwrapped
from runs_mcp.text.own_keys import body_without_key, without_keys
from runs_mcp.triage.fingerprint.causes import causes_of

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.

PAIRS: Final = 3
MOST: Final = 60
PHRASES: Final = 14  # one of each framework
PATTERNS: Final = 6
# Its pattern has the numbers of a run, for a name of at most 128 characters.
SHORT: Final = "runs_mcp.providers.currents.actions.cancel_run_by_github_ci._is_meant"


def make_patterns() -> None:
    """Calls each function that makes a pattern, with values that it has not seen: it keeps them."""
    new = secrets.token_hex(4)
    link_path("a link", f"{new}.example")
    without_checkout("/builds/", f"organization-{new}")
    without_keys(new, [new])
    body_without_key(bytearray(new.encode()), new)
    unwrapped("a key", "RUNS_MCP_KEY")
    locator = "Error: expect(locator).toHaveText(expected) failed\n\nLocator: getByTestId('row-7')"
    code = "> 1 | await expect(page.getByTestId(`row-${id}`)).toHaveText('x')"
    causes_of(
        [
            ErrorText(f"{locator}\nExpected: 1\nReceived: 2", code_frame=code),
            ErrorText("expected 1 to be 2", code_frame="  total = sum(x)\n> expect(total).toBe(3)"),
        ]
    )


def test_no_pattern_takes_more_than_linear_time() -> None:
    patterns = used_patterns()
    assert len(patterns) > 200
    slow = try_patterns(patterns, PAIRS, most=MOST).slow
    assert slow == []


def test_no_pattern_that_is_made_in_a_call_takes_more_than_linear_time() -> None:
    made = patterns_made_by(make_patterns)
    assert {used.name for used in made} == functions_that_make_patterns() - {SHORT}
    slow = try_patterns(made, PAIRS, most=MOST).slow
    assert slow == []


@cache
def texts() -> list[Attack]:
    """Returns lines of frameworks again and again, and texts against some patterns."""
    chance = random.Random(1)
    patterns = chance.sample(used_patterns(), PATTERNS)
    return [
        *(Attack("", (phrase,), "") for phrase in phrases()[:PHRASES]),
        *(chance.choice(attacks(used.pattern, PAIRS)) for used in patterns),
    ]


@pytest.mark.parametrize("name", text_functions())
def test_no_function_takes_more_than_linear_time_for_what_frameworks_write(name: str) -> None:
    assert try_function(text_functions()[name], texts()) == []
