"""A comparison of two runs on pages."""

import pytest
from answers.encoded_bytes import encoded_sizes

from runs_mcp.answers.comparison_pages import compare_page
from runs_mcp.answers.cursors import PageRequest, Query
from runs_mcp.answers.triage_reports import CompareReport, NamedTest
from runs_mcp.errors import Conflict
from runs_mcp.model import Run, TestStatus
from runs_mcp.triage.comparison import Comparison
from runs_mcp.triage.findings import NamedOutcome

QUERY: Query = ("compare_runs", "currents:a", "currents:b")


def outcomes(status: TestStatus, count: int, title: str = "works") -> tuple[NamedOutcome, ...]:
    return tuple(NamedOutcome(status, f"{title} {n:03}", "a.spec.ts", "") for n in range(count))


def a_comparison(failed: int = 40, title: str = "works") -> Comparison:
    return Comparison(
        base=Run(provider="currents", id="a"),
        head=Run(provider="currents", id="b"),
        new_failures=outcomes("failed", failed, title),
        still_failing=outcomes("failed", 2),
        fixed=outcomes("passed", 30),
        no_longer_failing=(),
        not_run=outcomes("skipped", 1),
        flaky=outcomes("flaky", 3),
        missing=outcomes("passed", 25),
        unread_specs=1,
        unreadable=("$.data is a number", "b", "c", "d"),
        remarks=("head is still going on: what is not listed may fail all the same",),
    )


def pages_of(comparison: Comparison, budget: int = 2000) -> list[CompareReport]:
    pages = [compare_page(comparison, PageRequest(QUERY, "", budget))]
    while cursor := pages[-1].trim.next_cursor:
        assert len(pages) < 200, "the pages do not end"
        pages.append(compare_page(comparison, PageRequest(QUERY, cursor, budget)))
    return pages


def test_the_pages_hold_every_test_of_each_list_once_in_order() -> None:
    comparison = a_comparison()
    pages = pages_of(comparison)
    assert len(pages) > 2
    for name, tests in comparison.lists().items():
        shown = [test for page in pages for test in getattr(page, name)]
        assert shown == [NamedTest(test=test.test, spec=test.spec) for test in tests]


def test_the_worst_list_comes_first() -> None:
    first, *_ = pages_of(a_comparison())
    assert first.new_failures
    assert not first.missing


def test_every_page_has_the_counts_of_all_and_what_could_not_be_read() -> None:
    for page in pages_of(a_comparison()):
        assert (page.counts.new_failures, page.counts.fixed, page.counts.missing) == (40, 30, 25)
        assert (page.unread_specs, page.unreadable, len(page.odd)) == (1, 4, 3)
        assert page.trim.total == 101
        assert page.trim.trimmed
        assert page.remarks


def test_a_comparison_that_fits_is_one_page() -> None:
    (page,) = pages_of(a_comparison(), 40_000)
    assert not page.trim.trimmed
    assert page.trim.shown == page.trim.total == 101


@pytest.mark.parametrize("title", ["x" * 290, "😀" * 290, '"' * 290])
def test_every_page_fits_into_the_budget(title: str) -> None:
    pages = pages_of(a_comparison(9, title))
    assert max(max(encoded_sizes(page)) for page in pages) <= 2000


def test_a_cursor_is_refused_once_there_are_more_tests() -> None:
    cursor = pages_of(a_comparison())[0].trim.next_cursor
    with pytest.raises(Conflict, match="has changed since that cursor was given"):
        compare_page(a_comparison(41), PageRequest(QUERY, cursor, 2000))
