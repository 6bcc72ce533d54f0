"""Paths made of templates and values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.api.path_templates import fill_path
from runs_mcp.errors import InvalidArgument


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_a_value_is_exactly_one_segment(value: str) -> None:
    path = fill_path("/runs/{run_id}/specs", {"run_id": value})
    assert path.count("/") == 3
    assert path.isascii()
    assert not set("?#{} ") & set(path)


def test_a_value_is_percent_encoded() -> None:
    assert fill_path("/a/{b}", {"b": "x/../y?z=é"}) == "/a/x%2F..%2Fy%3Fz%3D%C3%A9"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_would_change_the_path_is_refused(value: str) -> None:
    with pytest.raises(InvalidArgument, match="run_id is empty or not a name"):
        fill_path("/runs/{run_id}", {"run_id": value})
