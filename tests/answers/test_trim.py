import json
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, Literal, get_args

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from runs_mcp.answers.cursors import PageRequest, Query, encode_cursor
from runs_mcp.answers.encoding import structured_content, text_content
from runs_mcp.answers.instance_pages import instance_page
from runs_mcp.answers.reports import InstanceReport, RunReport
from runs_mcp.answers.run_pages import Detail, run_page
from runs_mcp.errors import InvalidArgument
from runs_mcp.model import (
    Artifacts,
    Asset,
    AssetKind,
    Error,
    Failure,
    FailureStatus,
    FullInstance,
    FullRun,
    Group,
    Instance,
    LastRun,
    Record,
    Run,
    Spec,
    SpecCounts,
    SpecTotals,
    TestCounts,
    TestResult,
    TestStatus,
    TestTotals,
    Totals,
)

QUERY: Final[Query] = ("currents_get_run", "run")
SpecStatus = Literal["failed", "flaky", "passed", "running", "idle", "unclaimed", "unknown"]

# What strangers' texts are made of, after text.py: quotes, other scripts, things that look like
# the format itself.
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
DURATIONS: list[int | msgspec.UnsetType] = [msgspec.UNSET, 0, 123_456]
ID_CHARACTERS = "abcdefXYZ0189_-"


