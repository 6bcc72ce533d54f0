import msgspec
import pytest
from answers.encoded_bytes import encoded_sizes
from answers.longest_runs import longest_run
from answers.made_runs import (
    PagedRun,
    a_run,
    paged_runs,
    pages_of,
    worst_first,
)
from msgspec.structs import replace

from runs_mcp.answers.encoding import structured_content, text_content
from runs_mcp.answers.reports import RunReport
from runs_mcp.model import Spec


def test_every_page_of_a_run_fits_into_the_budget_in_both_encodings() -> None:
    for run in paged_runs():
        for page in run.pages:
            assert max(encoded_sizes(page)) <= run.budget


def test_the_pages_of_a_run_together_hold_its_specs_once_worst_first() -> None:
    for run in paged_runs():
        shown = [spec.instance_id for page in run.pages for spec in page.specs]
        assert shown == run.listed


def test_the_pages_of_a_run_together_hold_every_group_once_in_order() -> None:
    for run in paged_runs():
        shown = [group.specs for page in run.pages for group in page.groups]
        assert shown == [group.specs for group in run.full.groups]


def test_the_pages_of_a_run_together_hold_the_tests_that_failed_last_once_in_order() -> None:
    for run in paged_runs():
        last_run = run.full.last_run
        parts = [page.last_run for page in run.pages if page.last_run is not msgspec.UNSET]
        assert len(parts) == (len(run.pages) if last_run else 0)
        assert all(last_run and part.status == last_run.status for part in parts)
        shown = [test for part in parts for test in part.failed_tests]
        expected = last_run.failed_tests if last_run else ()
        assert [test[:3] for test in shown] == [test[:3] for test in expected]
        if run.budget >= 8000:
            assert shown == [*expected]


def test_trim_says_how_many_of_all_specs_a_page_shows() -> None:
    for run in paged_runs():
        total, specs = len(run.listed), len(run.full.specs)
        for page in run.pages:
            assert page.trim.shown == len(page.specs)
            assert page.trim.total == total
            assert run.detail in ("auto", page.trim.detail)
            assert page.trim.upstream_bytes == run.full.upstream_bytes
            complete = len(page.specs) == specs and not page.trim.next_cursor
            assert page.trim.trimmed is not complete
            assert bool(page.trim.reason) is (bool(page.trim.next_cursor) or total < specs)
        assert sum(page.trim.shown for page in run.pages) == total


def test_every_page_of_a_run_has_the_exact_totals_and_names_the_run() -> None:
    for run in paged_runs():
        for page in run.pages:
            assert page.totals == run.full.totals
            assert (page.run.id, page.run.url) == (run.full.run.id, run.full.run.url)
            assert page.run.project_id == run.full.run.project_id


def test_the_next_cursor_is_whole_in_both_encodings() -> None:
    for run in paged_runs():
        for page in run.pages:
            cursor = page.trim.next_cursor
            trim = structured_content(page)["trim"]
            assert isinstance(trim, dict)
            assert trim.get("next_cursor", "") == cursor
            last_line = text_content(page).split("\n")[-1]
            assert last_line.startswith("trim trimmed=")
            assert last_line.endswith(f" next_cursor={cursor}" if cursor else last_line)
            assert ("next_cursor=" in last_line) is bool(cursor)


def test_the_reason_why_a_page_is_not_everything_is_never_cut() -> None:
    for run in paged_runs():
        left_out = len(run.listed) < len(run.full.specs)
        for page in run.pages:
            reason = page.trim.reason
            assert reason.endswith("next_cursor gives the rest") is bool(page.trim.next_cursor)
            assert ("see detail=full" in reason) is left_out
            assert "…" not in reason


def test_paths_are_whole_wherever_the_budget_is_8000_or_more() -> None:
    full = a_run(1, 5, 5)
    small = PagedRun(full, "full", 8000, pages_of(full, "full", 8000))
    for run in (small, *paged_runs()):
        paths = {spec.instance_id: spec.spec for spec in run.full.specs}
        for spec in [spec for page in run.pages for spec in page.specs if run.budget >= 8000]:
            assert spec.spec == paths[spec.instance_id]


def test_a_page_decodes_as_what_its_schema_says_however_much_was_cut() -> None:
    for run in paged_runs():
        for page in run.pages:
            assert msgspec.convert(structured_content(page), RunReport) == page
            assert page.run.completion == run.full.run.completion
            assert page.run.status == run.full.run.status
            assert page.run.created_at == run.full.run.created_at


def test_the_sampled_runs_have_one_page_and_many_and_cut_texts() -> None:
    runs = paged_runs()
    assert {run.pages[0].trim.detail for run in runs if run.detail == "auto"} == {
        "failures",
        "full",
    }
    assert max(len(run.pages) for run in runs) > 20
    assert min(len(run.pages) for run in runs) == 1
    assert any(not run.full.specs for run in runs)
    assert any("… (+" in text_content(page) for run in runs for page in run.pages)


@pytest.mark.parametrize("character", ["x", "ä", "語", "😀", '"', "\\", " "])
@pytest.mark.parametrize("budget", [2000, 3000, 8000, 40_000])
def test_the_longest_texts_fit_into_any_budget_and_all_records_are_there(
    character: str, budget: int
) -> None:
    full = longest_run(character)
    pages = pages_of(full, "full", budget)
    assert [max(encoded_sizes(page)) for page in pages if max(encoded_sizes(page)) > budget] == []
    assert [spec.instance_id for page in pages for spec in page.specs] == [
        spec.instance_id for spec in full.specs
    ]
    assert sum(len(page.groups) for page in pages) == 3
    if budget >= 8000:
        assert {spec.spec for page in pages for spec in page.specs} == {character * 300}


def test_hundreds_of_specs_come_in_few_pages_each_nearly_as_large_as_the_budget() -> None:
    full = replace(
        longest_run("x"),
        specs=tuple(
            Spec(spec=f"tests/checkout/{n:03}.spec.ts", status="failed", instance_id=f"{n:03}")
            for n in range(400)
        ),
        groups=(),
        last_run=None,
    )
    pages = pages_of(full, "failures", 8000)
    assert [spec.instance_id for page in pages for spec in page.specs] == worst_first(
        full, "failures"
    )
    row = len('{"spec":"tests/checkout/000.spec.ts","status":"failed","instance_id":"000"},')
    for page in pages[:-1]:
        assert 8000 - row <= max(encoded_sizes(page)) <= 8000
