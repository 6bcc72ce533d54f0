"""The two encodings of an answer: structured content and text.

Hosts differ in which of the two a model gets, so both are made from the same record by one rule
each: the structured content is the record as JSON, the text has one line for every record in it.
"""

import json
import re
from typing import Any, TypeAlias

import msgspec

from runs_mcp.model import Record

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
_BARE = re.compile(r'[^\s"=]+')
_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def structured_content(report: Record) -> dict[str, Json]:
    """Returns the report as a JSON object, without fields and records that are empty."""
    fields = _without_empty_records(msgspec.to_builtins(report))
    if not isinstance(fields, dict):
        raise TypeError("A report is a record.")
    return fields


def text_content(report: Record) -> str:
    """Returns the report as text: the same facts as its structured content."""
    return as_text(structured_content(report))


def as_text(fields: dict[str, Json]) -> str:
    """Returns structured content as text: a line for each record in it and each plain field."""
    lines: list[str] = []
    for name, value in fields.items():
        if isinstance(value, list):
            lines.extend(_line(name.removesuffix("s"), row) for row in value)
            lines.extend([] if value else [f"{name} none"])
        else:
            lines.append(_line(name, value))
    return "\n".join(lines)


def encoded_size(report: Record) -> int:
    """Returns the size of the larger of the two encodings, in bytes of UTF-8."""
    fields = structured_content(report)
    return max(len(msgspec.json.encode(fields)), len(as_text(fields).encode()))


def fits(report: Record, budget: int) -> bool:
    """Says whether each of the two encodings has at most `budget` bytes."""
    fields = structured_content(report)
    if len(msgspec.json.encode(fields)) > budget:
        return False
    return len(as_text(fields).encode()) <= budget


def output_schema(report_type: type[Record]) -> dict[str, Any]:
    """Returns the JSON schema of a report, its root an object."""
    (root,), definitions = msgspec.json.schema_components(
        [report_type], ref_template="#/$defs/{name}"
    )
    name = root["$ref"].rpartition("/")[2]
    return {**definitions.pop(name), "$defs": definitions}


def _without_empty_records(value: Json) -> Json:
    if isinstance(value, dict):
        inner = {name: _without_empty_records(item) for name, item in value.items()}
        return {name: item for name, item in inner.items() if item != {}}
    if isinstance(value, (list, tuple)):
        return [_without_empty_records(item) for item in value]
    return value


def _line(name: str, value: Json) -> str:
    if isinstance(value, dict):
        return " ".join([name, *_pairs(value)])
    return f"{name} {_plain_value(value)}"


def _pairs(record: dict[str, Json], prefix: str = "") -> list[str]:
    pairs: list[str] = []
    for name, value in record.items():
        if isinstance(value, dict):
            pairs.extend(_pairs(value, f"{prefix}{name}."))
        else:
            pairs.append(f"{prefix}{name}={_plain_value(value)}")
    return pairs


def _plain_value(value: Json) -> str:
    if isinstance(value, str) and _BARE.fullmatch(value):
        return value
    return _AS_JSON.encode(value)
