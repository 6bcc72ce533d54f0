"""Secrets as test output shows them are hidden in every wrapping, and nothing else is."""

import re
from html import unescape
from typing import Final
from urllib.parse import quote, unquote

import pytest
from ordinary_lines import ORDINARY
from secret_lines import SECRET_LINES, WRAPPINGS

from runs_mcp.text import safe_text

TELLING: Final = 6
MARKED: Final = re.compile("«(.*?)»", re.DOTALL)


def shown_secret(line: str, shown: str) -> str | None:
    """Returns a part of a secret of the line that is still in what is shown of it."""
    readings = {shown, unquote(shown), unquote(unquote(shown)), unescape(shown)}
    for secret in MARKED.findall(line):
        for start in range(max(len(secret) - TELLING, 0) + 1):
            part = str(secret[start : start + TELLING])
            if any(part in reading for reading in readings):
                return part
    return None


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_nothing_of_a_secret_is_left_in_a_line(wrapping: str) -> None:
    lines = {line: WRAPPINGS[wrapping](MARKED.sub(r"\1", line)) for line in SECRET_LINES}
    assert len(lines) > 200
    shown = {text: safe_text(text) for text in lines.values()}
    left = [shown[text] for line, text in lines.items() if shown_secret(line, shown[text])]
    assert left == []


def test_hiding_a_secret_twice_is_hiding_it_once() -> None:
    once = [safe_text(wrap(line)) for line in SECRET_LINES for wrap in WRAPPINGS.values()]
    assert [text for text in once if safe_text(text) != text] == []


@pytest.mark.parametrize(
    "surroundings", ["{}", "  12 |   {}\n", "Error: 401 ({})", "- {} (see log)"]
)
def test_a_line_without_a_secret_stays_as_it_is(surroundings: str) -> None:
    texts = [surroundings.format(line) for line in ORDINARY]
    assert len(texts) > 250
    assert [safe_text(text) for text in texts if safe_text(text) != text] == []


@pytest.mark.parametrize(
    "line",
    [
        "https://app.test/list?s=9fceb02d&e=2",
        "https://secure.gravatar.com/avatar/x?s=80&d=identicon",
        "https://app.test/hotp?digits=6",
        "md5=9fceb02d0ae598e95dc970b74767f193 of a.zip",
        "Set expires=1764115200 and mac=00:1b:44:11:3a:b7",
        "https://app.test/coupons?expires=2026-11-26&page=2",
        "https://app.test/a--b/verify=me",
        "git log --grep=ST-12 # tickets",
        "Digest of a.zip, response=200",
    ],
)
def test_what_only_resembles_a_signed_link_stays_as_it_is(line: str) -> None:
    assert safe_text(line) == line


def test_an_encoded_line_without_a_secret_stays_as_it_is() -> None:
    # An encoded value goes on over spaces and brackets: "token=nil, x" is taken for one.
    texts = [f"/log?m={quote(line, safe='')}" for line in ORDINARY if "=" not in line]
    assert [safe_text(text) for text in texts if safe_text(text) != text] == []
