"""The tests of an area, as their collectors name them."""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from runs_mcp.sandbox.seeded import choice
from runs_mcp.sandbox.story.buildkite.suites.areas import AREAS, Area, TestFramework

PARTS = 2
"""The number of jobs that the tests of a framework are split into."""
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
    """A test."""

    __test__ = False  # pytest would collect a class of this name

    framework: TestFramework
    area: str
    """The part of the product that it tests."""
    file: str
    line: int
    scope: str
    """What comes before the title: groups, a file or a class."""
    title: str
    route: str
    shared: str = ""
    """The file of the shared example that contains the test; otherwise empty."""

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.scope} {self.title}"

    @property
    def place(self) -> str:
        """The location that the collector uploads, if it uploads any."""
        if self.shared:
            return f"./spec/{self.shared}:{self.line}"
        if self.framework == "pytest":
            # pytest counts lines from 0.
            return f"{self.file}:{self.line - 1}"
        if self.framework == "playwright":
            return f"{self.file}:{self.line}:7"
        return f"{self.file}:{self.line}"

    @property
    def part(self) -> int:
        """The index of the parallel job that runs it, in every build."""
        return choice(f"buildkite part {self.file} {self.name}", PARTS)


@lru_cache(maxsize=16)
def tests_of(area: str) -> tuple[SuiteTest, ...]:
    """Returns all tests of an area; neighbours are in different files."""
    return next(tuple(_tests(known)) for known in AREAS if known.name == area)


def _tests(area: Area) -> Iterator[SuiteTest]:
    for route in _ROUTES[: area.routes]:
        for place, title in enumerate(area.titles):
            # All routes of a test share its line.
            for file in area.files:
                yield _test(area, file, 11 + 12 * place, title, route)


def _test(area: Area, file: str, line: int, title: str, route: str) -> SuiteTest:
    stem = file.rpartition("/")[2].partition(".")[0]
    subject = "".join(part.capitalize() for part in stem.removesuffix("_spec").split("_"))
    if area.framework == "pytest":
        path = f"tests/{file}"
        scope, title = path, f"test_{title}[{route}]"
    elif area.framework == "rspec":
        path = f"./spec/{file}"
        scope = f"{subject} on the route {route}"
    elif area.framework == "playwright":
        path = f"tests/{file}"
        # All titles, including the test's own, after an empty one.
        scope = f" chromium {file} {subject} on {route} {title}"
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
        shared=area.shared,
    )
