import json
import re
from collections.abc import Iterator
from functools import cache

import jsonschema
import msgspec
from answers.any_reports import reports, run_reports
from answers.encoded_bytes import encoded_sizes
from hypothesis import example, given, settings

from runs_mcp.answers.encoding import (
    Json,
    encoded_size,
    fits,
    output_schema,
    structured_content,
    text_content,
)
from runs_mcp.answers.reports import RunReport
from runs_mcp.answers.trim import Trim
from runs_mcp.model import Record, Run, Spec, SpecTotals, TestTotals, Totals

few = settings(max_examples=30)

# A reader of the text, written from its description alone.
Fact = tuple[str, str]


def read_text(answer: str) -> list[tuple[str, list[Fact]]]:
    """Returns the lines of an answer: what each is, and its facts as name and value."""
    return [read_line(line) for line in answer.split("\n")]


def read_line(line: str) -> tuple[str, list[Fact]]:
    name, _, rest = line.partition(" ")
    if not re.match(r"[a-z_.]+=", rest):
        value, end = read_value("", rest)
        assert end == len(rest)
        return name, [("", value)]
    facts: list[Fact] = []
    while rest:
        key, _, rest = rest.partition("=")
        assert re.fullmatch(r"[a-z_.]+", key)
        value, end = read_value(key, rest)
        facts.append((key, value))
        assert rest[end : end + 1] in ("", " ")
        rest = rest[end + 1 :]
    return name, facts


def read_value(key: str, rest: str) -> tuple[str, int]:
    """Returns a value and where it ends: JSON for lists and quoted texts, else up to a space."""
    if rest.startswith('"') or key in ("tags", "failed_tests"):
        value, end = json.JSONDecoder().raw_decode(rest)
        return shown(value), end
    end = rest.find(" ") if " " in rest else len(rest)
    return rest[:end], end


def facts_of(fields: dict[str, Json]) -> list[tuple[str, list[Fact]]]:
    """Returns what the text should hold, line by line, from the structured content."""
    lines: list[tuple[str, list[Fact]]] = []
    for name, value in fields.items():
        if isinstance(value, list):
            lines += [(name.removesuffix("s"), list(leaves(row))) for row in value]
            lines += [] if value else [(name, [("", "none")])]
        else:
            lines.append((name, list(leaves(value))))
    return lines


def leaves(value: Json, name: str = "") -> Iterator[Fact]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{name}.{key}" if name else key)
    else:
        yield name, shown(value)


def shown(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@settings(max_examples=100)
@given(report=reports)
def test_both_encodings_carry_the_same_facts_and_no_others(report: Record) -> None:
    assert read_text(text_content(report)) == facts_of(structured_content(report))


@few
@given(report=reports)
def test_the_structured_content_decodes_back_to_the_report(report: Record) -> None:
    fields = json.loads(json.dumps(structured_content(report)))
    assert msgspec.convert(fields, type(report)) == report


@few
@given(report=reports)
def test_the_structured_content_is_valid_against_the_output_schema(report: Record) -> None:
    validator_of(type(report)).validate(structured_content(report))


@cache
def validator_of(report_type: type[Record]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(output_schema(report_type))


@few
@given(report=reports)
def test_a_field_at_its_default_is_left_out_except_in_totals(report: Record) -> None:
    check_fields(report, structured_content(report))


def check_fields(record: Record, fields: Json) -> None:
    assert isinstance(fields, dict)
    for field in msgspec.structs.fields(record):
        value = getattr(record, field.name)
        always = field.required or isinstance(record, (TestTotals, SpecTotals))
        assert (field.name in fields) is (always or value != field.default)
        if isinstance(value, Record) and field.name in fields:
            check_fields(value, fields[field.name])
        rows = fields.get(field.name)
        if isinstance(value, tuple) and isinstance(rows, list):
            for inner, row in zip(value, rows, strict=True):
                if isinstance(inner, Record):
                    check_fields(inner, row)


@few
@given(report=reports)
def test_the_size_is_that_of_the_larger_encoding_in_bytes(report: Record) -> None:
    size = max(encoded_sizes(report))
    assert encoded_size(report) == size
    assert fits(report, size)
    assert not fits(report, size - 1)


@few
@given(report=run_reports)
@example(
    RunReport(
        run=Run(provider="currents", id="r", commit_message="a\nrun id=other\nspec spec=b"),
        totals=Totals(tests=TestTotals(), specs=SpecTotals()),
        specs=(Spec(spec="a\nspec spec=b", status="idle"),),
        trim=Trim(trimmed=False, upstream_bytes=0, shown=1, total=1),
    )
)
def test_every_record_is_one_line_whatever_its_texts(report: RunReport) -> None:
    lines = text_content(report).split("\n")
    rows = len(report.groups) + (len(report.specs) or 1)
    assert len(lines) == 3 + rows + (report.last_run is not msgspec.UNSET)