def some_text(rng: random.Random, longest: int) -> str:
    length = rng.choice([0, 1, 8, 40, longest // 2, longest])
    return (rng.choice(PIECES) * length)[: min(length, longest)]


def some_id(rng: random.Random, number: int) -> str:
    return f"{number:03}" + rng.choice(ID_CHARACTERS) * rng.choice([5, 29, 125])


def a_run(seed: int, specs: int, groups: int = 0, last_failed: int | None = None) -> FullRun:
    """Returns a run whose records can be told apart by what is never cut: IDs and numbers."""
    rng = random.Random(seed)
    completion = rng.choice(["", "in_progress", "complete", "canceled", "timeout"])
    return FullRun(
        run=Run(
            provider="currents",
            id=some_id(rng, 0),
            url="https://app.currents.dev/run/" + some_id(rng, 0),
            project_id=some_id(rng, 0),
            status=rng.choice(["passed", "failed", "failing", "running", ""]),
            completion=completion,
            created_at=rng.choice(["", "2026-08-31T08:00:00.000Z"]),
            duration_ms=rng.choice(DURATIONS),
            branch=some_text(rng, 300),
            commit=some_text(rng, 64),
            commit_message=some_text(rng, 300),
            author=some_text(rng, 128),
            tags=tuple(some_text(rng, 64) for _ in range(rng.randrange(13))),
            ci_build_id=some_text(rng, 300),
            framework=some_text(rng, 128),
        ),
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


def a_spec(rng: random.Random, number: int) -> Spec:
    status: SpecStatus = rng.choice(get_args(SpecStatus))
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


full_runs = st.builds(
    a_run,
    seed=st.integers(0, 10**9),
    specs=st.integers(0, 60),
    groups=st.integers(0, 12),
    last_failed=st.none() | st.integers(0, 20),
)
budgets = st.integers(2000, 40_000) | st.sampled_from([2000, 8000, 40_000])
details = st.sampled_from(get_args(Detail))
few = settings(max_examples=30, deadline=None)


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


def encoded_sizes(report: Record) -> tuple[int, int]:
    compact = json.dumps(structured_content(report), ensure_ascii=False, separators=(",", ":"))
    return len(compact.encode()), len(text_content(report).encode())


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


@few
@given(full=full_runs, detail=details, budget=budgets)
def test_every_page_of_a_run_fits_into_the_budget_in_both_channels(
    full: FullRun, detail: Detail, budget: int
) -> None:
    for page in pages_of(full, detail, budget):
        assert max(encoded_sizes(page)) <= budget


@few
@given(full=full_runs, detail=st.sampled_from(["failures", "full"]), budget=budgets)
def test_the_pages_of_a_run_together_hold_its_specs_once_worst_first(
    full: FullRun, detail: Detail, budget: int
) -> None:
    shown = [spec.instance_id for page in pages_of(full, detail, budget) for spec in page.specs]
    assert shown == worst_first(full, detail)


@few
@given(full=full_runs, detail=details, budget=budgets)
def test_the_pages_of_a_run_together_hold_every_group_once_in_order(
    full: FullRun, detail: Detail, budget: int
) -> None:
    shown = [group.specs for page in pages_of(full, detail, budget) for group in page.groups]
    assert shown == [group.specs for group in full.groups]


@few
@given(full=full_runs, detail=details, budget=budgets)
def test_the_pages_of_a_run_together_hold_the_tests_that_failed_last_once_in_order(
    full: FullRun, detail: Detail, budget: int
) -> None:
    shown: list[str] = []
    for page in pages_of(full, detail, budget):
        if full.last_run is None:
            assert page.last_run is msgspec.UNSET
        else:
            assert isinstance(page.last_run, LastRun)
            assert page.last_run.status == full.last_run.status
            shown += page.last_run.failed_tests
    expected = full.last_run.failed_tests if full.last_run else ()
    assert [test[:3] for test in shown] == [test[:3] for test in expected]
    if budget >= 8000:
        assert shown == [*expected]


@few
@given(full=full_runs, detail=st.sampled_from(["failures", "full"]), budget=budgets)
def test_trim_says_how_much_of_how_much_a_page_shows(
    full: FullRun, detail: Detail, budget: int
) -> None:
    pages = pages_of(full, detail, budget)
    total = len(worst_first(full, detail))
    for page in pages:
        assert page.trim.shown == len(page.specs)
        assert page.trim.total == total
        assert page.trim.detail == detail
        assert page.trim.upstream_bytes == full.upstream_bytes
        complete = len(page.specs) == len(full.specs) and not page.trim.next_cursor
        assert page.trim.trimmed is not complete
        assert bool(page.trim.reason) is (bool(page.trim.next_cursor) or total < len(full.specs))
    assert sum(page.trim.shown for page in pages) == total


@few
@given(full=full_runs, detail=details, budget=budgets)
def test_every_page_of_a_run_has_the_exact_totals_and_names_the_run(
    full: FullRun, detail: Detail, budget: int
) -> None:
    for page in pages_of(full, detail, budget):
        assert page.totals == full.totals
        assert (page.run.id, page.run.url) == (full.run.id, full.run.url)
        assert page.run.project_id == full.run.project_id


@few
@given(full=full_runs, detail=details, budget=budgets)
def test_the_next_cursor_is_whole_in_both_channels(
    full: FullRun, detail: Detail, budget: int
) -> None:
    for page in pages_of(full, detail, budget):
        cursor = page.trim.next_cursor
        trim = structured_content(page)["trim"]
        assert isinstance(trim, dict)
        assert trim.get("next_cursor", "") == cursor
        last_line = text_content(page).split("\n")[-1]
        assert last_line.startswith("trim trimmed=")
        assert last_line.endswith(f" next_cursor={cursor}" if cursor else last_line)
        assert ("next_cursor=" in last_line) is bool(cursor)


@few
@given(full=full_runs, detail=details, budget=budgets)
def test_why_a_page_is_not_everything_is_said_in_whole_words(
    full: FullRun, detail: Detail, budget: int
) -> None:
    for page in pages_of(full, detail, budget):
        reason = page.trim.reason
        assert reason.endswith("next_cursor gives the rest") is bool(page.trim.next_cursor)
        assert isinstance(page.trim.total, int)
        left_out = page.trim.total < len(full.specs)
        assert ("detail=full lists them" in reason) is left_out
        assert "…" not in reason


@few
@given(full=full_runs, detail=details, budget=st.integers(8000, 40_000))
@example(full=a_run(1, 5, 5), detail="full", budget=8000)
def test_paths_are_whole_wherever_the_budget_is_8000_or_more(
    full: FullRun, detail: Detail, budget: int
) -> None:
    paths = {spec.instance_id: spec.spec for spec in full.specs}
    for page in pages_of(full, detail, budget):
        for spec in page.specs:
            assert spec.spec == paths[spec.instance_id]


@few
@given(full=full_runs, detail=details, budget=budgets)
def test_a_page_decodes_as_what_its_schema_says_however_much_was_cut(
    full: FullRun, detail: Detail, budget: int
) -> None:
    for page in pages_of(full, detail, budget):
        assert msgspec.convert(structured_content(page), RunReport) == page
        assert page.run.completion == full.run.completion
        assert page.run.status == full.run.status
        assert page.run.created_at == full.run.created_at


def a_run_of_the_longest_texts(character: str) -> FullRun:
    full = a_run(0, specs=3, groups=3, last_failed=3)
    longest_id = "i" * 128
    return replace(
        full,
        run=Run(
            provider="currents",
            id=longest_id,
            url=f"https://app.currents.dev/run/{longest_id}",
            project_id=longest_id,
            status="failing",
            completion="in_progress",
            created_at="2026-08-31T08:00:00.000Z",
            duration_ms=999_999,
            branch=character * 300,
            commit=character * 64,
            commit_message=character * 300,
            author=character * 128,
            tags=(character * 64,) * 12,
            tags_omitted=999,
            ci_build_id=character * 300,
            framework=character * 128,
        ),
        totals=Totals(
            tests=TestTotals(**dict.fromkeys(TestTotals.__struct_fields__, 999_999)),
            specs=SpecTotals(**dict.fromkeys(SpecTotals.__struct_fields__, 999_999)),
        ),
        groups=tuple(
            Group(group=character * 300, platform=character * 128, specs=SpecCounts(overall=n))
            for n in range(1, 4)
        ),
        specs=tuple(
            Spec(
                spec=character * 300,
                status="failed",
                instance_id=f"{n}" + "i" * 127,
                group=character * 300,
                machine_id=longest_id,
                **dict.fromkeys(
                    ("tests", "passed", "failed", "pending", "skipped", "flaky", "duration_ms"),
                    999_999,
                ),
            )
            for n in range(3)
        ),
        upstream_bytes=10**9,
        last_run=LastRun(status="failed", failed_tests=(character * 300,) * 3),
    )


@pytest.mark.parametrize("character", ["x", "ä", "語", "😀", '"', "\\", " "])
@pytest.mark.parametrize("budget", [2000, 3000, 8000, 40_000])
def test_the_longest_texts_fit_into_any_budget_and_all_records_are_there(
    character: str, budget: int
) -> None:
    full = a_run_of_the_longest_texts(character)
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
        a_run_of_the_longest_texts("x"),
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


def test_idle_specs_come_first_then_most_failures_then_flaky_then_the_rest_by_path() -> None:
    full = replace(
        a_run(1, 0),
        run=Run(provider="currents", id="r", completion="timeout"),
        specs=(
            Spec(spec="z-unknown", status="unknown"),
            Spec(spec="p-passed", status="passed"),
            Spec(spec="b-flaky", status="flaky", flaky=9),
            Spec(spec="a-flaky", status="flaky", flaky=1),
            Spec(spec="c-failed", status="failed", failed=2),
            Spec(spec="b-failed", status="failed", failed=2),
            Spec(spec="d-failed", status="failed", failed=11),
            Spec(spec="a-unclaimed", status="unclaimed"),
            Spec(spec="y-idle", status="idle"),
            Spec(spec="x-idle", status="idle"),
        ),
    )
    worst = ["x-idle", "y-idle", "d-failed", "b-failed", "c-failed", "a-flaky", "b-flaky"]
    failures = [spec.spec for spec in page_at(full, detail="failures").specs]
    assert failures == [*worst, "a-unclaimed", "z-unknown"]
    everything = [spec.spec for spec in page_at(full, detail="full").specs]
    assert everything == [*worst, "a-unclaimed", "p-passed", "z-unknown"]


@pytest.mark.parametrize("completion", ["in_progress", ""])
def test_specs_that_are_still_to_run_do_not_matter_before_the_run_is_over(completion: str) -> None:
    full = replace(
        a_run(1, 0),
        run=Run(provider="currents", id="r", completion=completion),
        specs=(
            Spec(spec="a", status="unclaimed"),
            Spec(spec="b", status="unknown"),
            Spec(spec="c", status="running"),
            Spec(spec="d", status="failed", failed=1),
        ),
    )
    page = page_at(full, detail="failures")
    assert [spec.spec for spec in page.specs] == ["d"]
    assert (page.trim.shown, page.trim.total, page.trim.trimmed) == (1, 1, True)


def test_long_paths_that_begin_the_same_come_in_the_order_of_their_ends() -> None:
    paths = ["x" * 250 + end for end in ("c", "a", "b", "a")]
    full = replace(
        a_run(1, 0),
        specs=tuple(
            Spec(spec=path, status="idle", instance_id=f"{n}") for n, path in enumerate(paths)
        ),
    )
    assert [spec.instance_id for spec in page_at(full).specs] == ["1", "3", "2", "0"]


def test_a_spec_that_changes_between_two_pages_hides_no_other_and_repeats_none() -> None:
    def run_with(done: set[int]) -> FullRun:
        return replace(
            a_run(1, 0),
            run=Run(provider="currents", id="r", completion="in_progress"),
            specs=tuple(
                Spec(spec=f"tests/{n:03}.spec.ts", status="failed", failed=1, instance_id=f"{n}")
                if n not in done
                else Spec(spec=f"tests/{n:03}.spec.ts", status="passed", instance_id=f"{n}")
                for n in range(100)
            ),
        )

    first = page_at(run_with(set()), budget=2000)
    shown = {int(spec.instance_id) for spec in first.specs}
    again = {0, 1, 2}
    assert again < shown
    second = page_at(run_with(again), cursor=first.trim.next_cursor, budget=40_000)
    assert {int(spec.instance_id) for spec in second.specs} == set(range(100)) - shown


@pytest.mark.parametrize("detail", ["auto", "failures", "full"])
def test_groups_take_a_quarter_of_the_first_page_at_most_and_the_rest_comes_last(
    detail: Detail,
) -> None:
    full = replace(
        a_run(1, 0),
        run=Run(provider="currents", id="r"),
        groups=tuple(Group(group=f"{n:03} " + "g" * 100) for n in range(200)),
        specs=tuple(Spec(spec=f"{n:03}", status="failed", failed=1) for n in range(200)),
    )
    first, *rest = pages_of(full, detail, 8000)
    assert first.groups == full.groups[: len(first.groups)]
    assert 1500 < sum(max(encoded_sizes(group)) for group in first.groups) <= 2000
    assert len(first.specs) > 80
    later = [page for page in rest if page.groups]
    assert [len(page.specs) for page in later[1:]] == [0] * (len(later) - 1)


def small_run(**changes: int) -> FullRun:
    return replace(
        a_run(3, 0),
        run=Run(provider="currents", id="r", completion="complete"),
        specs=(Spec(spec="a", status="failed", failed=1), Spec(spec="b", status="passed")),
        **{"upstream_bytes": 1000, **changes},
    )


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


def test_auto_says_why_it_left_something_out_and_how_to_get_it() -> None:
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


@few
@given(full=full_runs, budget=budgets, trim_above_bytes=st.sampled_from([1, 10**6, 10**12]))
def test_auto_is_the_whole_run_in_one_answer_or_the_pages_of_failures(
    full: FullRun, budget: int, trim_above_bytes: int
) -> None:
    page = page_at(full, detail="auto", budget=budget, trim_above_bytes=trim_above_bytes)
    if page.trim.detail == "full":
        assert full.upstream_bytes <= trim_above_bytes
        assert not page.trim.trimmed
        assert [spec.instance_id for spec in page.specs] == worst_first(full, "full")
        assert page.groups == full.groups
    else:
        failures = worst_first(full, "failures")
        shown = [spec.instance_id for spec in page.specs]
        assert shown == failures[: len(shown)]


def test_auto_trims_nothing_that_would_fit_however_many_specs_there_are() -> None:
    full = replace(small_run(), specs=tuple(Spec(spec="", status="idle") for _ in range(260)))
    room = max(encoded_sizes(page_at(full, detail="full", budget=40_000)))
    assert page_at(full, detail="auto", budget=room).trim.detail == "full"


def many_failures() -> FullRun:
    return replace(
        small_run(),
        specs=tuple(Spec(spec=f"{n:03}", status="failed", failed=1) for n in range(400)),
        groups=tuple(Group(group=f"{n:03}") for n in range(300)),
        last_run=LastRun(status="failed", failed_tests=tuple(f"{n:03}" for n in range(300))),
    )


@pytest.mark.parametrize("detail", ["auto", "failures"])
def test_a_cursor_of_auto_goes_on_with_auto_or_with_what_was_applied(detail: Detail) -> None:
    cursor = page_at(many_failures(), detail="auto").trim.next_cursor
    page = page_at(many_failures(), detail=detail, cursor=cursor)
    assert page == page_at(many_failures(), detail="failures", cursor=cursor)
    assert page.specs


def test_a_cursor_of_full_goes_on_with_full_under_auto() -> None:
    cursor = page_at(many_failures(), detail="full").trim.next_cursor
    page = page_at(many_failures(), detail="auto", cursor=cursor)
    assert page.trim.detail == "full"
    assert page == page_at(many_failures(), detail="full", cursor=cursor)


@pytest.mark.parametrize(
    ("given_by", "passed_to"), [("full", "failures"), ("failures", "full"), ("auto", "full")]
)
def test_a_cursor_of_another_detail_is_refused_and_the_error_names_the_right_one(
    given_by: Detail, passed_to: Detail
) -> None:
    cursor = page_at(many_failures(), detail=given_by).trim.next_cursor
    applied = "full" if given_by == "full" else "failures"
    with pytest.raises(InvalidArgument, match=f"Pass detail={applied}"):
        page_at(many_failures(), detail=passed_to, cursor=cursor)


def test_a_cursor_of_another_run_is_refused() -> None:
    cursor = run_page(
        many_failures(),
        PageRequest(("currents_get_run", "another"), "", 8000),
        detail="full",
        trim_above_bytes=1,
    ).trim.next_cursor
    with pytest.raises(InvalidArgument, match="another query"):
        page_at(many_failures(), detail="full", cursor=cursor)


def test_a_cursor_of_an_instance_is_no_cursor_of_a_run() -> None:
    with pytest.raises(InvalidArgument, match="not one that this tool gave"):
        page_at(many_failures(), cursor=encode_cursor(QUERY, [5]))


@pytest.mark.parametrize(
    "position",
    [
        pytest.param(["failures"], id="a detail alone"),
        pytest.param(["failures", 0], id="no record to go on behind"),
        pytest.param(["everything", 0, 0], id="no such detail"),
        pytest.param(["auto", 0, 0], id="a detail that is never in force"),
        pytest.param([0, 0, 0], id="a number for the detail"),
        pytest.param(["failures", "0", 0, 0], id="a text for the groups"),
        pytest.param(["failures", 0, "0", 0], id="a text for the section"),
        pytest.param(["failures", 0, 0, "x"], id="a text for the rank"),
        pytest.param(["failures", 0, 0, 1, "x"], id="a text for the number of failures"),
        pytest.param(["failures", 0, 0, 1, -1, 10**6], id="a spec that is not there"),
        pytest.param(["failures", 0, 1, "x"], id="a text for the number of a group"),
        pytest.param(["failures", 0, 2, "x"], id="a text for the number of a test"),
    ],
)
def test_a_position_that_no_page_gave_is_refused(position: list[int | str]) -> None:
    with pytest.raises(InvalidArgument):
        page_at(many_failures(), detail="auto", cursor=encode_cursor(QUERY, position))


@settings(max_examples=200, deadline=None)
@given(
    detail=details,
    position=st.lists(
        st.integers(-(2**63), 2**63 - 1)
        | st.integers(-3, 3)
        | st.sampled_from(["full", "failures", "auto", "000", ""])
        | st.text(max_size=5),
        max_size=8,
    ),
    applied=st.sampled_from([[], ["full"], ["failures"], ["full", 0], ["failures", 3, 0, 1]]),
)
def test_a_tampered_position_is_refused_or_gives_a_page_and_never_another_error(
    detail: Detail, position: list[int | str], applied: list[int | str]
) -> None:
    cursor = encode_cursor(QUERY, [*applied, *position])
    try:
        page = page_at(many_failures(), detail=detail, cursor=cursor)
    except InvalidArgument:
        return
    assert max(encoded_sizes(page)) <= 8000


@pytest.mark.parametrize(
    "value",
    ["1.5", "true", "null", "[]", "[0]", "{}", "1e999", "9" * 5000, "NaN", '"\\ud800"'],
)
@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 5])
def test_a_value_of_another_type_in_a_cursor_is_refused(value: str, place: int) -> None:
    with pytest.raises(InvalidArgument):
        page_at(many_failures(), cursor=with_value(failures_cursor(), place, value))


@pytest.mark.parametrize("value", ["9" * 30, "-" + "9" * 30])
@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 5, 6])
def test_a_huge_number_in_a_cursor_breaks_nothing(value: str, place: int) -> None:
    cursor = with_value(failures_cursor(), place, value)
    try:
        page = page_at(many_failures(), cursor=cursor)
    except InvalidArgument:
        return
    assert max(encoded_sizes(page)) <= 8000


