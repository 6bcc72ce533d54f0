"""Nothing but an ID reaches the API, and whatever a person pastes works wherever an ID does."""

from typing import Any

import pytest
from hosts import structured_of, text_of
from in_process import connect

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, NotableRun

NO_IDS = (
    "../webhooks/abc",
    "",
    " ",
    "a/b",
    "a%2Fb",
    "a?x=",
    "a#b",
    "..",
    ".",
    "find",
    "cancel-ci",
    "a\n",
    "a\x00b",
    "ａｂｃ",
    "٣",
    "a" * 129,
    "a" * 10_000,
    "https://app.currents.dev/run/",
    "https://app.currents.dev/run/../x",
    "https://app.currents.dev.evil.example/run/abc",
    "https://evil.example/run/abc",
    "https://app.currents.dev/projects/abc",
)
ARGUMENTS = {
    "currents_list_runs": ("project_id", {}),
    "currents_get_run": ("run_id", {}),
    "currents_find_run": ("project_id", {"branch": "main"}),
    "currents_get_instance": ("instance_id", {}),
    "buildkite_list_suites": ("organization", {}),
    "buildkite_list_runs": ("suite", {}),
    "buildkite_get_run": ("run_id", {}),
    "buildkite_get_failed_executions": ("run_id", {}),
}
# Of these arguments the empty text means the configured default, and any word is a good slug.
SLUGS = ("organization", "suite")
GOOD_SLUGS = ("", "find", "cancel-ci")


@pytest.mark.parametrize("tool", ARGUMENTS)
async def test_what_is_no_id_is_refused_before_any_request(sandbox: Sandbox, tool: str) -> None:
    name, others = ARGUMENTS[tool]
    async with connect(sandbox) as client:
        for value in NO_IDS:
            if name in SLUGS and value in GOOD_SLUGS:
                continue
            result = await client.call_tool(tool, {name: value, **others})
            assert result.is_error, value
            assert "[kind=invalid_argument retryable=no]" in text_of(result), value
            assert len(text_of(result)) <= 2000

    assert sandbox.requests == []


async def test_dashboard_urls_work_wherever_an_id_does(sandbox: Sandbox) -> None:
    run_id = NotableRun.THREE_CAUSES.value
    instance_id = next(spec.instance_id for spec in sandbox.currents.specs_of(run_id))
    async with connect(sandbox) as client:

        async def answer(tool: str, **arguments: str) -> dict[str, Any]:
            return structured_of(await client.call_tool(tool, arguments))

        run = await answer("currents_get_run", run_id=run_id)
        instance = await answer("currents_get_instance", instance_id=instance_id)
        for ending in ("", "/", "/overview?tab=specs", "?a=b", "#top"):
            url = f"https://app.currents.dev/run/{run_id}{ending}"
            assert await answer("currents_get_run", run_id=url) == run
            url = f" <https://app.currents.dev/instance/{instance_id}{ending}> "
            assert await answer("currents_get_instance", instance_id=url) == instance


async def test_the_url_of_something_else_is_refused_with_what_to_do(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        result = await client.call_tool(
            "currents_get_run", {"run_id": "https://app.currents.dev/instance/abc"}
        )

    assert "is not the URL of a run" in text_of(result)
    assert sandbox.requests == []


async def test_arguments_that_a_tool_does_not_have_are_refused(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        result = await client.call_tool(
            "currents_get_run", {"run_id": NotableRun.MAIN.value, "confirm": True}
        )

    assert 'has no argument "confirm"' in text_of(result)
    assert "It takes run_id, detail, cursor." in text_of(result)
    assert sandbox.requests == []


async def test_null_and_the_empty_text_are_the_same_as_an_argument_left_out(
    sandbox: Sandbox,
) -> None:
    async with connect(sandbox) as client:
        plain = await client.call_tool("currents_list_runs", {"project_id": BOOKING_PROJECT})
        padded = await client.call_tool(
            "currents_list_runs",
            {"project_id": BOOKING_PROJECT, "cursor": "", "search": None, "branches": []},
        )

    assert structured_of(padded) == structured_of(plain)


@pytest.mark.parametrize(
    "arguments",
    [
        {"date_start": "yesterday"},
        {"date_start": "2026-08-02", "date_end": "2026-08-01"},
        {"limit": 0},
        {"limit": 51},
        {"status": ["BROKEN"]},
        {"search": "x" * 201},
        {"cursor": "garbage"},
    ],
    ids=str,
)
async def test_arguments_out_of_bounds_are_refused_before_any_request(
    sandbox: Sandbox, arguments: dict[str, object]
) -> None:
    async with connect(sandbox) as client:
        result = await client.call_tool(
            "currents_list_runs", {"project_id": BOOKING_PROJECT, **arguments}
        )

    assert result.is_error
    assert "kind=invalid_argument" in text_of(result)
    assert sandbox.requests == []
