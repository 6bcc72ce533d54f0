"""A triage as Markdown: what strangers wrote stays text, and nothing is left out unsaid."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from runs_mcp.answers.history_reports import (
    CauseReport,
    CommitRange,
    HistoryCoverage,
    HistoryReport,
    RunPoint,
    Searched,
    Seen,
)
from runs_mcp.answers.markdown_report import MOST_CHARS, markdown_report
from runs_mcp.answers.triage_reports import BaselineReport, Coverage, GroupReport, NamedTest
from runs_mcp.answers.triage_reports import TriageReport as Report
from runs_mcp.answers.trim import Trim
from runs_mcp.model import Error, Failure, Run

HOSTILE: Final = (
    "a | b",
    "a \\| b",
    "`x` and ``y``",
    "`",
    "```",
    "@everyone #1 acme/shop#2 GH-3 :tada:",
    "</details><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "https://evil.example www.evil.example mail@evil.example",
    "# heading\n- list\n> quote\n```\ncode",
    "| a | b |\n| --- | --- |\n| c | d |",
    "&lt;b&gt; &#64;everyone",
    "**bold** _it_ ~~no~~ \\",
    " leading and trailing ",
    "",
    "\u2028line\u2029end",
    "{{ secrets.KEY }} ${{ github.token }}",
)
OURS: Final = "https://app.currents.dev/run/r"
COMMITS: Final = "https://github.com/acme/shop/compare/a...b"
AT: Final = "2026-11-20T01:00:00.000Z"
MENTION: Final = re.compile(r"@\w|#[0-9]|https?:|www\.|:\w+:")


def report_of(text: str, causes: int = 2, tests: int = 3) -> Report:
    """Returns a report with the text wherever strangers can put one."""
    failure = Failure(
        test=text,
        status="failed",
        spec=text,
        group=text,
        error=Error(name=text, message=text, code_frame=text, stack=text, causes=(text,)),
    )
    group = GroupReport(
        fingerprint="f",
        cause=text,
        kind="other",
        frame=text,
        tests=tests + 1,
        specs=1,
        novelty="new",
        first_test=text,
        example=failure,
        others=tuple(NamedTest(test=text, spec=text, group=text) for _ in range(tests)),
    )
    named = (NamedTest(test=text, spec=text, group=text),)
    return Report(
        run=Run(
            provider="currents",
            id="r",
            url=OURS,
            branch=text,
            commit=text,
            author=text,
            status=text,
        ),
        found=text,
        verdict=text or "The run failed.",
        causes_total=causes,
        groups=(group,) * causes,
        flaky=named,
        quarantined=named,
        incomplete=(text,),
        baseline=BaselineReport(run="currents:b", chosen=text),
        no_baseline=text,
        coverage=Coverage(failing_specs=1, inspected=1, failed_to_load=0),
        trim=Trim(trimmed=False, shown=1, total=1),
    )


def history_of(text: str) -> HistoryReport:
    """Returns the history of that report's cause, with the text wherever strangers can put one."""
    point = RunPoint(run="currents:a", created_at=AT, branch=text, commit=text, author=text)
    cause = CauseReport(
        fingerprint="f",
        cause=text,
        kind="other",
        tests=4,
        pattern="since",
        since=point,
        last_good=point,
        commits=CommitRange(range=text, url=COMMITS),
        seen=Seen(runs=1, of=2),
        also_on=(text, text),
        note=text,
    )
    return HistoryReport(
        run=Run(provider="currents", id="r"),
        causes=(cause,),
        runs_read=2,
        searched=Searched(branch=text),
        coverage=HistoryCoverage(failing_specs=1, inspected=1, unread=0),
        trim=Trim(trimmed=False, shown=1, total=1),
    )


def parsed(markdown: str) -> list[Token]:
    parser = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"])
    return parser.parse(markdown)


def inner(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from inner(token.children or [])


def assert_holds(report: Report, history: HistoryReport) -> None:
    markdown = markdown_report(report, history)
    tokens = parsed(markdown)
    every = list(inner(tokens))
    names = [token.type for token in tokens]
    assert names.count("table_open") == 1
    assert names.count("tr_open") == 1 + len(report.groups)
    assert names.count("td_open") == 7 * len(report.groups)
    assert names.count("heading_open") == 1
    links = [token.attrGet("href") for token in every if token.type == "link_open"]
    assert links == [OURS, *[COMMITS] * len(report.groups)]
    kinds = {token.type for token in every}
    assert not kinds & {
        "image",
        "blockquote_open",
        "html_inline",
        "em_open",
        "strong_open",
        "s_open",
    }
    html = "".join(token.content for token in every if token.type == "html_block")
    assert set(re.findall(r"<[^>]*>", html)) <= {
        *("<details>", "</details>", "<summary>", "</summary>"),
    }
    plain = [token.content for token in every if token.type == "text"]
    assert not [text for text in plain if MENTION.search(text)]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_strangers_wrote_is_no_markup(text: str) -> None:
    assert_holds(report_of(text), history_of(text))


@given(st.text(alphabet=st.sampled_from("`|\\<>@#[]()!*_~&;:/.-\n\r\t ab1"), max_size=40))
def test_no_text_is_markup(text: str) -> None:
    assert_holds(report_of(text), history_of(text))


@pytest.mark.parametrize(("causes", "tests"), [(1, 1), (40, 60), (900, 2), (3, 5000)])
def test_it_fits_and_says_how_much_is_left_out(causes: int, tests: int) -> None:
    report = report_of("e2e/specs/some-test.spec.ts › a title " * 3, causes, tests)
    markdown = markdown_report(report)
    assert len(markdown) <= MOST_CHARS
    rows = len(re.findall(r"^\| `e2e", markdown, re.MULTILINE))
    said = re.search(r"^(\d+) more causes are left out", markdown, re.MULTILINE)
    assert rows + (int(said[1]) if said else 0) == causes
    details = markdown.count("<details>")
    left = re.search(r"The details of (\d+) more are left out", markdown)
    assert details + (int(left[1]) if left else 0) == causes + 3
    if tests > 50 and details > 3:
        assert f"- and {tests + 1 - 50} more" in markdown


@pytest.mark.parametrize("text", ["a | b", "a \\| b", "`x` | ``y``"])
def test_a_bar_is_shown_as_it_is_in_a_list_and_in_a_table(text: str) -> None:
    tokens = list(inner(parsed(markdown_report(report_of(text)))))
    shown = {token.content for token in tokens if token.type == "code_inline"}
    assert shown <= {text, "r", "currents:b"}


def test_a_run_without_failures_has_no_table() -> None:
    fields: dict[str, Any] = {"groups": (), "flaky": (), "quarantined": (), "incomplete": ()}
    empty = report_of("")
    report = Report(**{name: getattr(empty, name) for name in Report.__struct_fields__} | fields)
    assert "|" not in markdown_report(report)
    assert markdown_report(report).startswith("### The run failed.\n")