def failures_cursor() -> str:
    return page_at(many_failures(), detail="failures").trim.next_cursor


def with_value(cursor: str, place: int, value: str) -> str:
    """Returns the cursor with a JSON text in place of one of its values."""
    parts = [json.dumps(part) for part in json.loads(urlsafe_b64decode(cursor + "==="))]
    parts[place] = value
    return urlsafe_b64encode(f"[{','.join(parts)}]".encode()).decode().rstrip("=")


# --- instances


def an_instance(
    seed: int, failures: int, passed: int = 0, assets: int = 0, *, url_chars: int = 500
) -> FullInstance:
    rng = random.Random(seed)
    return FullInstance(
        instance=Instance(
            instance_id=some_id(rng, 0),
            run_id=some_id(rng, 0),
            spec=some_text(rng, 300),
            group=some_text(rng, 300),
            machine_id=some_id(rng, 0),
            platform=some_text(rng, 128),
            framework=some_text(rng, 128),
            duration_ms=rng.randrange(10**6),
        ),
        totals=TestTotals(overall=failures + passed),
        exception=some_text(rng, 1500),
        artifacts=Artifacts(screenshots=assets),
        tests=(
            *(a_failed_test(a_failure(rng, number)) for number in range(failures)),
            *(
                TestResult(
                    test_id="",
                    title=some_text(rng, 400),
                    status="passed",
                    duration_ms=number + 1,
                )
                for number in range(passed)
            ),
        ),
        assets=tuple(
            Asset(
                kind=rng.choice(get_args(AssetKind)),
                url="https://a.example/?"[:url_chars] + "s" * (url_chars - 19),
                test=some_text(rng, 300),
                attempt=number + 1,
                name=some_text(rng, 128),
                expires_at="2026-08-31T08:00:00.000Z",
            )
            for number in range(assets)
        ),
        upstream_bytes=rng.randrange(10**9),
    )


