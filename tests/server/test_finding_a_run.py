"""Finding the latest completed run that matches."""

import pytest
from budgets import fits
from hosts import pages_of, structured_of, text_of
from in_process import connect
from run_of_size import add_run_of_size

from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    NotableRun,
)


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
