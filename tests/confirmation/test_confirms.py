"""What a person has to type: exactly the last six characters of the ID."""

import pytest
from confirmation.fake_action import RUN_ID

from runs_mcp.confirmation.question import confirms


@pytest.mark.parametrize("target", ["a", "-", "ab_-1", "abcdef", "x" * 128, "1540004197"])
def test_the_last_six_characters_or_all_of_a_shorter_id_confirm(target: str) -> None:
    assert confirms(target[-6:], target)


def test_spaces_around_the_characters_do_not_matter() -> None:
    assert confirms(f" {RUN_ID[-6:]}\n", RUN_ID)


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        " ",
        "\t\n\u00a0",
        "\u200b",
        "yes",
        "true",
        RUN_ID,
        "abcde",
        "bcdef",
        "ABCDEF",
        "abcdef!",
        "abc def",
        "abcdefabcdef",
        "\u0430bcdef",
        "\uff41\uff42\uff43\uff44\uff45\uff46",
        "abcdef\u200b",
        "\u202eabcdef",
        "abcde\u0301f",
        "abcdef\0",
        "\ufeffabcdef",
        "“abcdef”",
        pytest.param("\ud800", id="half a surrogate pair"),
    ],
)
def test_what_only_looks_right_does_not_confirm(typed: str | None) -> None:
    assert not confirms(typed, RUN_ID)


@pytest.mark.parametrize("typed", ["", " ", None])
@pytest.mark.parametrize("target", ["", "a", "1", "-"])
def test_an_empty_form_confirms_no_id_however_short(target: str, typed: str | None) -> None:
    assert not confirms(typed, target)
