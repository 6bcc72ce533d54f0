"""What README.md says of the tools and settings is what there is."""

import re
from pathlib import Path

import pytest
from mcp_types import Tool

from runs_mcp.configuration import Configuration
from runs_mcp.providers import PROVIDERS
from runs_mcp.server.build import build_server
from runs_mcp.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text()


def table_of(tools: list[Tool]) -> str:
    rows = ["| tool | what it does | arguments (optional ones after `;`) |", "| --- | --- | --- |"]
    for tool in tools:
        required = tool.input_schema.get("required", [])
        optional = [name for name in tool.input_schema["properties"] if name not in required]
        summary = (tool.description or "").partition("\n")[0].rstrip(".")
        arguments = "; ".join(filter(None, [", ".join(required), ", ".join(optional)]))
        if not required:
            arguments = f"; {arguments}"
        rows.append(f"| `{tool.name}` | {summary} | {arguments} |")
    return "\n".join(rows)


async def test_the_table_of_tools_is_the_generated_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", "a-key")
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "a-token")
    tools = await build_server(Configuration.load()).list_tools()
    between = re.search(r"<!-- tools:.*?-->\n(.*)\n<!-- /tools -->", README, re.DOTALL)
    assert between is not None
    assert between[1] == table_of(tools)


def test_every_setting_is_told_with_its_default() -> None:
    fields = dict(Settings.model_fields)
    for definition in PROVIDERS:
        fields |= definition.settings.model_fields
    for name, field in fields.items():
        variable = field.validation_alias or f"RUNS_MCP_{name.upper()}"
        (row,) = re.findall(rf"^\| `{variable}` \| (.*?) \|", README, re.MULTILINE)
        if isinstance(field.default, (int, float)) and not isinstance(field.default, bool):
            assert row == f"{field.default:g}" or row == str(field.default)


def test_every_kind_of_error_is_told() -> None:
    from runs_mcp.errors import RunsError

    for kind in RunsError.__subclasses__():
        assert f"`{kind.kind}`" in README
