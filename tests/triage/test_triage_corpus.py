"""Real failures of real frameworks, with known causes, through the whole product.

`tests/corpus/` is described in its README. The sandbox serves it; a host asks over stdio.
"""

import gzip
import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from buildkite_runs import add_buildkite_run
from hosts import pages_of, structured_of
from in_process import connect
from mcp import Client

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, Sandbox
from runs_mcp.sandbox.buildkite.records import FailedExecution
from runs_mcp.sandbox.currents.instance_records import Instance
from runs_mcp.sandbox.currents.records import Run
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT

CORPUS: Final = Path(__file__).parents[1] / "corpus"
LABELS: Final = json.loads((CORPUS / "labels.json").read_text())
PAIRS: Final = {pair["head"].partition(":")[0]: pair for pair in LABELS["pairs"]}
every_pair = pytest.mark.parametrize("provider", PAIRS)
every_run = pytest.mark.parametrize("reference", LABELS["runs"])


def load(name: str) -> Any:  # noqa: ANN401 - the corpus is plain JSON
    return json.loads(gzip.decompress((CORPUS / f"{name}.json.gz").read_bytes()))


def serve(sandbox: Sandbox, reference: str) -> str:
    """Adds a run of the corpus to the sandbox, and returns its reference there."""
    provider, _, native = reference.partition(":")
    if provider == "currents":
        corpus = load("currents")
        (run,) = [run for run in corpus["runs"] if run["runId"] == native]
        instances = [one for one in corpus["instances"] if one["runId"] == native]
        sandbox.currents.add_run(
            msgspec.convert({**run, "projectId": BOOKING_PROJECT}, Run, strict=False),
            [msgspec.convert(one, Instance, strict=False) for one in instances],
        )
        return reference
    run_id = native.rpartition("/")[2]
    executions = load("buildkite")["failed_executions"][run_id]
    add_buildkite_run(
        sandbox,
        run_id=run_id,
        failures=[msgspec.convert(one, FailedExecution) for one in executions],
    )
    return f"buildkite:{BUILDKITE_ORGANIZATION}/{BUILDKITE_SUITE}/{run_id}"


async def groups_of(
    client: Client, run: str, **more: str
) -> dict[tuple[str, str], tuple[str, str]]:
    """Returns for each test that failed its group, over all pages."""
    novelty: dict[str, str] = {}
    groups: dict[tuple[str, str], tuple[str, str]] = {}
    async for page in pages_of(client, "triage_run", {"run": run, **more}):
        for group in structured_of(page)["groups"]:
            name = group["fingerprint"]
            novelty.setdefault(name, group.get("novelty", ""))
            told = [group["example"]] if "example" in group else []
            for test in [*told, *group.get("others", [])]:
                key = (test["spec"], test["test"])
                assert key not in groups, "a test is in one group"
                groups[key] = (name, novelty[name])
    return groups


@every_run
async def test_every_failed_test_is_in_one_group_and_no_flaky_one(
    sandbox: Sandbox, reference: str
) -> None:
    labels = LABELS["runs"][reference]
    async with connect(sandbox) as client:
        groups = await groups_of(client, serve(sandbox, reference))

    assert set(groups) == {(test["spec"], test["test"]) for test in labels["failures"]}
    flaky = {(test["spec"], test["test"]) for test in labels.get("flaky", [])}
    assert not flaky & set(groups)


@every_pair
async def test_novelty_is_right_on_the_labelled_pair(sandbox: Sandbox, provider: str) -> None:
    pair = PAIRS[provider]
    base, head = serve(sandbox, pair["base"]), serve(sandbox, pair["head"])
    async with connect(sandbox) as client:
        groups = await groups_of(client, head, baseline=base)

    for test in LABELS["runs"][pair["head"]]["failures"]:
        _, novelty = groups[test["spec"], test["test"]]
        expected = "known" if test["cause"] in pair["causes"]["known"] else "new"
        assert novelty == expected, test


@every_pair
async def test_comparing_is_exact_on_the_labelled_pair(sandbox: Sandbox, provider: str) -> None:
    pair = PAIRS[provider]
    arguments: dict[str, object] = {
        "base": serve(sandbox, pair["base"]),
        "head": serve(sandbox, pair["head"]),
    }
    listed: dict[str, set[tuple[str, str]]] = {}
    async with connect(sandbox) as client:
        async for page in pages_of(client, "compare_runs", arguments):
            for name, tests in structured_of(page).items():
                if isinstance(tests, list):
                    told = listed.setdefault(name, set())
                    told |= {(test["spec"], test["test"]) for test in tests}

    expected = {
        name: {(test["spec"], test["test"]) for test in tests}
        for name, tests in pair["compare"].items()
    }
    for name in ("new_failures", "still_failing", "fixed", "no_longer_failing", "missing"):
        assert listed.get(name, set()) == expected.get(name, set()), name
    assert listed.get("flaky", set()) == expected.get("flaky_in_head", set())
    assert listed.get("not_run", set()) == expected.get("failed_then_not_run", set())
