"""The spec files of the booking site, the port console and the large cross-browser runs."""

from collections.abc import Iterator
from importlib.resources import files
from itertools import permutations

import msgspec

_PORTS = (
    "hirtshals",
    "kristiansand",
    "larvik",
    "stavanger",
    "bergen",
    "frederikshavn",
    "gothenburg",
    "oslo",
    "kiel",
    "travemunde",
    "trelleborg",
    "swinoujscie",
    "rostock",
    "gedser",
    "grenaa",
    "varberg",
    "visby",
    "nynashamn",
    "turku",
    "stockholm",
    "helsinki",
    "tallinn",
    "paldiski",
    "kapellskar",
    "mariehamn",
    "ystad",
    "ronne",
    "sassnitz",
    "esbjerg",
    "seydisfjordur",
)
_CHECKS = {
    "fares": ("Fares", "shows every fare class", "takes a voucher", "rounds to the cent"),
    "timetable": ("Timetable", "lists the week", "marks public holidays"),
    "cabins": ("Cabins", "lists cabins by deck", "holds a cabin", "frees a cabin"),
    "vehicles": ("Vehicles", "takes a car with a trailer", "asks for the height of a van"),
    "seats": ("Seats", "shows free seats", "refuses a taken seat"),
    "date-picker": ("Date picker", "picks the next sailing day", "greys out past days"),
    "tickets": ("Tickets", "downloads the ticket", "shows a QR code", "prints one page"),
    "meals": ("Meals", "adds a breakfast", "shows allergens"),
    "pets": ("Pets", "asks for the kind of pet", "charges per pet"),
    "mobile": ("Small screens", "opens the menu", "keeps the button in view"),
}
_TAGGED_IN_TITLE = frozenset({"payment", "check-in"})
"""The folders whose files have their tag in the title."""


class SpecFile(msgspec.Struct, frozen=True):
    """A spec file with its one describe block."""

    path: str
    describe: str
    tests: tuple[str, ...]
    pending: frozenset[int] = frozenset()
    """The indexes of the tests that are skipped on purpose."""
    is_serial: bool = False
    """Whether the tests after a failed one do not run."""

    @property
    def is_playwright(self) -> bool:
        """Whether it is a test of Playwright, not of Cypress."""
        return not self.path.endswith(".cy.ts")

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of its tests; only those of Playwright have any."""
        return (self.path.split("/")[2],) if self.is_playwright else ()

    @property
    def original_describe(self) -> str:
        """The title of the block in the file, which may contain a tag."""
        (tag, *_) = self.tags or ("",)
        return f"{self.describe} @{tag}" if tag in _TAGGED_IN_TITLE else self.describe


def booking_specs() -> list[SpecFile]:
    """Returns the Playwright spec files of the booking site."""
    return _listed("booking_specs.txt", "e2e/specs/")


def console_specs() -> list[SpecFile]:
    """Returns the Cypress spec files of the port console."""
    return _listed("console_specs.txt", "cypress/e2e/")


def route_specs() -> Iterator[SpecFile]:
    """Yields thousands of Playwright spec files, each for one check of one route."""
    for departure, arrival in permutations(_PORTS, 2):
        for check, (describe, *tests) in _CHECKS.items():
            path = f"e2e/specs/routes/{departure}-{arrival}/{check}.spec.ts"
            block = f"{departure.title()} to {arrival.title()}: {describe}"
            yield SpecFile(path, block, tuple(tests))


def _listed(name: str, folder: str) -> list[SpecFile]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [_spec_file(line, folder) for line in lines]


def _spec_file(line: str, folder: str) -> SpecFile:
    path, describe, listed = (part.strip() for part in line.split("|"))
    tests = [test.strip() for test in listed.split(";")]
    return SpecFile(
        path=folder + path,
        describe=describe.removesuffix(" (serial)"),
        tests=tuple(test.removeprefix("~") for test in tests),
        pending=frozenset(at for at, test in enumerate(tests) if test.startswith("~")),
        is_serial=describe.endswith("(serial)"),
    )