def a_failed_test(failure: Failure) -> TestResult:
    status: TestStatus = "flaky" if failure.status == "flaky" else "failed"
    return TestResult(test_id="", title=failure.test, status=status, failure=failure)


def a_failure(rng: random.Random, number: int) -> Failure:
    return Failure(
        test=some_text(rng, 300),
        status=rng.choice(get_args(FailureStatus)),
        spec=some_text(rng, 300),
        location=some_text(rng, 300),
        error=Error(
            name=some_text(rng, 128),
            message=some_text(rng, 1500),
            frame=some_text(rng, 300),
            code_frame="\n".join([some_text(rng, 100)] * 8)[:800],
            stack="\n".join([some_text(rng, 100)] * 8)[:800],
        ),
        attempts=number + 1,
        instance_id=some_id(rng, 0),
        artifacts=Artifacts(screenshots=1),
        url="https://app.currents.dev/instance/" + some_id(rng, 0),
    )


full_instances = st.builds(
    an_instance,
    seed=st.integers(0, 10**9),
    failures=st.integers(0, 12),
    passed=st.integers(0, 40),
    assets=st.integers(0, 12),
)


def instance_page_at(full: FullInstance, cursor: str = "", budget: int = 8000) -> InstanceReport:
    return instance_page(
        full,
        PageRequest(QUERY, cursor, budget),
        include_passed=True,
        include_assets=True,
    )


