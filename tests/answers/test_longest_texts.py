"""Every answer fits into its budget, however long its texts are."""

import secrets
from collections.abc import Iterator
from typing import Annotated, get_args, get_origin

import pytest
from answers.encoded_bytes import encoded_sizes, larger_encoding
from answers.longest_reports import CHARACTERS, longest_reports, record_types, report_types
from answers.longest_runs import longest_run
from answers.made_runs import page_at
from hosts import pages_of, text_of
from in_process import connect
from msgspec.structs import fields, replace

from runs_mcp.answers.cursors import encode_cursor
from runs_mcp.answers.shortening import shortened_to
from runs_mcp.answers.triage_reports import Coverage, GroupReport
from runs_mcp.answers.trim import Trim
from runs_mcp.confirmation.claims import Claim
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.store import SqliteStore
from runs_mcp.confirmation.tokens import ConfirmationTokens
from runs_mcp.errors import RunsError
from runs_mcp.model import ErrorText, Record, Shortening, Spec, Whole, shortenings
from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.notable import NotableRun
from runs_mcp.triage.fingerprint.causes import causes_of

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.

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


def test_strings_that_are_never_shortened_are_as_short_as_their_fields_say() -> None:
    position: list[int | str] = ["failures", 99_999, 1, 3, -999_999, 999_999]
    assert len(encode_cursor(("currents_get_run", "r"), position)) <= max_bytes(Trim, "next_cursor")
    place = "100.999999999.999/999999999"
    assert len(encode_cursor(("tool", "r"), [place])) <= max_bytes(Trim, "next_cursor")
    passed = tuple(Spec(spec="s", status="passed") for _ in range(10_000))
    large = replace(longest_run("x"), specs=passed, upstream_bytes=10**10)
    reason = page_at(large, detail="auto", budget=2000).trim.reason
    left_out = "long URLs are left out; "
    assert "specs that did not fail are not listed" in reason
    assert len(left_out + reason) <= max_bytes(Trim, "reason")
    token = ConfirmationTokens([b"k" * 32], SqliteStore()).sign(Claim("c" * 32, "s" * 32))
    assert len(token) <= max_bytes(ActionReport, "confirmation_token")
    longest = f"http://127.0.0.1:65535/confirm/{secrets.token_urlsafe(24)}"
    assert len(longest) <= max_bytes(ActionReport, "confirmation_url")
    (cause,) = causes_of([ErrorText(test="t")])
    assert len(cause.fingerprint) <= max_bytes(GroupReport, "fingerprint")
    kinds = [f"{error.kind} 9999" for error in RunsError.__subclasses__()]
    assert kinds
    assert max(map(len, kinds)) <= max_bytes(Coverage, "why")


def max_bytes(record_type: type[Record], name: str) -> int:
    (annotation,) = (field.type for field in fields(record_type) if field.name == name)
    return max(fact.max_bytes for fact in facts_in(annotation) if isinstance(fact, Whole))


def facts_in(annotation: object) -> Iterator[object]:
    yield annotation
    for part in get_args(annotation):
        yield from facts_in(part)


def test_a_string_without_such_a_fact_is_found() -> None:
    assert has_unbounded_string(str)
    assert has_unbounded_string(tuple[str, ...] | None)
    assert has_unbounded_string(Annotated[str, "some fact"])
    assert not has_unbounded_string(Annotated[tuple[Annotated[str, Whole(3)], ...], "some fact"])


@pytest.mark.parametrize("record_type", RECORDS, ids=lambda one: one.__name__)
def test_a_list_whose_items_are_counted_has_a_field_for_their_number(
    record_type: type[Record],
) -> None:
    numbers = {field.name for field in fields(record_type) if int in get_args(field.type)}
    counted = {
        f"{name}_omitted"
        for name, rules in shortenings(record_type).items()
        if Shortening.COUNTED in rules
    }
    assert counted <= numbers


async def test_a_triage_that_quotes_the_longest_refusal_fits_into_the_budget(
    sandbox: Sandbox,
) -> None:
    refusal = '{"status":"FAILED","error":"%s"}' % ("😀" * 300)
    sandbox.fail(Fault(path="/v1/projects/[^/]+$", status=404, body=refusal))
    async with connect(sandbox, settings={"RUNS_MCP_RESULT_BYTES": "2000"}) as client:
        arguments = {"run": f"currents:{NotableRun.KNOWN_AND_NEW.value}"}
        pages = [page async for page in pages_of(client, "triage_run", arguments)]
    assert "The baseline could not be read" in text_of(pages[0])
    sizes = [larger_encoding(page.structured_content, text_of(page)) for page in pages]
    assert max(sizes) <= 2000
