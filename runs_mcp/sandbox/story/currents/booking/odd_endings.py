"""Tests of the booking site that neither passed nor simply failed."""

from collections.abc import Mapping

from runs_mcp.sandbox.story.currents.booking import causes
from runs_mcp.sandbox.story.currents.booking.failures import ending
from runs_mcp.sandbox.story.currents.causes import Outcome
from runs_mcp.sandbox.story.currents.playwright_errors import PlaywrightCause, action_timeout
from runs_mcp.sandbox.story.currents.spec_files import SpecFile
from runs_mcp.sandbox.story.notable import FAILING_BROWSER, OddEnding

_STICKY_HEADER = PlaywrightCause(
    message=action_timeout("click", 10_000, "getByRole('button', { name: 'Next month' })"),
    call="await page.getByRole('button', { name: 'Next month' }).click();",
    attempt_ms=10_200,
)


def _manifest_difference() -> str:
    rows = "\n".join(
        f'\x1b[32m-   "SKRU{20_410_000 + row}: {row % 27 + 4} t",\x1b[39m\n'
        f'\x1b[31m+   "SKRU{20_410_000 + row}: {row % 27 + 4}000 kg",\x1b[39m'
        for row in range(60)
    )
    return (
        "Error: \x1b[2mexpect(\x1b[22m\x1b[31mreceived\x1b[39m\x1b[2m).\x1b[22mtoEqual"
        "\x1b[2m(\x1b[22m\x1b[32mexpected\x1b[39m\x1b[2m) // deep equality\x1b[22m\n\n"
        "\x1b[32m- Expected  - 60\x1b[39m\n\x1b[31m+ Received  + 60\x1b[39m\n\n"
        f"\x1b[2m  Array [\x1b[22m\n{rows}\n\x1b[2m  ]\x1b[22m"
    )


_MANIFEST_WEIGHTS = PlaywrightCause(
    message=lambda _: _manifest_difference(),
    call="expect(await manifest.weights()).toEqual(uploaded);",
    attempt_ms=1_900,
)


def only_in_one_browser(group_id: str, spec: SpecFile) -> Mapping[int, Outcome]:
    """Returns a failure of one test in one of the browsers."""
    test = OddEnding.FAILS_IN_ONE_BROWSER
    if group_id != FAILING_BROWSER or spec.path != test.spec:
        return {}
    return {spec.tests.index(test.title): Outcome("failed", _STICKY_HEADER)}


_NEVER = Outcome("never ran")
STOPPED_EARLY = ending(
    ({"extras/lounge": [0]}, Outcome("halted", causes.BROKEN_PAGE)),
    (
        {"seats/recliners": [0]},
        Outcome("interrupted", causes.INTERRUPTED, before=causes.BROKEN_PAGE),
    ),
    ({"seats/groups": [0]}, Outcome("interrupted", causes.INTERRUPTED)),
    ({"extras/lounge": [1], "seats/recliners": [1], "seats/groups": [1]}, _NEVER),
    ({"i18n/languages": [0, 1, 2], "i18n/dates": [0, 1]}, _NEVER),
)
"""One failure stopped the run: running tests were interrupted, others never ran."""
UNUSUAL_ENDS = ending(
    ({"extras/wifi": [1]}, Outcome("passed unexpectedly")),
    ({"seats/seat-map": [2]}, Outcome("quarantined", causes.SEAT_MAP_FLAKE)),
    ({"freight/manifest": [0]}, Outcome("failed", _MANIFEST_WEIGHTS)),
)
"""An unexpected pass, a quarantined failure, and an error that was cut."""
