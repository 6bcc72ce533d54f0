"""Every answer fits into its budget, however long its texts are."""

from typing import Annotated, get_args, get_origin

import pytest
from answers.encoded_bytes import encoded_sizes, larger_encoding
from answers.longest_reports import CHARACTERS, longest_reports, record_types, report_types
from hosts import pages_of, text_of
from in_process import connect
from msgspec.structs import fields

from runs_mcp.answers.shortening import shortened_to
from runs_mcp.model import Record, Shortening, Whole, shortenings
from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.notable import NotableRun

REPORTS = report_types()
RECORDS = sorted(set().union(*map(record_types, REPORTS)), key=lambda one: one.__name__)


@pytest.mark.parametrize("budget", [2000, 4000, 8000])
@pytest.mark.parametrize("report_type", REPORTS, ids=lambda one: one.__name__)
def test_an_answer_with_the_longest_texts_fits_into_the_budget(
    report_type: type[Record], budget: int
) -> None:
    pages = [page for one in CHARACTERS for page in longest_reports(report_type, one)]
    assert min(max(encoded_sizes(page)) for page in pages) > 2000
    shortened = [max(encoded_sizes(shortened_to(budget, page))) for page in pages]
    assert max(shortened) <= budget


@pytest.mark.parametrize("record_type", RECORDS, ids=lambda one: one.__name__)
def test_every_string_in_an_answer_says_how_it_is_shortened_or_how_short_it_is(
    record_type: type[Record],
) -> None:
    assert [field.name for field in fields(record_type) if has_unbounded_string(field.type)] == []


def has_unbounded_string(annotation: object) -> bool:
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated and parts[0] is str:
        return sum(isinstance(fact, Shortening | Whole) for fact in parts) != 1
    return annotation is str or any(map(has_unbounded_string, parts))


def test_a_string_that_says_nothing_of_its_length_is_found() -> None:
    assert has_unbounded_string(str)
    assert has_unbounded_string(tuple[str, ...] | None)
    assert has_unbounded_string(Annotated[str, "some fact"])
    assert not has_unbounded_string(Annotated[tuple[Annotated[str, Whole(3)], ...], "some fact"])


@pytest.mark.parametrize("record_type", RECORDS, ids=lambda one: one.__name__)
def test_what_counts_the_items_that_are_left_out_is_there(record_type: type[Record]) -> None:
    numbers = {field.name for field in fields(record_type) if int in get_args(field.type)}
    counted = {
        f"{name}_omitted"
        for name, rules in shortenings(record_type).items()
        if Shortening.COUNTED in rules
    }
    assert counted <= numbers


async def test_a_refusal_of_the_longest_text_fits_into_a_triage(sandbox: Sandbox) -> None:
    refusal = '{"status":"FAILED","error":"%s"}' % ("😀" * 300)
    sandbox.fail(Fault(path="/v1/projects/[^/]+$", status=404, body=refusal))
    async with connect(sandbox, settings={"RUNS_MCP_RESULT_BYTES": "2000"}) as client:
        arguments = {"run": f"currents:{NotableRun.KNOWN_AND_NEW.value}"}
        pages = [page async for page in pages_of(client, "triage_run", arguments)]
    assert "The baseline could not be read" in text_of(pages[0])
    sizes = [larger_encoding(page.structured_content, text_of(page)) for page in pages]
    assert max(sizes) <= 2000
