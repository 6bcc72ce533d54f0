import pytest
from answers.encoded_bytes import encoded_sizes
from answers.made_runs import page_at, paged_runs, small_run, worst_first
from msgspec.structs import replace

from runs_mcp.model import Spec


def test_auto_shows_every_spec_of_a_small_run() -> None:
    page = page_at(small_run(), detail="auto")
    assert [spec.spec for spec in page.specs] == ["a", "b"]
    assert not page.trim.trimmed
    assert page.trim.detail == "full"
    assert (page.trim.shown, page.trim.total) == (2, 2)
    assert page.trim.reason == page.trim.next_cursor == ""


@pytest.mark.parametrize(("upstream_bytes", "detail"), [(1000, "full"), (1001, "failures")])
def test_auto_trims_only_a_payload_above_the_limit(upstream_bytes: int, detail: str) -> None:
    full = small_run(upstream_bytes=upstream_bytes)
    page = page_at(full, detail="auto", trim_above_bytes=1000)
    assert page.trim.detail == detail
    assert page.trim.trimmed is (detail == "failures")


def test_auto_says_why_specs_are_left_out_and_how_to_list_them() -> None:
    large = page_at(small_run(upstream_bytes=1_234_567), detail="auto", trim_above_bytes=1000)
    assert [spec.spec for spec in large.specs] == ["a"]
    assert "1 specs that did not fail are not listed" in large.trim.reason
    assert "1,234,567 bytes" in large.trim.reason
    assert "detail=full" in large.trim.reason
    many = replace(
        small_run(), specs=tuple(Spec(spec=f"{n:03}", status="passed") for n in range(400))
    )
    page = page_at(many, detail="auto")
    assert (page.trim.shown, page.trim.total, page.trim.detail) == (0, 0, "failures")
    assert "400 specs" in page.trim.reason
    assert "do not fit into one answer" in page.trim.reason


def test_auto_is_the_whole_run_in_one_answer_or_the_pages_of_failures() -> None:
    for full, detail, _, (page, *_) in paged_runs():
        if detail != "auto":
            continue
        shown = [spec.instance_id for spec in page.specs]
        if page.trim.detail == "full":
            assert full.upstream_bytes <= 1_000_000
            assert not page.trim.trimmed
            assert shown == worst_first(full, "full")
            assert page.groups == full.groups
        else:
            assert shown == worst_first(full, "failures")[: len(shown)]


def test_auto_trims_nothing_that_would_fit_however_many_specs_there_are() -> None:
    full = replace(small_run(), specs=tuple(Spec(spec="", status="idle") for _ in range(260)))
    room = max(encoded_sizes(page_at(full, detail="full", budget=40_000)))
    assert page_at(full, detail="auto", budget=room).trim.detail == "full"
