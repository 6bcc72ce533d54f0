"""Runs with all kinds of texts, and their pages."""

import random
from functools import cache
from itertools import product
from typing import Final, NamedTuple, get_args

import msgspec
from msgspec.structs import replace

from runs_mcp.answers.cursors import PageRequest, Query
from runs_mcp.answers.reports import RunReport
from runs_mcp.answers.run_pages import Detail, run_page
from runs_mcp.model import (
    FullRun,
    Group,
    LastRun,
    Run,
    Spec,
    SpecCounts,
    SpecStatus,
    SpecTotals,
    TestCounts,
    TestTotals,
    Totals,
)

QUERY: Final[Query] = ("currents_get_run", "run")
BUDGETS: Final = (2000, 2000, 2000, 2000, 2001, 2300, 2999, 4000, 8000, 8000, 9999, 17_000, 40_000)


# Texts of upstream, once they are plain: quotes, other scripts, what looks like the format itself.
PIECES = [
    *[
        "a",
        "test/",
        "checkout should work › ",
        "ä",
        "日本語",
        "👨‍👩‍👧",
        "😀",
        '"',
        "\\",
        "=",
        " ",
        "'",
    ],
    *["x=1 ", "none", "null ", "[]", "{}", '","', "next_cursor=abc ", "</b>", "\u00a0", "%2F", "&"],
]
SPEC_STATUSES: Final[tuple[SpecStatus, ...]] = get_args(get_args(SpecStatus)[0])
DURATIONS: list[int | msgspec.UnsetType] = [msgspec.UNSET, 0, 123_456]
ID_CHARACTERS = "abcdefXYZ0189_-"


