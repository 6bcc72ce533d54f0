"""Long texts are read in parts, and come out as if they were read at once."""

from collections.abc import Iterator
from typing import Final
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.text import cleaning, parts_of, safe_text

PART_CHARS: Final = 2000
SECRET: Final = "s3cr3tV4lue0fS0me0ne"


@pytest.fixture(autouse=True, scope="module")
def short_parts() -> Iterator[None]:
    with patch.object(cleaning, "_PART_CHARS", PART_CHARS):
        yield


@given(st.lists(st.sampled_from(["word ", "\n", "é", "x" * 500, "token=a", "\x1b[31m"])))
def test_the_parts_are_the_text(pieces: list[str]) -> None:
    text = "".join(pieces) * 30
    assert "".join(parts_of(text)) == text


@pytest.mark.parametrize("filling", ["word ", "x", "line\n", "é", "\N{GRINNING FACE}"])
def test_no_part_is_much_longer_than_it_must_be(filling: str) -> None:
    parts = [*parts_of(filling * (10_000 // len(filling)))]
    assert max(map(len, parts)) < PART_CHARS + 1000
    assert len(parts) >= 5


@pytest.mark.parametrize(
    "secret",
    [
        f"https://x.example/a?X-Amz-Signature={SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"api_key:\n  {SECRET}",
        f"%74oken={SECRET}",
        f"\x1b]8;;https://x.example/?token={SECRET}\x07link\x1b]8;;\x07",
    ],
    ids=repr,
)
@pytest.mark.parametrize("filling", ["word ", "x", "\n"], ids=repr)
def test_a_secret_is_hidden_wherever_the_text_is_parted(secret: str, filling: str) -> None:
    before = filling * (PART_CHARS // len(filling))
    for place in range(0, 700, 7):
        text = f"{before[place:]} {secret} {before}"
        assert SECRET not in safe_text(text)


def test_a_text_full_of_secrets_is_one_part() -> None:
    text = f"token={SECRET} " * 200
    assert [*parts_of(text)] == [text]
    assert SECRET not in safe_text(text)


def test_a_private_key_is_hidden_wherever_the_text_is_parted() -> None:
    body = "MIIEfakefakefakefakefakefakefakefakefakefakefake\n" * 25
    key = f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----"
    for place in range(0, 1400, 50):
        text = f"{'word ' * 400}"[place:] + f" {key} " + "word " * 400
        assert "MIIEfake" not in safe_text(text)
