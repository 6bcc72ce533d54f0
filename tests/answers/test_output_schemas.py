import json
import re

import jsonschema
import pytest
from answers.longest_reports import report_types

from runs_mcp.answers.encoding import output_schema
from runs_mcp.model import Record

all_reports = pytest.mark.parametrize(
    "report_type", report_types(), ids=lambda report: report.__name__
)


@all_reports
def test_an_output_schema_is_an_object_at_its_root(report_type: type[Record]) -> None:
    schema = output_schema(report_type)
    assert schema["type"] == "object"
    assert "$ref" not in schema
    assert list(schema["properties"]) == list(report_type.__struct_encode_fields__)
    jsonschema.Draft202012Validator.check_schema(schema)


@all_reports
def test_an_output_schema_has_all_it_refers_to_and_nothing_else(report_type: type[Record]) -> None:
    schema = output_schema(report_type)
    named = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
    assert named == set(schema["$defs"])


@all_reports
def test_an_output_schema_describes_every_record(report_type: type[Record]) -> None:
    schema = output_schema(report_type)
    for record in (schema, *schema["$defs"].values()):
        assert record["description"]
        assert record["title"]


@all_reports
def test_making_a_schema_twice_gives_the_same(report_type: type[Record]) -> None:
    first = json.dumps(output_schema(report_type))
    assert json.dumps(output_schema(report_type)) == first