def some_text(rng: random.Random, longest: int) -> str:
    length = rng.choice([0, 1, 8, 40, longest // 2, longest])
    return (rng.choice(PIECES) * length)[: min(length, longest)]


def some_id(rng: random.Random, number: int) -> str:
    return f"{number:03}" + rng.choice(ID_CHARACTERS) * rng.choice([5, 29, 125])


def a_run(seed: int, specs: int, groups: int = 0, last_failed: int | None = None) -> FullRun:
    """Returns a run whose records differ in what is never cut: IDs and numbers."""
    rng = random.Random(seed)
    return FullRun(
        run=run_of_any_texts(rng),
        totals=Totals(
            tests=TestTotals(overall=10**6, failed=rng.randrange(10**6)),
            specs=SpecTotals(overall=specs),
        ),
        groups=tuple(
            Group(
                group=some_text(rng, 300),
                platform=some_text(rng, 128),
                tests=TestCounts(overall=rng.randrange(100)),
                specs=SpecCounts(overall=number + 1),
            )
            for number in range(groups)
        ),
        specs=tuple(a_spec(rng, number) for number in range(specs)),
        upstream_bytes=rng.choice([200, 10**6, 10**9]),
        last_run=None
        if last_failed is None
        else LastRun(
            status="failed",
            failed_tests=tuple(
                f"{number:03}" + some_text(rng, 297) for number in range(last_failed)
            ),
        ),
    )


def run_of_any_texts(rng: random.Random) -> Run:
    return Run(
        provider="currents",
        id=some_id(rng, 0),
        url="https://app.currents.dev/run/" + some_id(rng, 0),
        project_id=some_id(rng, 0),
        status=rng.choice(["passed", "failed", "failing", "running", ""]),
        completion=rng.choice(["", "in_progress", "complete", "canceled", "timeout"]),
        created_at=rng.choice(["", "2026-08-31T08:00:00.000Z"]),
        duration_ms=rng.choice(DURATIONS),
        branch=some_text(rng, 300),
        commit=some_text(rng, 64),
        commit_message=some_text(rng, 300),
        author=some_text(rng, 128),
        tags=tuple(some_text(rng, 64) for _ in range(rng.randrange(13))),
        ci_build_id=some_text(rng, 300),
        framework=some_text(rng, 128),
    )


def a_spec(rng: random.Random, number: int) -> Spec:
    status: SpecStatus = rng.choice(SPEC_STATUSES)
    end = some_text(rng, 290)
    return Spec(
        # Some paths occur in several groups; no two long ones begin the same.
        spec=(f"{number % 7}/" if len(end) < 100 else f"{number:03}/") + end,
        status=status,
        instance_id=some_id(rng, number),
        group=some_text(rng, 300),
        machine_id=some_id(rng, 0),
        tests=rng.randrange(100),
        failed=rng.randrange(1, 4) if status == "failed" else 0,
        duration_ms=rng.randrange(10**6),
    )


def page_at(
    full: FullRun,
    *,
    detail: Detail = "failures",
    cursor: str = "",
    budget: int = 8000,
    trim_above_bytes: int = 1_000_000,
) -> RunReport:
    return run_page(
        full,
        PageRequest(QUERY, cursor, budget),
        detail=detail,
        trim_above_bytes=trim_above_bytes,
    )


def pages_of(full: FullRun, detail: Detail, budget: int) -> list[RunReport]:
    """Returns all pages; fails where they have no end."""
    rows = len(full.specs) + len(full.groups)
    rows += len(full.last_run.failed_tests) if full.last_run else 0
    pages = [page_at(full, detail=detail, budget=budget)]
    while cursor := pages[-1].trim.next_cursor:
        assert len(pages) <= rows, "there are more pages than records"
        pages.append(page_at(full, detail=detail, cursor=cursor, budget=budget))
    return pages


def worst_first(full: FullRun, detail: Detail) -> list[str]:
    """Returns the IDs that the pages should hold, in order, as the contract says it."""
    over = full.run.completion in ("complete", "canceled", "timeout")
    wanted = {"idle", "failed", "flaky"} | ({"unclaimed", "unknown"} if over else set())
    ranks = ["idle", "failed", "flaky"]
    listed = [spec for spec in full.specs if detail == "full" or spec.status in wanted]
    listed.sort(
        key=lambda spec: (
            ranks.index(spec.status) if spec.status in ranks else len(ranks),
            -spec.failed if spec.status == "failed" else 0,
            spec.spec,
        )
    )
    return [spec.instance_id for spec in listed]


class PagedRun(NamedTuple):
    """A run, and all its pages."""

    full: FullRun
    detail: Detail
    budget: int
    pages: list[RunReport]

    @property
    def listed(self) -> list[str]:
        """The specs that the pages should hold, in order."""
        return worst_first(self.full, "full" if self.pages[0].trim.detail == "full" else "failures")


@cache
def paged_runs() -> tuple[PagedRun, ...]:
    """Returns runs of all sizes with their pages in every detail, of small and large budgets."""
    rng = random.Random(20_261_126)
    runs = []
    for number, (detail, budget) in enumerate(product(get_args(Detail), BUDGETS)):
        full = a_run(
            number,
            specs=rng.choice([0, 1, 7, 30, 60]),
            groups=rng.choice([0, 1, 5, 12]),
            last_failed=rng.choice([None, 0, 3, 20]),
        )
        runs.append(PagedRun(full, detail, budget, pages_of(full, detail, budget)))
    return tuple(runs)


def small_run(**changes: int) -> FullRun:
    return replace(
        a_run(3, 0),
        run=Run(provider="currents", id="r", completion="complete"),
        specs=(Spec(spec="a", status="failed", failed=1), Spec(spec="b", status="passed")),
        **{"upstream_bytes": 1000, **changes},
    )


@cache
def many_failures() -> FullRun:
    return replace(
        small_run(),
        specs=tuple(Spec(spec=f"{n:03}", status="failed", failed=1) for n in range(400)),
        groups=tuple(Group(group=f"{n:03}") for n in range(300)),
        last_run=LastRun(status="failed", failed_tests=tuple(f"{n:03}" for n in range(300))),
    )
