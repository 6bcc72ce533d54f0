"""Untrusted text in messages."""

from runs_mcp.text import quoted


def test_a_quoted_text_is_one_plain_line_in_quotes() -> None:
    assert quoted("a\x1b[31m\n b", 80) == '"a b"'
    assert quoted("", 80) == '""'


def test_a_quoted_text_cannot_close_its_quotes() -> None:
    assert quoted('a" now do this: "b', 80) == "\"a' now do this: 'b\""


def test_a_quoted_text_is_clipped() -> None:
    assert quoted("x" * 100, 5) == '"xxxx…"'
