"""Every answer fits the schema that its tool publishes."""

import jsonschema
from hosts import structured_of
from in_process import connect

from runs_mcp.answers.encoding import Json
from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    PUSH_IN_PROGRESS,
    NotableRun,
)


def calls_of_every_tool(sandbox: Sandbox) -> dict[str, dict[str, object]]:
    run = NotableRun.THREE_CAUSES.value
    instance = sandbox.currents.specs_of(run)[0].instance_id
    return {
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


async def test_every_answer_fits_the_schema_that_its_tool_publishes(sandbox: Sandbox) -> None:
    calls = calls_of_every_tool(sandbox)
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
