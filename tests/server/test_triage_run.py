"""Why a run failed, as a host asks it, of both providers."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from buildkite_runs import add_buildkite_run
from hosts import ERAS, Era, pages_of, structured_of, text_of
from in_process import connect
from mcp import Client
from mcp_types import CallToolResult
from msgspec import UNSET
from server.story_references import BRANCH, buildkite, currents
from story_api import api_of, failed_tests

from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import NotableRun

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.

Json = dict[str, Any]
BUDGET: Final = 8000
FLAKE: Final = "Seat map › keeps the chosen seats after a reload"
NO_FAILURES: Final = currents(NotableRun.EMPTY)
"""A baseline that costs one request."""
MANY: Final = NotableBuildkiteRun.MANY_FAILURES


@pytest.fixture
def sandbox(story: Sandbox) -> Iterator[Sandbox]:
    yield story
    story.heal()


def fits(result: CallToolResult) -> bool:
    compact = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return max(len(text_of(result).encode()), len(compact.encode())) <= BUDGET


async def first_page(client: Client, run: str, **more: str) -> Json:
    return structured_of(await client.call_tool("triage_run", {"run": run, **more}))


async def all_pages(client: Client, run: str) -> list[Json]:
    """Returns all pages of a triage, each of which fits."""
    pages = [page async for page in pages_of(client, "triage_run", {"run": run})]
    assert all(fits(page) for page in pages)
    return [structured_of(page) for page in pages]


def grouped_tests(pages: list[Json]) -> dict[str, list[tuple[str, str]]]:
    """Returns the tests of each group over all pages."""
    tests: dict[str, list[tuple[str, str]]] = {}
    for group in (group for page in pages for group in page["groups"]):
        listed = tests.setdefault(group["fingerprint"], [])
        example = [group["example"]] if "example" in group else []
        listed += [(test["spec"], test["test"]) for test in [*example, *group.get("others", [])]]
    return tests


def failing_instances(sandbox: Sandbox, run: NotableRun) -> list[str]:
    """Returns the instances in which tests failed, those with the fewest first."""
    failures = {
        spec.instance_id: spec.results.stats.failures
        for spec in sandbox.currents.specs_of(run.value)
        if spec.results is not UNSET and spec.results.stats.failures
    }
    return sorted(failures, key=lambda instance: failures[instance])


@pytest.mark.parametrize("era", ERAS)
async def test_the_feature_branch_has_its_three_causes(sandbox: Sandbox, era: Era) -> None:
    async with connect(sandbox, era=era) as client:
        result = await client.call_tool("triage_run", {"run": BRANCH})

    first = structured_of(result)
    assert fits(result)
    assert first["verdict"] in text_of(result)

    assert "42 tests failed for 3 causes (3 new)" in first["verdict"]
    assert [group["tests"] for group in first["groups"]] == [23, 10, 9]
    assert {group["novelty"] for group in first["groups"]} == {"new"}
    assert first["baseline"]["run"] == currents(NotableRun.MAIN)
    assert first["coverage"] == {"failing_specs": 27, "inspected": 27, "failed_to_load": 0}
    example = first["groups"][0]["example"]
    assert example["error"]["code_frame"]
    assert example["url"].startswith("https://app.currents.dev/instance/")


async def test_every_failed_test_is_in_exactly_one_group_over_the_pages_and_the_flaky_one_in_none(
    sandbox: Sandbox,
) -> None:
    with api_of(sandbox) as api:
        failed = failed_tests(api, NotableRun.THREE_CAUSES.value)
    async with connect(sandbox) as client:
        pages = await all_pages(client, BRANCH)

    groups = grouped_tests(pages)
    listed = [test for tests in groups.values() for test in tests]
    assert len(listed) == len(set(listed))
    assert set(listed) == {(spec, " › ".join(test["title"])) for spec, test in failed}
    assert [test["test"] for page in pages for test in page.get("flaky", [])] == [FLAKE]


async def test_failures_on_several_pages_of_the_api_are_all_in_a_group(sandbox: Sandbox) -> None:
    run = add_buildkite_run(sandbox, failures=130, branch="feat/many-failures")
    async with connect(sandbox) as client:
        pages = await all_pages(client, buildkite(run))

    groups = grouped_tests(pages)
    assert len(pages) > 1
    assert len({test for tests in groups.values() for test in tests}) == 130
    assert {name: len(tests) for name, tests in groups.items()} == {
        group["fingerprint"]: group["tests"] for group in pages[0]["groups"]
    }


@pytest.mark.parametrize("era", ERAS)
async def test_one_cause_is_shown_alone_with_all_of_its_tests(sandbox: Sandbox, era: Era) -> None:
    async with connect(sandbox, era=era) as client:
        everything = await all_pages(client, BRANCH)
        for row in [group for group in everything[0]["groups"] if "first_test" in group]:
            query = {"run": BRANCH, "fingerprint": row["fingerprint"]}
            pages = [structured_of(p) async for p in pages_of(client, "triage_run", query)]
            (group,) = {group["fingerprint"] for page in pages for group in page["groups"]}
            assert group == row["fingerprint"]
            assert grouped_tests(pages) == {group: grouped_tests(everything)[group]}
            assert {page["causes_total"] for page in pages} == {3}


async def test_a_fingerprint_that_the_run_has_not_is_not_found(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        query = {"run": BRANCH, "fingerprint": "0" * 12}
        result = await client.call_tool("triage_run", query)
        assert result.is_error
        assert 'No cause of this run has the fingerprint "000000000000"' in text_of(result)
        assert "kind=not_found" in text_of(result)
        first = await first_page(client, buildkite(MANY), baseline=buildkite(MANY))
        cursor, one = first["trim"]["next_cursor"], first["groups"][0]["fingerprint"]
        query = {"run": buildkite(MANY), "fingerprint": one, "cursor": cursor}
        assert "kind=invalid_argument" in text_of(await client.call_tool("triage_run", query))


async def test_known_and_new_causes_are_told_apart(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        of_currents = await first_page(client, currents(NotableRun.KNOWN_AND_NEW))
        of_buildkite = await first_page(client, buildkite(NotableBuildkiteRun.TWELVE_FAILURES))

    assert sorted(group["novelty"] for group in of_currents["groups"]) == ["known", "new"]
    assert sum(group["novelty"] == "known" for group in of_buildkite["groups"]) == 1


async def test_a_baseline_can_be_named(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        first = await first_page(client, BRANCH, baseline=BRANCH)

    assert {group["novelty"] for group in first["groups"]} == {"known"}
    assert first["baseline"] == {"run": BRANCH, "chosen": "as asked for"}


async def test_without_a_baseline_novelty_is_unknown_and_the_answer_says_why(
    sandbox: Sandbox,
) -> None:
    sandbox.fail(Fault(path="/v1/projects", status=403))
    async with connect(sandbox) as client:
        first = await first_page(client, BRANCH)

    assert {group["novelty"] for group in first["groups"]} == {"unknown"}
    assert "The baseline could not be read" in first["no_baseline"]
    assert "baseline" not in first


async def test_a_baseline_read_in_part_makes_nothing_new(sandbox: Sandbox) -> None:
    failed, *_ = failing_instances(sandbox, NotableRun.MAIN)
    sandbox.fail(Fault(path=f"/v1/instances/{failed}", status=403))
    async with connect(sandbox) as client:
        first = await first_page(client, BRANCH)

    assert {group["novelty"] for group in first["groups"]} == {"unknown"}
    assert "of the baseline could not be read" in first["no_baseline"]


async def test_specs_that_could_not_be_loaded_are_counted_with_the_reason(sandbox: Sandbox) -> None:
    fewest = failing_instances(sandbox, NotableRun.THREE_CAUSES)[:10]
    sandbox.fail(Fault(path=f"/v1/instances/({'|'.join(fewest)})", status=403))
    async with connect(sandbox) as client:
        first = await first_page(client, BRANCH, baseline=NO_FAILURES)

    assert first["coverage"] == {
        "failing_specs": 27,
        "inspected": 17,
        "failed_to_load": 10,
        "why": ["forbidden 10"],
    }
    assert "10 of 27 failing specs could not be loaded" in first["verdict"]


async def test_a_cursor_is_refused_where_more_can_be_read_than_when_it_was_given(
    sandbox: Sandbox,
) -> None:
    fewest = failing_instances(sandbox, NotableRun.THREE_CAUSES)[:10]
    sandbox.fail(Fault(path=f"/v1/instances/({'|'.join(fewest)})", status=403))
    async with connect(sandbox) as client:
        first = await first_page(client, BRANCH, baseline=NO_FAILURES)
        sandbox.heal()
        query = {"run": BRANCH, "baseline": NO_FAILURES, "cursor": first["trim"]["next_cursor"]}
        refused = await client.call_tool("triage_run", query)

    assert "kind=conflict" in text_of(refused)
    assert "Call again without a cursor" in text_of(refused)


async def test_failures_behind_a_page_that_cannot_be_read_count_as_not_loaded(
    sandbox: Sandbox,
) -> None:
    path = f".*/runs/{MANY}/failed_executions"
    sandbox.fail(Fault(path=path, times=1))  # the first page is answered
    sandbox.fail(Fault(path=path, status=403))
    async with connect(sandbox) as client:
        baseline = buildkite(NotableBuildkiteRun.PASSED)
        first = await first_page(client, buildkite(MANY), baseline=baseline)

    assert "100 tests failed" in first["verdict"]
    assert "could not be loaded" in first["verdict"]
    assert first["coverage"]["failed_to_load"] >= 1


async def test_where_no_failure_can_be_read_the_answer_is_the_error_of_the_api(
    sandbox: Sandbox,
) -> None:
    sandbox.fail(Fault(path=f".*/runs/{MANY}/failed_executions", status=403))
    async with connect(sandbox) as client:
        refused = await client.call_tool("triage_run", {"run": buildkite(MANY)})

    assert refused.is_error
    assert "kind=forbidden status=403" in text_of(refused)


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        (NotableRun.CANCELED, "The run was canceled"),
        (NotableRun.FAILING, "The run is still going on"),
        (NotableRun.CONSOLE_MAIN, "The run passed; no test failed"),
        (NotableRun.NEVER_RAN, "failed for 1 cause"),
        (NotableRun.CONSOLE_NEVER_RAN, "failed for 1 cause"),
        (NotableRun.OLDEST_SHAPE, "no test failed"),
        (NotableRun.EMPTY, "no test failed"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_the_verdict_fits_the_run(sandbox: Sandbox, run: NotableRun, verdict: str) -> None:
    async with connect(sandbox) as client:
        first = await first_page(client, currents(run), baseline=NO_FAILURES)

    assert verdict in first["verdict"]


async def test_specs_of_a_run_that_timed_out_are_listed_if_they_never_reported(
    sandbox: Sandbox,
) -> None:
    async with connect(sandbox) as client:
        first = await first_page(client, currents(NotableRun.TIMED_OUT), baseline=NO_FAILURES)

    assert first["verdict"].startswith("The run timed out")
    assert "3 specs never reported" in first["verdict"]
    assert len(first["incomplete"]) == 3


async def test_progress_is_reported_while_specs_are_read(sandbox: Sandbox) -> None:
    reported: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        del message
        reported.append((progress, total))

    async with connect(sandbox) as client:
        query = {"run": currents(NotableRun.CONSOLE_FAILED), "baseline": NO_FAILURES}
        await client.call_tool("triage_run", query, progress_callback=note)

    assert reported
    assert reported[-1][0] == reported[-1][1]
