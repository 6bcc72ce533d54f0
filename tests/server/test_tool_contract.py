"""What every tool must be, swept over all of them: schemas, hints, names, tokens."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from mcp_types import Tool

from runs_mcp.configuration import Configuration
from runs_mcp.server.build import build_server

SNAPSHOT: Final = Path(__file__).parents[1] / "snapshots" / "tools.json"
# o200k_base has 4.2 characters a token on these schemas (15,293 characters, 3,604 tokens, measured
# with bpe-openai 0.1.4).
CHARS_PER_TOKEN: Final = 4.1
TOKENS: Final = 4000
NOT_IN_EVERY_HOST: Final = {"$ref", "$defs", "anyOf", "oneOf", "allOf"}


@pytest.fixture
def configuration(monkeypatch: pytest.MonkeyPatch) -> Configuration:
    monkeypatch.setenv("CURRENTS_API_KEY", "a-key")
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "a-token")
    return Configuration.load()


@pytest.fixture
async def tools(configuration: Configuration) -> list[Tool]:
    return await build_server(configuration).list_tools()


def keys_in(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key
            yield from keys_in(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from keys_in(item)


async def test_every_schema_is_the_one_of_the_snapshot(tools: list[Tool]) -> None:
    """A change of a schema must be meant: CONTRIBUTING.md says how to write the snapshot."""
    served = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    assert json.loads(SNAPSHOT.read_text()) == served


async def test_input_schemas_have_nothing_that_a_host_refuses(tools: list[Tool]) -> None:
    for tool in tools:
        assert tool.input_schema["type"] == "object"
        assert not NOT_IN_EVERY_HOST & set(keys_in(tool.input_schema)), tool.name


async def test_every_argument_has_one_type_and_a_description_and_is_bounded(
    tools: list[Tool],
) -> None:
    for tool in tools:
        for name, schema in tool.input_schema["properties"].items():
            where = f"{tool.name}.{name}"
            assert schema["description"], where
            assert is_bounded(schema), where
            if schema["type"] == "array":
                assert is_bounded(schema["items"]), where
            assert schema.get("default", "something") not in ("", None, []), where


def is_bounded(schema: dict[str, Any]) -> bool:
    bounds = {
        "string": "enum" in schema or "maxLength" in schema,
        "integer": "minimum" in schema and "maximum" in schema,
        "array": "maxItems" in schema,
        "boolean": True,
    }
    return bounds[schema["type"]]


async def test_output_schemas_are_valid_and_their_root_is_an_object(tools: list[Tool]) -> None:
    for tool in tools:
        assert tool.output_schema is not None
        assert tool.output_schema["type"] == "object"
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)


async def test_every_tool_has_all_four_hints_and_says_whether_it_destroys(
    tools: list[Tool],
) -> None:
    for tool in tools:
        destroys = any(verb in tool.name for verb in ("cancel", "reset", "delete"))
        hints = tool.annotations
        assert hints is not None
        assert hints.read_only_hint is not destroys
        assert hints.destructive_hint is destroys
        assert hints.idempotent_hint is not destroys
        assert hints.open_world_hint is True


async def test_no_tool_takes_a_confirmation_that_a_model_could_make_up(tools: list[Tool]) -> None:
    for tool in tools:
        made_up = {"confirm", "confirmed", "force", "yes", "dry_run", "approve"}
        assert not made_up & set(tool.input_schema["properties"])


async def test_read_only_mode_serves_only_what_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", "a-key")
    monkeypatch.setenv("RUNS_MCP_READ_ONLY", "true")
    served = await build_server(Configuration.load()).list_tools()
    assert served
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in served)


async def test_names_titles_and_descriptions_are_there_and_short(tools: list[Tool]) -> None:
    for tool in tools:
        assert 0 < len(tool.name) <= 40
        assert tool.title
        assert tool.description
        assert len(tool.description) <= 1500


async def test_what_a_model_sees_of_all_tools_stays_small(tools: list[Tool]) -> None:
    seen = [
        {"name": tool.name, "description": tool.description, "parameters": tool.input_schema}
        for tool in tools
    ]
    as_sent = json.dumps(seen, ensure_ascii=False, separators=(",", ":"))
    assert len(as_sent) / CHARS_PER_TOKEN < TOKENS


async def test_without_any_key_no_tool_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CURRENTS_API_KEY", raising=False)
    monkeypatch.delenv("BUILDKITE_API_TOKEN", raising=False)
    assert await build_server(Configuration.load()).list_tools() == []
