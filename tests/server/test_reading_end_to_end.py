"""Reading runs, as a host asks for it."""

import json
import unicodedata
from typing import Final

import hosts
import jsonschema
import pytest
from hosts import ERAS, Era, pages_of, structured_of, text_of
from in_process import connect
from mcp_types import CallToolResult
from msgspec import UNSET
from run_of_size import add_run_of_size
from story_api import api_of, instance, reported_tests

from runs_mcp.answers.encoding import Json
from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    CONSOLE_PROJECT,
    PUSH_IN_PROGRESS,
    NotableRun,
)

BUDGET: Final = 8000
every_era = pytest.mark.parametrize("era", ERAS)
every_notable_run = pytest.mark.parametrize("run", NotableRun, ids=lambda run: run.name)


def fits(result: CallToolResult) -> bool:
    compact = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return max(len(text_of(result).encode()), len(compact.encode())) <= BUDGET


@every_era
async def test_a_host_of_either_era_gets_the_same_tools_and_answers(
    sandbox: Sandbox, era: Era
) -> None:
    async with hosts.connect(sandbox, era=era) as client:
        assert client.protocol_version == {"auto": "2026-07-28", "legacy": "2025-11-25"}[era]
        names = [tool.name for tool in (await client.list_tools()).tools]
        answer = structured_of(await client.call_tool("currents_list_projects", {}))

    assert len(names) == len(set(names))
    assert {"currents_get_run", "currents_delete_run", "buildkite_get_run"} <= set(names)
    assert [project["project_id"] for project in answer["projects"]] == [
        BOOKING_PROJECT,
        CONSOLE_PROJECT,
    ]


async def test_every_answer_fits_the_schema_that_its_tool_publishes(sandbox: Sandbox) -> None:
    run = NotableRun.THREE_CAUSES.value
    instance = sandbox.currents.specs_of(run)[0].instance_id
    calls: dict[str, dict[str, object]] = {
        "currents_list_projects": {},
        "currents_list_runs": {"project_id": BOOKING_PROJECT},
        "currents_get_run": {"run_id": run},
        "currents_find_run": {"project_id": BOOKING_PROJECT, "pw_last_run": True},
        "currents_get_instance": {
            "instance_id": instance,
            "include_passed": True,
            "include_asset_urls": True,
        },
        "currents_cancel_run": {"run_id": run},
        "currents_cancel_run_by_github_ci": {
            "github_run_id": PUSH_IN_PROGRESS[0],
            "github_run_attempt": PUSH_IN_PROGRESS[1],
            "project_id": BOOKING_PROJECT,
        },
        "currents_reset_run": {
            "run_id": run,
            "machine_ids": [str(sandbox.currents.specs_of(run)[0].machine_id)],
        },
        "currents_delete_run": {"run_id": run},
        "buildkite_list_suites": {},
        "buildkite_list_runs": {},
        "buildkite_get_run": {"run_id": NotableBuildkiteRun.PASSED_SO_FAR.value},
        "buildkite_get_failed_executions": {
            "run_id": NotableBuildkiteRun.MAIN.value,
            "include_expanded": True,
        },
        "triage_run": {"run": f"currents:{run}"},
        "compare_runs": {
            "base": f"currents:{NotableRun.MAIN.value}",
            "head": f"currents:{run}",
        },
        "wait_for_run": {"run": f"currents:{run}"},
    }
    async with connect(sandbox) as client:
        for tool in (await client.list_tools()).tools:
            answer = structured_of(await client.call_tool(tool.name, calls[tool.name]))
            assert tool.output_schema is not None
            closed = closed_schema(tool.output_schema)
            assert isinstance(closed, dict)
            jsonschema.validate(answer, closed)


def closed_schema(schema: Json) -> Json:
    """Returns the schema with every object closed, so that no field goes unpublished."""
    if isinstance(schema, dict):
        closed = {name: closed_schema(value) for name, value in schema.items()}
        return {**closed, "additionalProperties": False} if "properties" in closed else closed
    return [closed_schema(item) for item in schema] if isinstance(schema, list) else schema


@every_notable_run
async def test_every_run_of_the_story_reads_within_the_budget_and_without_hidden_characters(
    sandbox: Sandbox, run: NotableRun
) -> None:
    async with connect(sandbox) as client:
        answer = await client.call_tool("currents_get_run", {"run_id": run.value})
        answers = [answer]
        for spec in structured_of(answer)["specs"][:6]:
            asked = {"instance_id": spec["instance_id"], "include_passed": True}
            if spec["status"] in ("failed", "flaky", "passed"):
                answers.append(await client.call_tool("currents_get_instance", asked))

    assert structured_of(answer)["run"]["id"] == run.value
    for each in answers:
        assert fits(each)
        shown = text_of(each) + json.dumps(structured_of(each), ensure_ascii=False)
        assert not any(hidden(character) for character in shown)
        assert "[31m" not in shown
        assert "Signature=" not in shown


