"""The tests of the company's repositories, as their collectors name them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import msgspec

TestFramework = Literal["rspec", "pytest", "jest"]
_ROUTES = (
    "SKE-NOR",
    "NOR-SKE",
    "SKE-HOL",
    "HOL-SKE",
    "NOR-HOL",
    "HOL-NOR",
    "SKE-LYN",
    "LYN-SKE",
    "NOR-LYN",
    "LYN-NOR",
    "HOL-LYN",
    "LYN-HOL",
    "SKE-VAR",
    "VAR-SKE",
)


class SuiteTest(msgspec.Struct, frozen=True, kw_only=True):
    """One test of a suite."""

    __test__ = False  # pytest would take the name for a test's

    framework: TestFramework
    area: str
    """The part of the product it tests: what breaks, breaks by area."""
    file: str
    line: int
    scope: str
    """What stands before the title: groups, a file, a class."""
    title: str
    route: str

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.scope} {self.title}"


class _Area(msgspec.Struct, frozen=True):
    framework: TestFramework
    name: str
    files: tuple[str, ...]
    """With the suffix, without the folder that all files of the framework are in."""
    titles: tuple[str, ...]
    routes: int


_AREAS = (
    _Area(
        "pytest",
        "bookings",
        tuple(
            f"bookings/test_{name}.py"
            for name in ("store", "search", "cancellation", "waiting_list", "receipts")
        ),
        (
            "keeps_the_order_of_passengers",
            "frees_the_cabin",
            "counts_every_passenger_once",
            "finds_by_reference",
            "refuses_a_second_payment",
            "writes_one_ledger_row",
            "survives_a_rollback",
            "is_listed_for_its_owner",
        ),
        14,
    ),
    _Area(
        "pytest",
        "berths",
        tuple(f"berths/test_{name}.py" for name in ("plan", "conflicts", "tides")),
        (
            "leaves_room_for_tugs",
            "moves_the_smaller_ship",
            "waits_for_high_water",
            "is_free_after_departure",
            "knows_the_draught",
            "is_printed_in_order",
            "sends_the_pilot",
        ),
        14,
    ),
    _Area(
        "pytest",
        "tolls",
        tuple(f"tolls/test_{name}.py" for name in ("car", "trailer")),
        (
            "child_pays_half",
            "long_vehicle_pays_by_metre",
            "bicycle_is_free",
            "surcharge_is_rounded_once",
            "discount_is_taken_last",
            "total_is_the_sum_of_its_rows",
        ),
        14,
    ),
    _Area(
        "rspec",
        "sailings",
        (
            "models/sailing_spec.rb",
            "models/timetable_spec.rb",
            "models/delay_spec.rb",
            "jobs/announce_departure_spec.rb",
            "requests/departures_spec.rb",
            "requests/arrivals_spec.rb",
        ),
        (
            "shows the time in the port's zone",
            "sorts by departure",
            "skips sailings that are over",
            "tells passengers of a delay",
            "keeps the printed timetable",
            "answers within a season",
            "knows the next sailing",
            "counts down to boarding",
        ),
        7,
    ),
    _Area(
        "rspec",
        "manifests",
        tuple(f"services/{name}_spec.rb" for name in ("manifest", "boarding", "customs", "muster")),
        (
            "lists every passenger",
            "closes an hour before departure",
            "is sent to the coast guard",
            "counts infants apart",
            "keeps the car deck's order",
            "marks who is on board",
        ),
        7,
    ),
    _Area(
        "rspec",
        "mails",
        tuple(f"mailers/{name}_mailer_spec.rb" for name in ("ticket", "delay")),
        (
            "names the weekday in Danish",
            "greets by first name",
            "attaches the ticket",
            "links to the booking",
            "says where to check in",
            "is sent once",
        ),
        7,
    ),
    _Area(
        "jest",
        "fares",
        tuple(
            f"fares/{name}.test.ts"
            for name in ("total", "rules", "season", "family", "vehicle", "refund")
        ),
        (
            "adds the fuel surcharge",
            "gives the return discount",
            "charges the trailer by metre",
            "lets children under four travel free",
            "rounds to the cent",
            "shows no fraction of an øre",
            "keeps the currency of the port",
        ),
        8,
    ),
    _Area(
        "jest",
        "clock",
        tuple(f"clock/{name}.test.tsx" for name in ("Countdown", "Departure", "Season")),
        (
            "ticks every second",
            "stops at departure",
            "follows the ship's clock",
            "turns red ten minutes before",
            "survives the end of summer time",
            "is read out once",
        ),
        8,
    ),
    _Area(
        "jest",
        "labels",
        tuple(f"labels/{name}.test.tsx" for name in ("Berth", "Shift", "Crew")),
        (
            "shows the short name",
            "marks a swap",
            "names the captain first",
            "is empty without a crew",
            "fits on one line",
            "follows the reader's language",
        ),
        8,
    ),
)


@lru_cache(maxsize=16)
def tests_of(area: str) -> tuple[SuiteTest, ...]:
    """All tests of an area: neighbours are in different files."""
    return next(tuple(_tests(known)) for known in _AREAS if known.name == area)


def _tests(area: _Area) -> Iterator[SuiteTest]:
    for route in _ROUTES[: area.routes]:
        for place, title in enumerate(area.titles):
            # A test that runs for several routes is one place in its file.
            for file in area.files:
                yield _test(area, file, 11 + 12 * place, title, route)


def _test(area: _Area, file: str, line: int, title: str, route: str) -> SuiteTest:
    stem = file.rpartition("/")[2].partition(".")[0]
    subject = "".join(part.capitalize() for part in stem.removesuffix("_spec").split("_"))
    if area.framework == "pytest":
        path = f"tests/{file}"
        scope, title = path, f"test_{title}[{route}]"
    elif area.framework == "rspec":
        path = f"./spec/{file}"
        scope = f"{subject} on the route {route}"
    else:
        path = f"src/{file}"
        scope = f"{stem} {route}"
    return SuiteTest(
        framework=area.framework,
        area=area.name,
        file=path,
        line=line,
        scope=scope,
        title=title,
        route=route,
    )
