import gzip
import json
import re
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from run_of_size import add_run_of_size
from story_api import api_of
from story_time import STORY_END

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.currents import answers
from runs_mcp.sandbox.story import BOOKING_PROJECT, CONSOLE_PROJECT, NotableRun

Json = dict[str, Any]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=STORY_END) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def whole_body(sandbox: Sandbox, run_id: str, accept: str = "gzip") -> bytes:
    path, headers = f"/runs/{run_id}", {"Accept-Encoding": accept}
    with api_of(sandbox) as api, api.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        raw = b"".join(answer.iter_raw())
    return gzip.decompress(raw) if accept == "gzip" else raw


@pytest.mark.parametrize("target", [20_000, 150_000, 2_990_000, 3_010_000, 8_000_000])
def test_a_run_of_size_has_that_size_and_a_believable_mix_of_results(
    sandbox: Sandbox, target: int
) -> None:
    begin = time.monotonic()
    run_id = f"run-of-{target}"
    add_run_of_size(sandbox, run_id, target, branch="perf/size")
    body = whole_body(sandbox, run_id)
    assert time.monotonic() - begin < 15
    assert 0.98 < len(body) / target < 1.02
    run = json.loads(body)["data"]
    assert (run["runId"], run["status"], run["completionState"]) == (run_id, "FAILED", "COMPLETE")
    specs = run["specs"]
    assert [spec["instanceId"] for spec in specs] == [
        spec.instance_id for spec in sandbox.currents.specs_of(run_id)
    ]
    failed = [spec for spec in specs if spec["results"]["stats"]["failures"]]
    flaky = [spec for spec in specs if spec["results"]["flaky"]]
    assert 0 < len(failed) <= max(1, len(specs) // 10)
    assert 0 < len(flaky) <= max(1, len(specs) // 10)
    assert all(spec["completedAt"] for spec in specs)
    assert sum(group["tests"]["failures"] for group in run["groups"]) == sum(
        spec["results"]["stats"]["failures"] for spec in specs
    )
    for spec in (failed[0], flaky[0], specs[-1]):
        found = sandbox.currents.instance_of(spec["instanceId"])
        assert found.spec == spec["spec"]


def expiry(body: bytes) -> int:
    found = re.search(rb"[?]Expires=([0-9]+)", body)
    assert found
    return int(found[1])


def test_a_large_body_is_cached_and_a_small_one_signed_for_every_answer(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run_of_size(sandbox, "kept", 1_200_000)
    kept, small = whole_body(sandbox, "kept"), whole_body(sandbox, NotableRun.CONSOLE_MAIN)
    later = time.time() + 60
    monkeypatch.setattr(answers, "time", SimpleNamespace(time=lambda: later))
    assert whole_body(sandbox, "kept") == kept == whole_body(sandbox, "kept", "identity")
    signed_anew = whole_body(sandbox, NotableRun.CONSOLE_MAIN)
    assert expiry(signed_anew) == int(later) + 7200
    assert expiry(small) < expiry(signed_anew)


def test_a_run_of_size_is_the_same_in_every_sandbox() -> None:
    bodies = []
    for _ in range(2):
        with Sandbox(now=STORY_END) as sandbox:
            add_run_of_size(sandbox, "same", 60_000)
            specs = sandbox.currents.specs_of("same")
            bodies.append([(s.instance_id, s.machine_id, s.spec) for s in specs])
    assert bodies[0] == bodies[1]


def test_it_is_the_newest_completed_run_of_its_project_and_branch(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    for project in (BOOKING_PROJECT, CONSOLE_PROJECT):
        add_run_of_size(sandbox, f"newest-{project}", 30_000, project_id=project, branch="newest")
        answer = api.get(f"/projects/{project}/runs?completion_state=COMPLETE")
        newest = {run["runId"] for run in answer.json()["data"] if "newest" in run["runId"]}
        assert newest == {f"newest-{project}"}
        answer = api.get(f"/runs/find?projectId={project}&branch=newest")
        assert answer.json()["data"]["runId"] == f"newest-{project}"


@pytest.mark.parametrize("target", [0, 19_999, 42_000_001])
def test_other_sizes_are_refused(sandbox: Sandbox, target: int) -> None:
    with pytest.raises(ValueError, match="20000 to 42000000"):
        add_run_of_size(sandbox, "refused", target)
