"""What a call that writes refuses before it reads, and what its first answer shows."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hosts import text_of
from in_process import connect
from mcp_types import CallToolResult
from msgspec.structs import replace
from providers.currents_runs import FAILED, OWN, RUNNING, from_github, put_run, writes
from server.destructive_calls import ATTEMPT, BY_GITHUB, GITHUB_RUN, failed_machines, report_of

from runs_mcp.sandbox import Sandbox

DEFAULT_BUDGET: Final = 8000
REFUSED: Final[Sequence[tuple[str, dict[str, object]]]] = [
    ("currents_cancel_run", {"run_id": "../webhooks/abc"}),
    ("currents_delete_run", {"run_id": "../webhooks/abc"}),
    ("currents_delete_run", {"run_id": ""}),
    ("currents_delete_run", {"run_id": "find"}),
    ("currents_reset_run", {"run_id": "a/b", "machine_ids": ["m"]}),
    ("currents_reset_run", {"run_id": RUNNING, "machine_ids": []}),
    ("currents_reset_run", {"run_id": RUNNING, "machine_ids": ["m"] * 64}),
    ("currents_cancel_run_by_github_ci", {"github_run_id": "x", "github_run_attempt": 1}),
    ("currents_cancel_run_by_github_ci", {"github_run_id": "1", "github_run_attempt": 0}),
    ("currents_cancel_run", {"run_id": RUNNING, "force": True}),
]


def sizes_of(result: CallToolResult) -> tuple[int, int]:
    """Returns the bytes of both channels."""
    compact = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return len(text_of(result).encode()), len(compact.encode())


async def test_bad_arguments_are_refused_before_anything_is_read(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        for tool, arguments in REFUSED:
            result = await client.call_tool(tool, arguments)
            assert "kind=invalid_argument" in text_of(result), (tool, arguments)

    assert sandbox.requests == []


async def test_reset_names_the_machines_that_there_are(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        result = await client.call_tool(
            "currents_reset_run", {"run_id": FAILED, "machine_ids": ["no-such-machine"]}
        )

    assert "kind=invalid_argument" in text_of(result)
    assert 'no machine "no-such-machine"' in text_of(result)
    assert "Nothing was changed." in text_of(result)
    for machine in failed_machines(sandbox):
        assert machine in text_of(result)
    assert writes(sandbox) == []


async def test_cancel_by_ci_says_which_runs_it_means_or_that_the_api_alone_decides(
    sandbox: Sandbox,
) -> None:
    async with connect(sandbox) as client:

        async def report_on(**changes: object) -> dict[str, Any]:
            arguments = {**BY_GITHUB, **changes}
            return report_of(await client.call_tool("currents_cancel_run_by_github_ci", arguments))

        shown = await report_on()
        without = await report_on(project_id="")
        missing = await report_on(ci_build_id="no-such-build")

    assert shown["run"]["id"] == RUNNING
    assert "run" not in without
    assert "the API alone decides" in without["preview"]
    assert "the API alone decides" in missing["preview"]
    assert writes(sandbox) == []


@pytest.mark.parametrize("budget", [2000, DEFAULT_BUDGET])
@pytest.mark.parametrize("letter", ["x", "€"])
async def test_the_report_on_a_run_with_long_texts_fits_the_budget_and_its_token_is_whole(
    sandbox: Sandbox, budget: int, letter: str
) -> None:
    long = letter * 2000
    meta = sandbox.currents.run_of(FAILED).meta
    commit = replace(meta.commit, branch=long, message=long, author_name=long)
    put_run(
        sandbox,
        completion="IN_PROGRESS",
        tags=(long,) * 20,
        meta=replace(meta, ci_build_id=long, commit=commit),
    )
    call = {"run_id": OWN}
    settings = {"RUNS_MCP_RESULT_BYTES": str(budget), "RUNS_MCP_CONFIRM": "token"}
    async with connect(sandbox, settings=settings) as client:
        result = await client.call_tool("currents_cancel_run", call)
        assert max(sizes_of(result)) <= budget
        confirmed = {**call, "confirmation_token": report_of(result)["confirmation_token"]}
        done = report_of(await client.call_tool("currents_cancel_run", confirmed))
    assert done["outcome"] == "done"


async def test_the_report_on_many_runs_fits_the_budget_and_its_preview_names_all(
    sandbox: Sandbox,
) -> None:
    for number in range(30):
        build = from_github(f"shard-{number}-{GITHUB_RUN}-{ATTEMPT}", sandbox)
        put_run(sandbox, f"shard-{number}", completion="IN_PROGRESS", **build)
    async with connect(sandbox) as client:
        result = await client.call_tool("currents_cancel_run_by_github_ci", BY_GITHUB)

    report = report_of(result)
    assert max(sizes_of(result)) <= DEFAULT_BUDGET
    assert 0 < len(report["others"]) < 30
    for number in range(30):
        assert re.search(rf"shard-{number}\b", report["preview"])
