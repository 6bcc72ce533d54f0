"""A triage of a Currents run whose specs cannot all be read in time."""

from typing import Final

from in_process import configured
from report_stub import Route, Stub
from shared_client import shared_client

SPECS: Final = 3000
FAILED: Final = {"tests": 1, "passes": 0, "failures": 1}


def routes() -> list[Route]:
    """Returns a run of many failed specs, each of which takes its time."""
    specs = [
        {
            "groupId": "g",
            "spec": f"{n}.spec.ts",
            "instanceId": f"i{n}",
            "claimedAt": "2026-08-20T10:00:00Z",
            "completedAt": "2026-08-20T10:01:00Z",
            "results": {"stats": FAILED},
        }
        for n in range(SPECS)
    ]
    run = {
        "runId": "many",
        "projectId": "shop",
        "status": "FAILED",
        "completionState": "COMPLETE",
        "createdAt": "2026-08-20T10:00:00Z",
        "specs": specs,
    }
    instance = {"results": {"stats": FAILED, "tests": []}}
    return [
        Route(path="/runs/many$", body={"data": run}),
        Route(path="/instances/", body={"data": instance}, sleep_s=0.2),
    ]


def test_after_the_deadline_nothing_more_is_tried_and_the_answer_says_what_was_not_read(
    stub: Stub,
) -> None:
    settings = stub.environment | {"RUNS_MCP_TIMEOUT_S": "2"}
    with shared_client(configured(settings, {"providers": "currents"})) as client:
        stub.serve(routes())
        answer = client.answer("triage_run", run="currents:many")
    asked = sum("/instances/" in line for line in stub.asked)
    assert asked < SPECS / 10
    coverage = answer["coverage"]
    assert coverage["failing_specs"] == SPECS
    assert coverage["failed_to_load"] == SPECS - coverage["inspected"]
    assert coverage["why"] == [f"timeout {coverage['failed_to_load']}"]
