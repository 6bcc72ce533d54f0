"""The areas of the company's product, and the files and titles of their tests."""

from typing import Literal

import msgspec

TestFramework = Literal["rspec", "pytest", "jest", "playwright", "mixed"]


class Area(msgspec.Struct, frozen=True):
    """A part of the product, tested by one framework; root causes affect one area."""

    framework: TestFramework
    name: str
    files: tuple[str, ...]
    """The files, without the folder that all files of the framework share."""
    titles: tuple[str, ...]
    routes: int
    """The number of routes that each title is tested for."""
    shared: str = ""
    """The file of a shared block that contains the tests; empty where each file has its own."""


AREAS = (
    Area(
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
    Area(
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
    Area(
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
    Area(
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
    Area(
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
    Area(
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
    Area(
        "rspec",
        "cabins",
        tuple(f"models/{name}_cabin_spec.rb" for name in ("inside", "outside", "family")),
        (
            "sleeps as many as it says",
            "is freed by a cancellation",
            "is not sold twice",
        ),
        4,
        "support/shared_examples/bookable.rb",
    ),
    Area(
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
    Area(
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
    Area(
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
    Area(
        "playwright",
        "pages",
        tuple(f"{name}.spec.ts" for name in ("search", "seats", "checkout", "account")),
        (
            "opens on a phone",
            "keeps the choice after a reload",
            "shows the total before paying",
            "goes back a step",
            "says what is missing",
        ),
        3,
    ),
)
