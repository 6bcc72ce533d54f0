from collections.abc import Iterator

import httpx
import pytest
from msgspec import UNSET
from msgspec.structs import replace
from run_of_size import add_run_of_size
from story_api import Json, api_of, complete, instance, run

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story import (
    BOOKING_PROJECT,
    PUSH_IN_PROGRESS,
    NotableRun,
)

WORKFLOW_RUN, ATTEMPT = PUSH_IN_PROGRESS
BY_GITHUB = {"githubRunId": WORKFLOW_RUN, "githubRunAttempt": ATTEMPT}


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def failed_specs(of: Json) -> list[Json]:
    counts = [(spec, spec["results"]["stats"]) for spec in complete(of)]
    return [spec for spec, stats in counts if stats["failures"] or stats["skipped"]]


def assert_totals_agree(of: Json) -> None:
    names = ("passes", "failures", "pending", "skipped")
    for group in of["groups"]:
        own = [spec for spec in of["specs"] if spec["groupId"] == group["groupId"]]
        stats = [spec["results"]["stats"] for spec in own]
        assert group["tests"] == {
            "overall": sum(each[name] for each in stats for name in names),
            "tests": sum(each["tests"] for each in stats),
            "flaky": sum(spec["results"]["flaky"] for spec in own),
            "retries": 0,
            **{name: sum(each[name] for each in stats) for name in names},
        }
        failures = sum(spec in failed_specs(of) for spec in own)
        assert group["instances"] == {
            "overall": len(own),
            "claimed": sum(spec["claimedAt"] is not None for spec in own),
            "complete": sum(spec["completedAt"] is not None for spec in own),
            "passes": sum(spec["completedAt"] is not None for spec in own) - failures,
            "failures": failures,
        }


def test_reset_lets_the_failed_specs_of_the_named_machines_run_again(api: httpx.Client) -> None:
    before = run(api, NotableRun.THREE_CAUSES)
    machine = failed_specs(before)[0]["machineId"]
    on_it = {s["instanceId"] for s in failed_specs(before) if s["machineId"] == machine}
    assert 0 < len(on_it) < len(failed_specs(before))
    answer = api.put(
        f"/runs/{NotableRun.THREE_CAUSES}/reset",
        json={"machineId": [machine], "isBatchedOr8n": True},
    )
    assert answer.json() == {"status": "OK", "data": {"runId": NotableRun.THREE_CAUSES}}
    after = run(api, NotableRun.THREE_CAUSES)
    assert (after["completionState"], after["status"]) == ("IN_PROGRESS", "FAILING")
    changed = {
        old["instanceId"]
        for old, new in zip(before["specs"], after["specs"], strict=True)
        if (old["results"], old["completedAt"]) != (new["results"], new["completedAt"])
    }
    assert changed == on_it
    for spec in after["specs"]:
        if spec["instanceId"] in on_it:
            tests = spec["results"]["stats"]["tests"]
            assert tests > 0
            assert spec["completedAt"] is None
            assert spec["results"] == nothing_yet(tests)
            found = instance(api, spec)
            assert found["results"]["stats"] == {**nothing_yet(tests)["stats"], "retries": 0}
            assert found["testResults"] == {}
            states = {(test["_s"], test["_d"]) for test in found["results"]["tests"]}
            assert states == {(None, False)}
    assert_totals_agree(after)


def nothing_yet(tests: int) -> Json:
    done = dict.fromkeys(("passes", "failures", "pending", "skipped", "flaky"), 0)
    stats = {"tests": tests, "overall": tests, **done}
    return {"stats": stats, "flaky": 0, "videoUrl": None}


def test_a_run_reset_on_all_machines_has_no_failures_and_can_be_canceled(api: httpx.Client) -> None:
    machines = sorted({s["machineId"] for s in run(api, NotableRun.THREE_CAUSES)["specs"]})
    path = f"/runs/{NotableRun.THREE_CAUSES}"
    assert api.put(f"{path}/reset", json={"machineId": machines}).status_code == 200
    after = run(api, NotableRun.THREE_CAUSES)
    assert (after["completionState"], after["status"]) == ("IN_PROGRESS", "RUNNING")
    assert failed_specs(after) == []
    again = api.put(f"{path}/reset", json={"machineId": machines})
    assert again.status_code == 422
    assert api.put(f"{path}/cancel").status_code == 200


