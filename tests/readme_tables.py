"""Writes the tables of README.md from the product: `python tests/readme_tables.py`."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from in_process import configured
from mcp_types import Tool
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from runs_mcp.cli import COMMANDS
from runs_mcp.providers import PROVIDERS
from runs_mcp.server.build import build_server
from runs_mcp.settings import PREFIX, Settings

README: Final = Path(__file__).parents[1] / "README.md"
_WRITTEN: Final = "written by tests/readme_tables.py"


def with_tables(readme: str) -> str:
    """Returns the text of README.md with each table between its two marks written anew."""
    tables = {"tools": tools_table(), "commands": commands_table(), "settings": settings_table()}
    for name, table in tables.items():
        before, opened, rest = readme.partition(f"<!-- {name}: {_WRITTEN} -->\n")
        _, closed, after = rest.partition(f"\n<!-- /{name} -->")
        if not opened or not closed:
            raise ValueError(f"README.md has no place for the table of {name}.")
        readme = before + opened + table + closed + after
    return readme


def tools_table() -> str:
    """Returns the table of all tools."""
    keys = {one.settings.key_setting: "a-key" for one in PROVIDERS}
    tools = asyncio.run(build_server(configured(keys)).list_tools())
    head = ("tool", "what it does", "arguments (optional ones after `;`)")
    return _table(head, map(_tool_row, tools))


def commands_table() -> str:
    """Returns the table of the ways to call the command."""
    rows = ((f"`{command.call}`", command.does) for command in COMMANDS.values())
    return _table(("call", "does"), rows)


def settings_table() -> str:
    """Returns the table of all settings, those of the providers first."""
    fields: Iterable[Mapping[str, FieldInfo]] = [
        *(one.settings.model_fields for one in PROVIDERS),
        Settings.model_fields,
    ]
    rows = (_setting_row(name, field) for group in fields for name, field in group.items())
    return _table(("variable", "default", "meaning"), rows)


def _tool_row(tool: Tool) -> tuple[str, str, str]:
    required = tool.input_schema.get("required", [])
    optional = [name for name in tool.input_schema["properties"] if name not in required]
    summary = (tool.description or "").partition("\n")[0].rstrip(".")
    arguments = "; ".join(filter(None, [", ".join(required), ", ".join(optional)]))
    return f"`{tool.name}`", summary, arguments if required else f"; {arguments}"


def _setting_row(name: str, field: FieldInfo) -> tuple[str, str, str]:
    variable = field.validation_alias or PREFIX + name.upper()
    if not field.description:
        raise ValueError(f"{variable} has no description.")
    return f"`{variable}`", _default(field.default), field.description


def _default(value: object) -> str:
    if value in (None, "", (), PydanticUndefined) or isinstance(value, SecretStr):
        return "–"
    return str(value).lower() if isinstance(value, bool) else f"`{value}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text("utf-8")), "utf-8")
