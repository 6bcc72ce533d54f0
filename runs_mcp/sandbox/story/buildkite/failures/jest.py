"""What goes wrong with the web components, in Jest's words."""

import re

from runs_mcp.sandbox.buildkite.records import ExpandedFailure
from runs_mcp.sandbox.seeded import choice
from runs_mcp.sandbox.story.buildkite.failures.causes import FailedTest, FailureText, UnitCause

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_MATCHER = (
    "\x1b[2mexpect(\x1b[22m\x1b[31mreceived\x1b[39m\x1b[2m).\x1b[22m{}\x1b[2m("
    "\x1b[22m\x1b[32mexpected\x1b[39m\x1b[2m) // {}\x1b[22m"
)
_CIRCUS_FRAMES = (
    ("Promise.finally.completed", "jestAdapterInit.js:1559:28"),
    ("callAsyncCircusFn", "jestAdapterInit.js:1499:10"),
    ("_callCircusTest", "jestAdapterInit.js:1009:40"),
    ("_runTest", "jestAdapterInit.js:949:3"),
    ("run", "jestAdapterInit.js:757:3"),
    ("jestAdapter", "jestAdapterInit.js:2281:21"),
)


def jest_failure(
    failed: FailedTest, message: str, frames: tuple[tuple[str, str], ...], *, coloured: bool
) -> FailureText:
    """A failure with the stack that follows its message; the collector knows no backtrace."""
    test = failed.test
    circus = f"{failed.checkout}/node_modules/jest-circus/build"
    stack = (
        *(f"    at {function} ({failed.checkout}/{place})" for function, place in frames),
        f"    at Object.<anonymous> ({failed.checkout}/{test.file}:{test.line + 3}:27)",
        *(f"    at {function} ({circus}/{place})" for function, place in _CIRCUS_FRAMES),
    )
    if not coloured:
        message = _COLOUR.sub("", message)
    first, *rest = message.split("\n")
    return FailureText(reason=first, expanded=(ExpandedFailure(expanded=(*rest, *stack)),))


def _rounding(failed: FailedTest) -> FailureText:
    cents = 1000 + choice(failed.test.name, 9000) * 10
    expected, received = (f'"€ {value / 100:.2f}"' for value in (cents, cents - 1))
    return jest_failure(
        failed,
        f"Error: {_MATCHER.format('toBe', 'Object.is equality')}\n\n"
        f"Expected: \x1b[32m{expected}\x1b[39m\nReceived: \x1b[31m{received}\x1b[39m",
        (("expectFare", "src/fares/testing/expectFare.ts:14:23"),),
        # Half of the machines still have the collector that keeps colour codes.
        coloured=failed.agent % 2 == 1,
    )


def _no_zone(failed: FailedTest) -> FailureText:
    react = "node_modules/react-dom/cjs/react-dom-client.development.js"
    return jest_failure(
        failed,
        "TypeError: Cannot read properties of undefined (reading 'zone')",
        (
            ("zoneOf", "src/clock/shipClock.ts:22:31"),
            ("useShipClock", "src/clock/useShipClock.ts:9:16"),
            ("Object.react_stack_bottom_frame", f"{react}:23863:20"),
            ("renderWithHooks", f"{react}:5529:22"),
        ),
        coloured=False,
    )


def _short_name(failed: FailedTest) -> FailureText:
    name = failed.test.route.replace("-", "–")
    return jest_failure(
        failed,
        f"Error: {_MATCHER.format('toEqual', 'deep equality')}\n\n"
        "\x1b[32m- Expected  - 1\x1b[39m\n\x1b[31m+ Received  + 1\x1b[39m\n\n"
        "\x1b[2m  Object {\x1b[22m\n"
        f'\x1b[32m-   "label": "{name}",\x1b[39m\n\x1b[31m+   "label": undefined,\x1b[39m\n'
        '\x1b[2m    "swap": false,\x1b[22m\n\x1b[2m  }\x1b[22m',
        (("expectLabel", "src/labels/testing/expectLabel.ts:8:19"),),
        coloured=True,
    )


FARE_ROUNDING = UnitCause(area="fares", text=_rounding, seconds=0.004)
NO_ZONE = UnitCause(area="clock", text=_no_zone, seconds=0.019)
SHORT_NAME = UnitCause(area="labels", text=_short_name, seconds=0.008)