def instance_pages_of(full: FullInstance, budget: int) -> list[InstanceReport]:
    rows = len(full.failures) + len(full.passed) + len(full.assets)
    pages = [instance_page_at(full, budget=budget)]
    while cursor := pages[-1].trim.next_cursor:
        assert len(pages) <= rows, "there are more pages than records"
        pages.append(instance_page_at(full, cursor, budget))
    return pages


@few
@given(full=full_instances, budget=budgets)
def test_every_page_of_an_instance_fits_into_the_budget_in_both_channels(
    full: FullInstance, budget: int
) -> None:
    for page in instance_pages_of(full, budget):
        assert max(encoded_sizes(page)) <= budget


@few
@given(full=full_instances, budget=budgets)
def test_the_pages_of_an_instance_hold_failed_then_flaky_then_passed_then_assets_each_once(
    full: FullInstance, budget: int
) -> None:
    failed = [failure.attempts for failure in full.failures if failure.status != "flaky"]
    flaky = [failure.attempts for failure in full.failures if failure.status == "flaky"]
    pages = instance_pages_of(full, budget)
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


@few
@given(full=full_instances, budget=budgets)
def test_trim_counts_the_records_of_an_instance(full: FullInstance, budget: int) -> None:
    pages = instance_pages_of(full, budget)
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


