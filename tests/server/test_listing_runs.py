"""Listing runs, page by page and narrowed by filters."""

import pytest
from budgets import fits
from hosts import pages_of, structured_of, text_of
from in_process import connect

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    CONSOLE_PROJECT,
    NotableRun,
)


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
