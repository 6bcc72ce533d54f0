"""A triage on pages."""

from collections import Counter
from collections.abc import Iterable

import pytest
from answers.encoded_bytes import encoded_sizes
from msgspec import UNSET

from runs_mcp.answers.cursors import PageRequest, Query
from runs_mcp.answers.triage_pages import TriageAnswer
from runs_mcp.answers.triage_reports import BaselineReport, TriageReport
from runs_mcp.errors import Conflict
from runs_mcp.model import Error, ErrorText, FailedTest, Failure, Run
from runs_mcp.triage.findings import Findings
from runs_mcp.triage.fingerprint.causes import Cause
from runs_mcp.triage.grouping import CauseGroup

QUERY: Query = ("triage_run", "currents:r", "")


def failures(name: str, count: int, text: str = "m") -> tuple[Failure, ...]:
    return tuple(
        Failure(
            test=f"{name} {n:03}",
            status="failed",
            spec=f"{name}.spec.ts",
            group=f"browser {n % 9}",
            error=Error(message=text * 800, stack=text * 500, frame=f"{name}.ts:{n}"),
        )
        for n in range(count)
    )


def as_read(failures: Iterable[Failure]) -> tuple[FailedTest, ...]:
    return tuple(FailedTest(failure, ErrorText()) for failure in failures)


def a_triage(*sizes: int, text: str = "m", unread: tuple[str, ...] = ()) -> TriageAnswer:
    """Returns the triage of a run with a cause for so many tests each."""
    groups = [
        CauseGroup(
            Cause(fingerprint=f"{n:012}", cause=f"{n} {text * 298}", kind="other"),
            failures(f"cause {n}", size, text),
            "new",
        )
        for n, size in enumerate(sizes)
    ]
    findings = Findings(
        run=Run(provider="currents", id="r", status="failed", completion="complete"),
        totals=None,
        failures=as_read(failure for group in groups for failure in group.failures),
        flaky=as_read(failures("flaky", 4)),
        quarantined=as_read(failures("quarantined", 3)),
        incomplete=("x.spec.ts", "y.spec.ts"),
        failing_specs=len(sizes) + len(unread),
        unread=unread,
        unreadable=(),
        remarks=(),
    )
    return TriageAnswer(findings, groups, BaselineReport(run="currents:b", chosen="by us"), "")


def pages_of(triage: TriageAnswer, budget: int = 4000) -> list[TriageReport]:
    pages = [triage.page(PageRequest(QUERY, "", budget))]
    while cursor := pages[-1].trim.next_cursor:
        assert len(pages) < 200, "the pages do not end"
        pages.append(triage.page(PageRequest(QUERY, cursor, budget)))
    return pages


def test_every_failed_test_is_once_on_the_pages_with_its_group() -> None:
    triage = a_triage(30, 7, 1)
    shown: Counter[tuple[str, str]] = Counter()
    for group in [group for page in pages_of(triage) for group in page.groups]:
        named = [test.test for test in group.others]
        named += [group.example.test] if isinstance(group.example, Failure) else []
        shown.update((group.fingerprint, test) for test in named)
    assert shown == Counter(
        (group.cause.fingerprint, failure.test)
        for group in triage.groups
        for failure in group.failures
    )


def test_a_row_of_every_cause_comes_first_and_later_pages_repeat_what_a_group_is() -> None:
    pages = pages_of(a_triage(*range(9, 0, -1)))
    groups = [group for page in pages for group in page.groups]
    rows = [group for group in groups if group.first_test]
    later = [group for group in groups if not group.first_test]
    assert [group.tests for group in rows] == list(range(9, 0, -1))
    assert all(group.frame and group.first_test and group.in_groups for group in rows)
    assert not any(group.frame or group.first_test or group.in_groups for group in later)
    assert later
    for group in later:
        (row,) = (each for each in rows if each.fingerprint == group.fingerprint)
        assert (group.cause[:60], group.kind, group.tests, group.novelty) == (
            row.cause[:60],
            row.kind,
            row.tests,
            row.novelty,
        )


def test_causes_and_examples_are_shortened_to_leave_room_for_each_other() -> None:
    first, *_ = pages_of(a_triage(*[2] * 9), 8000)
    assert {len(group.cause) < 300 for group in first.groups} == {True}
    examples = [group.example for group in first.groups if isinstance(group.example, Failure)]
    assert len(examples) > 1
    assert max(max(encoded_sizes(example)) for example in examples) <= 2000


def test_a_few_more_tests_of_each_group_come_before_the_rest_of_them() -> None:
    (page,) = pages_of(a_triage(9, 2), 40_000)
    first, second = page.groups
    assert len(first.others) == 8
    first_page, *_ = pages_of(a_triage(200, 2), 8000)
    assert [len(group.others) >= 1 for group in first_page.groups] == [True, True]
    assert second.example is not UNSET


def test_each_page_says_how_many_tests_of_a_group_come_later() -> None:
    left = 30
    for page in pages_of(a_triage(30)):
        for group in page.groups:
            left -= len(group.others) + (group.example is not UNSET)
            assert group.more == left
    assert left == 0


def test_flaky_tests_those_in_quarantine_and_silent_specs_are_each_shown_once() -> None:
    pages = pages_of(a_triage(30), 2000)
    assert len(pages) > 1
    flaky = [test.test for page in pages for test in page.flaky]
    assert flaky == [failure.test for failure in failures("flaky", 4)]
    quarantined = [test.test for page in pages for test in page.quarantined]
    assert quarantined == [failure.test for failure in failures("quarantined", 3)]
    assert [spec for page in pages for spec in page.incomplete] == ["x.spec.ts", "y.spec.ts"]


def test_a_cause_names_the_groups_of_the_run_with_most_of_it() -> None:
    (page,) = pages_of(a_triage(20), 40_000)
    (group,) = page.groups
    assert [*group.in_groups.values()] == [3, 3, 2, 2, 2, 2, 6]
    assert group.in_groups["3 more"] == 6


def test_every_page_says_how_much_could_be_read_and_against_which_run() -> None:
    for page in pages_of(a_triage(12, 3, unread=("timeout", "timeout", "not_found"))):
        assert page.baseline == BaselineReport(run="currents:b", chosen="by us")
        assert (page.coverage.failing_specs, page.coverage.inspected) == (5, 2)
        assert page.coverage.why == ("timeout 2", "not_found 1")
        assert "15 tests failed for 2 causes" in page.verdict


@pytest.mark.parametrize("text", ["x", "😀", '"\n'])
def test_every_page_fits_into_the_budget(text: str) -> None:
    pages = pages_of(a_triage(5, 1, text=text), 2000)
    assert max(max(encoded_sizes(page)) for page in pages) <= 2000


def test_a_cursor_is_refused_once_there_are_more_failures() -> None:
    cursor = pages_of(a_triage(30))[0].trim.next_cursor
    with pytest.raises(Conflict, match="has changed since that cursor was given"):
        a_triage(31).page(PageRequest(QUERY, cursor, 4000))
