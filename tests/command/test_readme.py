"""What README.md says of the tools, commands, settings and errors is what there is."""

import pytest
from readme_tables import README, with_tables

from runs_mcp.errors import RunsError

TEXT = README.read_text("utf-8")


def test_the_tables_are_the_generated_ones() -> None:
    """`python tests/readme_tables.py` writes them."""
    assert with_tables(TEXT) == TEXT


@pytest.mark.parametrize("name", ["tools", "commands", "settings"])
def test_a_table_that_has_no_place_in_the_readme_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=f"no place for the table of {name}"):
        with_tables(TEXT.replace(f"<!-- /{name} -->", ""))


def test_a_table_that_was_changed_by_hand_is_written_anew() -> None:
    changed = TEXT.replace("| `triage_run` |", "| `triage` |").replace(
        "| `RUNS_MCP_CONFIRM` |", "| x |"
    )
    assert with_tables(changed) == TEXT


def test_every_kind_of_error_is_named() -> None:
    for kind in RunsError.__subclasses__():
        assert f"`{kind.kind}`" in TEXT