@pytest.mark.parametrize(
    ("run_id", "machines", "status"),
    [
        (NotableRun.MAIN, ["nobody"], 422),
        (NotableRun.CONSOLE_MAIN, ["nobody"], 422),
        (NotableRun.CANCELED, ["nobody"], 422),
        (NotableRun.MAIN, [], 400),
        (NotableRun.MAIN, ["m"] * 63, 422),
        (NotableRun.MAIN, ["m"] * 64, 400),
        (NotableRun.MAIN, [1], 400),
        (NotableRun.MAIN, [""], 400),
        (NotableRun.MAIN, "m", 400),
        (NotableRun.MAIN, None, 400),
        ("nobody", ["m"], 404),
    ],
)
def test_an_invalid_reset_is_refused_and_changes_nothing(
    api: httpx.Client, run_id: str, machines: object, status: int
) -> None:
    before = api.get(f"/runs/{run_id}").json().get("data", {})
    answer = api.put(f"/runs/{run_id}/reset", json={"machineId": machines})
    assert answer.status_code == status
    assert answer.json()["status"] == "FAILED"
    after = api.get(f"/runs/{run_id}").json().get("data", {})
    assert after.get("completionState") == before.get("completionState")
    assert after.get("groups") == before.get("groups")


def test_reset_without_a_body_is_refused(api: httpx.Client) -> None:
    assert api.put(f"/runs/{NotableRun.MAIN}/reset").status_code == 400


def test_a_canceled_run_is_not_reset(api: httpx.Client) -> None:
    machine = failed_specs(run(api, NotableRun.CANCELED))[0]["machineId"]
    answer = api.put(f"/runs/{NotableRun.CANCELED}/reset", json={"machineId": [machine]})
    assert (answer.status_code, answer.json()["error"]) == (422, "Run is cancelled")


def test_delete_removes_the_run_and_its_instances(api: httpx.Client) -> None:
    specs = run(api, NotableRun.MAIN)["specs"]
    listed = f"/projects/{BOOKING_PROJECT}/runs?limit=50&branches[]=main"
    assert NotableRun.MAIN in {each["runId"] for each in api.get(listed).json()["data"]}
    done = api.delete(f"/runs/{NotableRun.MAIN}")
    assert done.json() == {
        "status": "OK",
        "data": {"runId": NotableRun.MAIN, "actor": "API Request"},
    }
    assert api.get(f"/runs/{NotableRun.MAIN}").status_code == 404
    assert api.get(f"/instances/{specs[0]['instanceId']}").status_code == 404
    assert api.delete(f"/runs/{NotableRun.MAIN}").status_code == 404
    assert NotableRun.MAIN not in {each["runId"] for each in api.get(listed).json()["data"]}
    found = api.get(f"/runs/find?projectId={BOOKING_PROJECT}&branch=main&tags[]=push")
    assert found.json()["data"]["runId"] != NotableRun.MAIN


def test_a_write_to_a_large_run_shows_at_once(sandbox: Sandbox, api: httpx.Client) -> None:
    add_run_of_size(sandbox, "large", 1_500_000)
    before = run(api, "large")
    machine = failed_specs(before)[0]["machineId"]
    assert api.put("/runs/large/reset", json={"machineId": [machine]}).status_code == 200
    after = run(api, "large")
    assert after["completionState"] == "IN_PROGRESS"
    assert len(failed_specs(after)) < len(failed_specs(before))
    assert api.delete("/runs/large").status_code == 200
    assert api.get("/runs/large").status_code == 404


def test_an_added_run_can_be_listed_found_read_and_deleted(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    (spec, *_) = sandbox.currents.specs_of(NotableRun.THREE_CAUSES)
    execution = sandbox.currents.instance_of(spec.instance_id)
    model = sandbox.currents.run_of(NotableRun.THREE_CAUSES)
    own = replace(
        model,
        run_id="own-1",
        created_at="2099-01-01T00:00:00.000Z",
        groups=(),
        specs=(replace(spec, instance_id="own-2"), replace(spec, instance_id="own-3")),
    )
    sandbox.currents.add_run(own, [replace(execution, run_id="own-1", instance_id="own-2")])
    got = run(api, "own-1")
    assert [each["instanceId"] for each in got["specs"]] == ["own-2", "own-3"]
    assert api.get("/instances/own-2").json()["data"]["runId"] == "own-1"
    assert api.get("/instances/own-3").status_code == 404
    assert api.get(f"/projects/{BOOKING_PROJECT}/runs").json()["data"][0]["runId"] == "own-1"
    found = api.get(f"/runs/find?projectId={BOOKING_PROJECT}&branch=feat/fare-engine-v2")
    assert found.json()["data"] == got
    assert api.delete("/runs/own-1").status_code == 200
    assert api.get("/instances/own-2").status_code == 404


def test_an_added_run_needs_a_new_id_and_a_known_project(sandbox: Sandbox) -> None:
    model = replace(sandbox.currents.run_of(NotableRun.MAIN), specs=UNSET)
    with pytest.raises(ValueError, match="already"):
        sandbox.currents.add_run(model)
    with pytest.raises(ValueError, match="project nobody"):
        sandbox.currents.add_run(replace(model, run_id="new", project_id="nobody"))