def hidden(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs")


async def test_what_strangers_write_arrives_as_it_is_but_for_what_nobody_sees(
    sandbox: Sandbox,
) -> None:
    run = NotableRun.STRANGE_STRINGS.value
    async with connect(sandbox) as client:
        worst = structured_of(await client.call_tool("currents_get_run", {"run_id": run}))
        failures = structured_of(
            await client.call_tool(
                "currents_get_instance", {"instance_id": worst["specs"][0]["instance_id"]}
            )
        )["failures"]

    messages = [failure["error"]["message"] for failure in failures]
    shown = "\n".join([worst["run"]["commit_message"], *messages])
    for written in ("<div", "List<String>", "‹", "🚢"):
        assert written in shown
    assert "\u202e" not in shown
    assert "\u200b" not in shown


async def test_a_failure_tells_where_and_why(sandbox: Sandbox) -> None:
    run = NotableRun.THREE_CAUSES.value
    async with connect(sandbox) as client:
        worst = structured_of(await client.call_tool("currents_get_run", {"run_id": run}))
        answer = structured_of(
            await client.call_tool(
                "currents_get_instance", {"instance_id": worst["specs"][0]["instance_id"]}
            )
        )

    with api_of(sandbox) as api:
        truth = reported_tests(instance(api, {"instanceId": worst["specs"][0]["instance_id"]}))
    failed = [test for test in truth if test["state"] == "failed"]
    assert [failure["test"] for failure in answer["failures"]] == [
        " › ".join(test["title"]) for test in failed
    ]
    assert answer["totals"]["failed"] == len(failed)
    for failure in answer["failures"]:
        assert failure["status"] in ("failed", "timed_out")
        assert failure["attempts"] == 3
        assert failure["location"].startswith("e2e/")
        assert failure["error"]["message"]
        assert failure["error"]["code_frame"]
        assert "node_modules" not in failure["error"]["stack"]


async def test_asset_urls_are_given_whole_and_only_when_asked_for(sandbox: Sandbox) -> None:
    run = NotableRun.THREE_CAUSES.value
    failed = next(
        spec.instance_id
        for spec in sandbox.currents.specs_of(run)
        if spec.results is not UNSET and spec.results.stats.failures
    )
    async with connect(sandbox) as client:
        without = await client.call_tool("currents_get_instance", {"instance_id": failed})
        arguments: dict[str, object] = {"instance_id": failed, "include_asset_urls": True}
        pages = [page async for page in pages_of(client, "currents_get_instance", arguments)]

    assert "https://assets" not in text_of(without)
    assert structured_of(without)["artifacts"]["screenshots"] > 0
    assets = [asset for page in pages for asset in structured_of(page).get("assets", [])]
    counts = structured_of(without)["artifacts"]
    assert len(assets) == sum(counts.values())
    for asset in assets:
        assert "Expires=" in asset["url"]
        assert len(asset["url"]) > 300
        assert "…" not in asset["url"]
        assert asset["expires_at"].endswith("Z")
    for page in pages:
        assert fits(page)


@pytest.mark.parametrize("limit", [1, 3, 50])
async def test_the_pages_of_a_list_are_all_runs_once_newest_first(
    sandbox: Sandbox, limit: int
) -> None:
    async with connect(sandbox) as client:
        arguments: dict[str, object] = {"project_id": BOOKING_PROJECT, "limit": limit}
        pages = [page async for page in pages_of(client, "currents_list_runs", arguments)]

    runs = [run for page in pages for run in structured_of(page)["runs"]]
    ids = [run["id"] for run in runs]
    assert len(ids) == len(set(ids))
    assert [run["created_at"] for run in runs] == sorted(
        (run["created_at"] for run in runs), reverse=True
    )
    assert {run.value for run in NotableRun if not run.name.startswith("CONSOLE")} <= {
        *ids,
        NotableRun.OLDEST_SHAPE.value,
    }
    for page in pages:
        assert fits(page)
        cursor = structured_of(page).get("next_cursor", "")
        assert cursor in text_of(page)


async def test_the_filters_of_a_list_reach_the_api(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        answer = structured_of(
            await client.call_tool(
                "currents_list_runs",
                {
                    "project_id": BOOKING_PROJECT,
                    "branches": ["main", "feat/split-bill"],
                    "tags": ["push", "nightly"],
                    "tag_operator": "OR",
                    "status": ["failed", "passed"],
                    "completion": ["complete"],
                    "date_start": "2000-01-01",
                },
            )
        )

    assert answer["runs"]
    assert sandbox.requests[-1].query == (
        "limit=20&branches%5B%5D=main&branches%5B%5D=feat%2Fsplit-bill&tags%5B%5D=push"
        "&tags%5B%5D=nightly&status=FAILED&status=PASSED&completion_state=COMPLETE"
        "&tag_operator=OR&date_start=2000-01-01T00%3A00%3A00.000Z"
    )
    for run in answer["runs"]:
        assert run["branch"] in ("main", "feat/split-bill")
        assert set(run["tags"]) & {"push", "nightly"}


async def test_a_cursor_of_another_query_is_refused(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        page = await client.call_tool(
            "currents_list_runs", {"project_id": BOOKING_PROJECT, "limit": 1}
        )
        cursor = structured_of(page)["next_cursor"]
        for tool, arguments in (
            ("currents_list_runs", {"project_id": CONSOLE_PROJECT}),
            ("currents_list_runs", {"project_id": BOOKING_PROJECT, "branches": ["main"]}),
            ("currents_list_projects", {}),
            ("currents_get_run", {"run_id": NotableRun.MAIN.value}),
            ("currents_find_run", {"project_id": BOOKING_PROJECT}),
            ("currents_get_instance", {"instance_id": "abc"}),
        ):
            result = await client.call_tool(tool, {**arguments, "cursor": cursor})
            assert result.is_error, tool
            if tool != "currents_get_instance":
                assert "kind=invalid_argument" in text_of(result), tool


async def test_find_answers_with_the_latest_completed_run_of_a_branch(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        exact = structured_of(
            await client.call_tool(
                "currents_find_run",
                {"project_id": BOOKING_PROJECT, "branch": "feat/fare-engine-v2"},
            )
        )
        prefix = structured_of(
            await client.call_tool(
                "currents_find_run",
                {"project_id": BOOKING_PROJECT, "branch": "feat/fare*", "pw_last_run": True},
            )
        )
        missing = await client.call_tool(
            "currents_find_run", {"project_id": BOOKING_PROJECT, "branch": "no/such"}
        )

    assert exact["run"]["id"] == prefix["run"]["id"] == NotableRun.THREE_CAUSES.value
    assert "last_run" not in exact
    assert prefix["last_run"]["status"] == "failed"
    assert "kind=not_found" in text_of(missing)


@pytest.mark.parametrize(
    "query",
    [
        {"tags": ["matrix"]},
        {"branch": "main", "tags": ["matrix"]},
        {"branch": "mai*", "tags": ["matrix"]},
        {"tags": ["matrix"], "pw_last_run": True},
    ],
    ids=str,
)
async def test_a_run_too_big_to_be_found_is_looked_up_and_read(
    sandbox: Sandbox, query: dict[str, object]
) -> None:
    arguments: dict[str, object] = {"project_id": BOOKING_PROJECT, **query}
    async with connect(sandbox) as client:
        first = await client.call_tool("currents_find_run", arguments)

    answer = structured_of(first)
    assert answer["run"]["id"] == NotableRun.MATRIX.value
    assert answer["trim"]["upstream_bytes"] > 10_000_000
    assert fits(first)
    assert [request.status for request in sandbox.requests] == [413, 200, 200]
    if "pw_last_run" in query:
        assert answer["last_run"] == {"status": "unavailable"}


async def test_find_falls_back_where_the_api_breaks_on_it_for_good(sandbox: Sandbox) -> None:
    sandbox.fail(Fault(path="/v1/runs/find", status=500))
    async with connect(sandbox) as client:
        by_build = structured_of(
            await client.call_tool("currents_get_run", {"run_id": NotableRun.MAIN.value})
        )["run"]["ci_build_id"]
        answer = structured_of(
            await client.call_tool(
                "currents_find_run", {"project_id": BOOKING_PROJECT, "ci_build_id": by_build}
            )
        )

    assert answer["run"]["id"] == NotableRun.MAIN.value


async def test_the_pages_of_find_stay_with_the_run_that_was_found(sandbox: Sandbox) -> None:
    add_run_of_size(sandbox, "first", 900_000)
    arguments: dict[str, object] = {
        "project_id": BOOKING_PROJECT,
        "branch": "main",
        "detail": "full",
    }
    async with connect(sandbox) as client:
        pages = pages_of(client, "currents_find_run", arguments)
        shown = [await anext(pages)]
        add_run_of_size(sandbox, "second", 20_000)
        shown += [page async for page in pages]

    specs = [spec["instance_id"] for page in shown for spec in structured_of(page)["specs"]]
    assert {structured_of(page)["run"]["id"] for page in shown} == {"first"}
    assert sorted(specs) == sorted(spec.instance_id for spec in sandbox.currents.specs_of("first"))
