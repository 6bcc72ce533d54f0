"""Texts of strangers in every field of a Markdown report, made of what could break out of it."""

import re
from typing import Final

from answers.test_markdown_report import inner, parsed, report_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from runs_mcp.answers.markdown_report import MOST_CHARS, markdown_report
from runs_mcp.answers.triage_reports import TriageReport

PIECES: Final = [
    *[
        "`",
        "``",
        "```",
        "~~~",
        "|",
        "\\",
        "\\|",
        "\\`",
        "\n",
        "\r",
        "\n\n",
        "\t",
        "    ",
        " ",
        "  \n",
    ],
    *["<", ">", "</details>", "<summary>", "<!--", "-->", "<b>", "</code>", "&lt;", "&#64;", "<?"],
    *["@everyone", "@acme/team", "#123", "GH-1", "ABC-12", "9fceb02d", "!12", "%12", "$1", "~bug"],
    *[
        "[x](https://evil.example)",
        "![x](//evil.example/x.png)",
        "[x]: https://evil.example",
        "](",
        ")",
    ],
    *["https://evil.example", "www.evil.example", "mail@evil.example", ":tada:", ":-1:", ":+1:"],
    *[
        "---",
        "===",
        "- ",
        "* ",
        "1. ",
        "1) ",
        "# ",
        "> ",
        "+ ",
        "***",
        "- - -",
        "**",
        "_",
        "~~",
        "$$",
    ],
    *["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x00", "\x1b[31m", "\u202e", "\u2066", "\u200f"],
    *[
        "\ufeff",
        "\ud800",
        "\U0001f469\u200d\U0001f467",
        "a\u0301",
        "The run failed",
        ". ",
        ": ",
        ".",
    ],
    *["<details>\n", "\n</details>\n", "\n```\n", "| a | b |\n| --- | --- |", "{{x}}", "${{ x }}"],
]
hostile: Final = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join)
OURS: Final = "https://app.currents.dev/run/"
REFERENCE: Final = re.compile(
    r"@|#[0-9]|\w-[0-9]|\b[0-9a-f]{7,40}\b|://|www\.|:[\w+-]+:|[!%$~&][\w{]|\w@|[<>`\[\]|*_\\]",
    re.IGNORECASE,
)
UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
EXPECTED: Final = {
    *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text"),
    *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close"),
    *("tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
    *("html_block", "fence", "bullet_list_open", "bullet_list_close"),
    *("list_item_open", "list_item_close", "code_inline", "link_open", "link_close"),
    *("hardbreak", "softbreak"),
}


def everywhere(text: str, causes: int = 2) -> TriageReport:
    """Returns a report with the text in what the API sends, the ID of the run included."""
    report = report_of(text, causes)
    return replace(report, run=replace(report.run, id=text, url=f"{OURS}{text}"))


def assert_nothing_breaks_out(report: TriageReport) -> None:
    markdown = markdown_report(report)
    assert len(markdown) <= MOST_CHARS
    assert not UNSEEN.search(markdown)
    tokens = parsed(markdown)
    every = list(inner(tokens))
    assert {token.type for token in every} <= EXPECTED
    names = [token.type for token in tokens]
    assert names.count("td_open") == 7 * len(report.groups)
    assert (names.count("table_open"), names.count("heading_open")) == (1, 1)
    folds = [token.content.strip() for token in tokens if token.type == "html_block"]
    for opened, closed in zip(folds[::2], folds[1::2], strict=True):
        assert re.fullmatch(r"<details><summary>[\w :]+</summary>", opened)
        assert closed == "</details>"
    left = re.search(r"^The details of (\d+) more are left out\.$", markdown, re.MULTILINE)
    assert len(folds) // 2 + (int(left[1]) if left else 0) == len(report.groups) + 3
    links = [str(token.attrGet("href")) for token in every if token.type == "link_open"]
    assert not [link for link in links if not re.fullmatch(OURS + r"[\w.-]+", link, re.ASCII)]
    plain = [token.content for token in every if token.type == "text"]
    assert not [text for text in plain if REFERENCE.search(text)]


@given(hostile)
@example("---")
@example("1) one")
@example(":-1:")
@example("Fixes GH-3")
@example("Found by the commit 9fceb02d0ae598e95dc970b74767f19372d61af8.")
@example("x) [evil](https://evil.example")
@example("\ud800")
@example("`" * 5000)
@example("|" * 5000)
@example("a" * 100_000)
@example("\u202e" + "b " * 50_000)
def test_nothing_that_strangers_wrote_breaks_out_of_its_place(text: str) -> None:
    assert_nothing_breaks_out(everywhere(text))


@settings(max_examples=20)
@given(st.lists(st.sampled_from(PIECES), min_size=200, max_size=400).map("".join))
def test_nothing_breaks_out_where_much_is_left_out(text: str) -> None:
    report = everywhere(text, causes=300)
    markdown = markdown_report(report)
    assert len(markdown) <= MOST_CHARS
    shown = [token.type for token in parsed(markdown)].count("tr_open") - 1
    assert f"{300 - shown} more causes are left out." in markdown


def test_causes_and_rows_that_the_report_does_not_have_are_counted() -> None:
    report = report_of("a test", causes=2)
    trim = replace(report.trim, trimmed=True, shown=3, total=12)
    markdown = markdown_report(replace(report, causes_total=7, trim=trim))
    assert "5 more causes are left out." in markdown
    assert "9 more entries did not fit into the report." in markdown
