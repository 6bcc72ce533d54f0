"""The tests of the booking site that each root cause makes fail."""

from collections.abc import Mapping, Sequence

from runs_mcp.sandbox.seeded import choice
from runs_mcp.sandbox.story.currents.booking import causes
from runs_mcp.sandbox.story.currents.causes import Cause, Outcome
from runs_mcp.sandbox.story.currents.run_plan import Outcomes
from runs_mcp.sandbox.story.currents.spec_files import SpecFile

Places = Mapping[str, Sequence[int]]
"""The indexes of tests, by the short name of their spec file."""

RENAMED_BUTTON_TESTS: Places = {
    "booking/cancel": [0],
    "booking/confirmation": [0, 1, 2],
    "checkout/guest": [0, 1],
    "checkout/session": [1],
    "checkout/split": [0, 1],
    "checkout/terms": [0],
    "payment/card": [0],
    "payment/invoice": [0, 1],
    "payment/points": [0, 1],
    "payment/refund": [0],
    "payment/retry": [1],
    "payment/three-d-secure": [0, 1, 2],
    "payment/wallets": [0, 1, 2],
}
FARE_API_TESTS: Places = {
    "cabins/upgrade": [1],
    "freight/quote": [0, 2],
    "sailing/fare-classes": [0, 2],
    "search/calendar": [0, 3],
    "search/return": [0],
    "search/sorting": [0],
    "booking/change-date": [0],
}
FARE_ROUNDING_TESTS: Places = {
    "booking/change-vehicle": [0, 1],
    "checkout/currency": [0, 2],
    "checkout/promo": [0],
    "checkout/summary": [1],
    "checkout/voucher": [0, 2],
    "passengers/children": [1],
}
_SEAT_MAP, _KEEPS_SEATS = "e2e/specs/seats/seat-map.spec.ts", 1


def failing(*hits: tuple[Places, Cause]) -> Outcomes:
    """Makes these tests fail for these causes, in every group."""
    return ending(*((places, Outcome("failed", cause)) for places, cause in hits))


def ending(*hits: tuple[Places, Outcome]) -> Outcomes:
    """Gives these outcomes to these tests, in every group."""
    by_spec: dict[str, dict[int, Outcome]] = {}
    for places, outcome in hits:
        for name, tests in places.items():
            by_spec.setdefault(f"e2e/specs/{name}.spec.ts", {}).update(
                dict.fromkeys(tests, outcome)
            )

    def outcomes(_: str, spec: SpecFile) -> Mapping[int, Outcome]:
        return by_spec.get(spec.path, {})

    return outcomes


def with_seat_map_flake(key: str, outcomes: Outcomes) -> Outcomes:
    """Adds the one known flaky test in a third of all runs."""
    if key != "three causes" and choice(f"seat map {key}", 3) != 0:
        return outcomes

    def with_flake(group_id: str, spec: SpecFile) -> Mapping[int, Outcome]:
        others = outcomes(group_id, spec)
        if spec.path != _SEAT_MAP or not group_id.startswith("chromium"):
            return others
        return {**others, _KEEPS_SEATS: Outcome("flaky", causes.SEAT_MAP_FLAKE)}

    return with_flake


THREE_CAUSES = failing(
    (RENAMED_BUTTON_TESTS, causes.RENAMED_BUTTON),
    (FARE_API_TESTS, causes.FARE_API_DOWN),
    (FARE_ROUNDING_TESTS, causes.FARE_ROUNDING),
)


def matrix_failures(group_id: str, spec: SpecFile) -> Mapping[int, Outcome]:
    """Returns failures on some routes in some browsers of the matrix."""
    if group_id == "webkit-mobile" and spec.path.endswith("/date-picker.spec.ts"):
        cause: Cause = causes.DATE_PICKER
    elif group_id == "firefox-desktop" and spec.path.endswith("/tickets.spec.ts"):
        cause = causes.DOWNLOAD
    else:
        return {}
    return {0: Outcome("failed", cause)} if choice(spec.path, 4) == 0 else {}
