import msgspec
import pytest
from answers.encoded_bytes import encoded_sizes
from answers.longest_runs import longest_instance
from answers.made_instances import (
    an_instance,
    instance_page_at,
    instance_pages_of,
    paged_instances,
)
from answers.made_runs import QUERY
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from runs_mcp.answers.cursors import encode_cursor
from runs_mcp.answers.encoding import structured_content, text_content
from runs_mcp.answers.reports import InstanceReport
from runs_mcp.errors import InvalidArgument
from runs_mcp.model import Instance


def test_every_page_of_an_instance_fits_into_the_budget_in_both_encodings() -> None:
    for instance in paged_instances():
        for page in instance.pages:
            assert max(encoded_sizes(page)) <= instance.budget


def test_the_pages_of_an_instance_hold_failed_then_flaky_then_passed_then_assets_each_once() -> (
    None
):
    for full, _, pages in paged_instances():
        failed = [failure.attempts for failure in full.failures if failure.status != "flaky"]
        flaky = [failure.attempts for failure in full.failures if failure.status == "flaky"]
        shown = [failure.attempts for page in pages for failure in page.failures]
        assert shown == failed + flaky
        assert [test.duration_ms for page in pages for test in page.passed] == [
            test.duration_ms for test in full.passed
        ]
        assert [(asset.attempt, asset.url) for page in pages for asset in page.assets] == [
            (asset.attempt, asset.url) for asset in full.assets
        ]
        sections = [
            section
            for page in pages
            for section, rows in enumerate((page.failures, page.passed, page.assets))
            for _ in rows
        ]
        assert sections == sorted(sections)


def test_trim_counts_the_records_of_an_instance() -> None:
    for full, _, pages in paged_instances():
        total = len(full.failures) + len(full.passed) + len(full.assets)
        for page in pages:
            assert page.trim.total == total
            assert page.trim.shown == len(page.failures) + len(page.passed) + len(page.assets)
            assert page.trim.trimmed is (page.trim.shown < total)
            assert page.trim.upstream_bytes == full.upstream_bytes
            cursor = page.trim.next_cursor
            assert bool(page.trim.reason) is bool(cursor)
            assert not cursor or text_content(page).endswith(f" next_cursor={cursor}")
        assert sum(page.trim.shown for page in pages) == total


def test_a_page_of_an_instance_decodes_as_its_schema_says_however_much_was_cut() -> None:
    for full, _, pages in paged_instances():
        for page in pages:
            assert msgspec.convert(structured_content(page), InstanceReport) == page
            assert page.totals == full.totals
            assert page.artifacts == full.artifacts
            assert page.instance.instance_id == full.instance.instance_id
            assert {asset.expires_at for asset in page.assets} <= {"2026-08-31T08:00:00.000Z"}


def test_the_paths_of_an_instance_are_whole_wherever_the_budget_is_8000_or_more() -> None:
    for full, budget, pages in paged_instances():
        whole = {failure.attempts: (failure.spec, failure.location) for failure in full.failures}
        for page in pages if budget >= 8000 else []:
            assert page.instance.spec == full.instance.spec
            for failure in page.failures:
                assert (failure.spec, failure.location) == whole[failure.attempts]


def test_the_sampled_instances_have_one_page_and_many_and_cut_texts() -> None:
    instances = paged_instances()
    assert max(len(instance.pages) for instance in instances) > 20
    assert min(len(instance.pages) for instance in instances) == 1
    texts = [text_content(page) for instance in instances for page in instance.pages]
    assert any("… (+" in text for text in texts)


@pytest.mark.parametrize("character", ["x", "ä", "語", "😀", '"', "\\", "\n"])
@pytest.mark.parametrize("budget", [2000, 3000, 8000, 40_000])
def test_a_failure_of_the_longest_texts_fits_into_any_budget_and_keeps_its_status(
    character: str, budget: int
) -> None:
    pages = instance_pages_of(longest_instance(character), budget)
    assert [max(encoded_sizes(page)) for page in pages if max(encoded_sizes(page)) > budget] == []
    assert [failure.status for page in pages for failure in page.failures] == ["interrupted"] * 2
    if budget >= 8000:
        paths = {(failure.spec, failure.location) for page in pages for failure in page.failures}
        assert paths == {(character * 300, character * 300)}


def test_the_signed_url_of_an_asset_is_never_cut() -> None:
    full = replace(an_instance(1, 0, 0, 3), exception="e" * 1500)
    for budget in (2000, 4000, 8000):
        urls = [asset.url for page in instance_pages_of(full, budget) for asset in page.assets]
        assert urls == [asset.url for asset in full.assets]


def test_a_path_is_cut_before_the_signed_url_of_an_asset_is_left_out() -> None:
    instance = Instance(instance_id="i" * 36, run_id="r" * 32, spec="😀" * 300)
    full = replace(an_instance(1, 0, 0, 2), instance=instance, exception="")
    urls = [asset.url for page in instance_pages_of(full, 2000) for asset in page.assets]
    assert urls == [asset.url for asset in full.assets]


def test_even_the_longest_url_of_an_asset_leaves_the_page_within_the_smallest_budget() -> None:
    full = an_instance(1, 1, 0, 1, url_chars=2000)
    for page in instance_pages_of(full, 2000):
        assert max(encoded_sizes(page)) <= 2000


@pytest.mark.parametrize("position", [[-1], ["0"], ["x", 0], [-(2**62)]])
def test_a_position_that_no_page_of_an_instance_gave_is_refused(position: list[int | str]) -> None:
    with pytest.raises(InvalidArgument):
        instance_page_at(an_instance(1, 3), encode_cursor(QUERY, position))


@given(position=st.lists(st.integers() | st.integers(-3, 9) | st.text(max_size=3), max_size=3))
def test_a_tampered_position_of_an_instance_is_refused_or_gives_a_page(
    position: list[int | str],
) -> None:
    try:
        page = instance_page_at(an_instance(1, 3), encode_cursor(QUERY, position))
    except InvalidArgument:
        return
    assert max(encoded_sizes(page)) <= 8000


def test_a_cursor_of_another_instance_is_refused() -> None:
    cursor = encode_cursor(("currents_get_instance", "another", False, False), [1])
    with pytest.raises(InvalidArgument, match="another query"):
        instance_page_at(an_instance(1, 3), cursor)


def test_a_cursor_behind_the_end_gives_an_empty_page_without_a_cursor() -> None:
    page = instance_page_at(an_instance(1, 3), encode_cursor(QUERY, [99]))
    assert (page.failures, page.trim.shown, page.trim.total) == ((), 0, 3)
    assert page.trim.trimmed
    assert page.trim.next_cursor == ""
