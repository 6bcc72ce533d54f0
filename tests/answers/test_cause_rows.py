"""The rows of a triage's causes."""

import random
import string
from typing import Final

from answers.encoded_bytes import encoded_sizes
from answers.made_runs import a_run
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.answers.cause_rows import cause_rows
from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.triage_pages import TriageAnswer
from runs_mcp.answers.triage_reports import BaselineReport, TriageReport
from runs_mcp.model import Error, ErrorText, FailedTest, Failure, Run
from runs_mcp.triage.findings import Findings
from runs_mcp.triage.fingerprint.causes import Cause
from runs_mcp.triage.grouping import CauseGroup

BROWSERS: Final = ("chromium", "firefox", "webkit")
RUN: Final = Run(
    provider="currents",
    id="a" * 32,
    url=f"https://app.example/run/{'a' * 32}",
    project_id="shop01",
    status="failed",
    completion="complete",
    created_at="2026-06-09T08:30:00.000Z",
    duration_ms=1_234_567,
    branch="feature/checkout-in-one-step",
    commit="c" * 40,
    commit_message="Let people pay in one step",
    author="Ada Lovelace",
    tags=("nightly", "browsers"),
    ci_build_id="github-17345678901-1",
    framework="playwright 1.56.0",
)


def a_group(cause: str, number: int, *, title: str = "t", spec: str = "s") -> CauseGroup:
    """Returns a cause that failed one test in each browser."""
    place = f"{spec}:12"
    failures = tuple(
        Failure(test=title, status="failed", spec=spec, group=browser, error=Error(frame=place))
        for browser in BROWSERS
    )
    return CauseGroup(
        Cause(fingerprint=f"{number:012}", cause=cause, kind="assertion"), failures, "unknown"
    )


def words(chance: random.Random, length: int) -> str:
    return "".join(chance.choice(string.ascii_lowercase + " -") for _ in range(length))


def sixty_causes() -> TriageAnswer:
    """Returns a triage of 60 causes in three browsers, with paths and titles of 60 characters."""
    chance = random.Random(12)
    groups = [
        a_group(words(chance, 250), n, title=words(chance, 60), spec=words(chance, 60))
        for n in range(60)
    ]
    failures = tuple(FailedTest(f, ErrorText()) for group in groups for f in group.failures)
    totals = a_run(seed=1, specs=180, groups=3).totals
    findings = Findings(RUN, totals, failures, (), (), (), 180, (), (), ())
    baseline = BaselineReport(run=f"currents:{'b' * 32}", chosen="the last completed run on main")
    return TriageAnswer(findings, groups, baseline, "")


def pages_with_rows(triage: TriageAnswer) -> list[TriageReport]:
    pages = [triage.page(PageRequest(("triage_run",), "", 8000))]
    while sum(bool(group.first_test) for page in pages for group in page.groups) < 60:
        request = PageRequest(("triage_run",), pages[-1].trim.next_cursor, 8000)
        pages.append(triage.page(request))
    return pages


def test_sixty_causes_are_on_three_pages_each_with_what_tells_it() -> None:
    pages = pages_with_rows(sixty_causes())
    rows = [group for page in pages for group in page.groups if group.first_test]
    assert len(pages) == 3
    assert len({row.cause for row in rows}) == 60
    for row in rows:
        assert len(row.cause) >= 80
        assert row.in_groups == dict.fromkeys(BROWSERS, 1)
        assert row.frame.endswith(":12")
    assert max(max(encoded_sizes(page)) for page in pages) <= 8000


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a" * 300, "a" * 79 + "b" * 100, "b", ""]),
            st.sampled_from(["x", "y"]),
            st.sampled_from(["a.ts", "b.ts"]),
        ),
        max_size=40,
    ),
    st.sampled_from([2000, 8000, 40_000]),
)
def test_no_two_causes_look_alike_and_none_is_cut_below_80_characters(
    made: list[tuple[str, str, str]], budget: int
) -> None:
    groups = [
        a_group(cause, number, title=title, spec=spec)
        for number, (cause, title, spec) in enumerate(made)
    ]
    rows = cause_rows(groups, budget)
    assert len({row.cause for row in rows}) == len(rows)
    for group, row in zip(groups, rows, strict=True):
        assert row.cause[:80].startswith(group.cause.cause[:80])
