"""Reading runs and specs, as a host asks for it."""

import json
import unicodedata
from collections.abc import Iterator

import hosts
import pytest
from budgets import fits
from hosts import ERAS, Era, pages_of, structured_of, text_of
from in_process import configured, connect
from msgspec import UNSET
from shared_client import SharedClient, shared_client
from story_api import api_of, instance, reported_tests
from story_time import STORY_END

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    CONSOLE_PROJECT,
    NotableRun,
)

every_era = pytest.mark.parametrize("era", ERAS)
every_notable_run = pytest.mark.parametrize("run", NotableRun, ids=lambda run: run.name)


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


@pytest.fixture(scope="module")
def host() -> Iterator[SharedClient]:
    with (
        Sandbox(now=STORY_END) as sandbox,
        shared_client(configured(sandbox.variables)) as connected,
    ):
        yield connected


@every_notable_run
def test_every_run_of_the_story_reads_within_the_budget_and_without_hidden_characters(
    host: SharedClient, run: NotableRun
) -> None:
    answers = [host.call("currents_get_run", {"run_id": run.value})]
    content = structured_of(answers[0])
    for spec in content["specs"][:6]:
        wanted = {"instance_id": spec["instance_id"], "include_passed": True}
        if spec["status"] in ("failed", "flaky", "passed"):
            answers.append(host.call("currents_get_instance", wanted))

    assert content["run"]["id"] == run.value
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
