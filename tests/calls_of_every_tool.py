"""Arguments with which every tool answers on the sandbox's story."""

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    PUSH_IN_PROGRESS,
    NotableRun,
)


def calls_of_every_tool(sandbox: Sandbox) -> dict[str, dict[str, object]]:
    """Returns arguments for every tool, by its name."""
    run = NotableRun.THREE_CAUSES.value
    instance = sandbox.currents.specs_of(run)[0].instance_id
    return {
        "currents_list_projects": {},
        "currents_list_runs": {"project_id": BOOKING_PROJECT},
        "currents_get_run": {"run_id": run},
        "currents_find_run": {
            "project_id": BOOKING_PROJECT,
            "branch": "feat/fare-engine-v2",
            "pw_last_run": True,
        },
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
        "flaky_tests": {"project": f"currents:{BOOKING_PROJECT}"},
        "failure_history": {"run": f"currents:{NotableRun.LONG_HISTORY.value}"},
    }