@few
@given(full=full_instances, budget=budgets)
def test_a_page_of_an_instance_decodes_as_its_schema_says_however_much_was_cut(
    full: FullInstance, budget: int
) -> None:
    for page in instance_pages_of(full, budget):
        assert msgspec.convert(structured_content(page), InstanceReport) == page
        assert page.totals == full.totals
        assert page.artifacts == full.artifacts
        assert page.instance.instance_id == full.instance.instance_id
        assert {asset.expires_at for asset in page.assets} <= {"2026-08-31T08:00:00.000Z"}


@few
@given(full=full_instances, budget=st.integers(8000, 40_000))
def test_the_paths_of_an_instance_are_whole_wherever_the_budget_is_8000_or_more(
    full: FullInstance, budget: int
) -> None:
    whole = {failure.attempts: (failure.spec, failure.location) for failure in full.failures}
    for page in instance_pages_of(full, budget):
        assert page.instance.spec == full.instance.spec
        for failure in page.failures:
            assert (failure.spec, failure.location) == whole[failure.attempts]


@pytest.mark.parametrize("character", ["x", "ä", "語", "😀", '"', "\\", "\n"])
@pytest.mark.parametrize("budget", [2000, 3000, 8000, 40_000])
def test_a_failure_of_the_longest_texts_fits_into_any_budget_and_keeps_its_status(
    character: str, budget: int
) -> None:
    longest_id = "i" * 128
    failure = Failure(
        test=character * 300,
        status="interrupted",
        quarantined=True,
        spec=character * 300,
        group=character * 300,
        location=character * 300,
        owner=character * 128,
        notes=(character * 128,) * 3,
        error=Error(
            name=character * 128,
            message=character * 1500,
            frame=character * 300,
            code_frame=character * 800,
            stack=character * 800,
            causes=(character * 300,) * 5,
        ),
        attempts=999_999,
        duration_ms=999_999,
        instance_id=longest_id,
        artifacts=Artifacts(
            screenshots=999_999, videos=999_999, traces=999_999, attachments=999_999
        ),
        url=f"https://app.currents.dev/instance/{longest_id}",
    )
    full = replace(
        an_instance(1, 0),
        instance=Instance(
            instance_id=longest_id,
            run_id=longest_id,
            spec=character * 300,
            group=character * 300,
            machine_id=longest_id,
            platform=character * 128,
            framework=character * 128,
            duration_ms=999_999,
        ),
        totals=TestTotals(**dict.fromkeys(TestTotals.__struct_fields__, 999_999)),
        exception=character * 1500,
        artifacts=failure.artifacts,
        tests=(a_failed_test(failure), a_failed_test(failure)),
        unreadable=(character * 300,) * 9,
    )
    pages = instance_pages_of(full, budget)
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


def test_what_was_cut_out_of_a_text_is_said_in_its_place() -> None:
    full = replace(an_instance(1, 0), exception="e" * 1500)
    page = instance_page_at(full, budget=2000)
    assert page.exception.endswith(" characters)")
    assert page.exception.startswith("eeee")


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
