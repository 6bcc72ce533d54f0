"""The labelled Playwright failures, served in both schemas: nothing of the answers differs."""

import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hosts import pages_of, structured_of
from in_process import configured
from mcp import Client
from report_stub import Route, Stub
from schema_2 import is_old_playwright, to_schema_2

from runs_mcp.server.build import build_server

Json = dict[str, Any]
CORPUS: Final = Path(__file__).parents[1] / "corpus"
LABELS: Final = json.loads((CORPUS / "labels.json").read_text())
DATA: Final[Json] = json.loads(gzip.decompress((CORPUS / "currents.json.gz").read_bytes()))
PLAYWRIGHT: Final = [
    reference
    for reference, run in LABELS["runs"].items()
    if reference.startswith("currents:") and run["framework"] == "playwright"
]
(PAIR,) = [pair for pair in LABELS["pairs"] if pair["head"].startswith("currents:")]


def routes(*, schema: int) -> list[Route]:
    """Serves the corpus; each Playwright instance in one of the two schemas."""
    instances = copy.deepcopy(DATA["instances"])
    for instance in instances:
        body = {"data": instance}
        if schema == 2 and is_old_playwright(body):
            to_schema_2(instance)
    return [
        *(
            Route(path=f"/instances/{one['instanceId']}$", body={"status": "OK", "data": one})
            for one in instances
        ),
        *(
            Route(path=f"/runs/{run['runId']}$", body={"status": "OK", "data": run})
            for run in DATA["runs"]
        ),
    ]


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


def served(stub: Stub) -> Client:
    return Client(build_server(configured(stub.environment)))


async def causes(client: Client, **arguments: object) -> dict[str, list[tuple[str, str, str]]]:
    """Returns the tests of each cause, each with its status, over all pages."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    async for page in pages_of(client, "triage_run", arguments):
        for group in structured_of(page)["groups"]:
            tests = found.setdefault(f"{group['fingerprint']} {group.get('novelty', '')}"[:12], [])
            named = [group["example"]] if "example" in group else []
            for test in [*named, *group.get("others", [])]:
                tests.append((test["spec"], test["test"], test.get("group", "")))
    return {name: sorted(tests) for name, tests in found.items()}


@pytest.mark.parametrize("reference", PLAYWRIGHT)
async def test_the_causes_are_the_same_in_both_schemas(stub: Stub, reference: str) -> None:
    answers = []
    async with served(stub) as client:
        for schema in (1, 2):
            stub.serve(routes(schema=schema))
            answers.append(await causes(client, run=reference))
    assert answers[0] == answers[1]
    assert sum(map(len, answers[1].values())) == len(LABELS["runs"][reference]["failures"])


async def test_comparing_is_exact_in_both_schemas(stub: Stub) -> None:
    arguments: dict[str, object] = {"base": PAIR["base"], "head": PAIR["head"]}
    async with served(stub) as client:
        for schema in (1, 2):
            stub.serve(routes(schema=schema))
            listed: dict[str, set[tuple[str, str]]] = {}
            async for page in pages_of(client, "compare_runs", arguments):
                for name, tests in structured_of(page).items():
                    if name in PAIR["compare"]:
                        found = {(test["spec"], test["test"]) for test in tests}
                        listed.setdefault(name, set()).update(found)
            for name in ("new_failures", "still_failing", "fixed", "missing"):
                expected = {(test["spec"], test["test"]) for test in PAIR["compare"][name]}
                assert listed.get(name, set()) == expected, (schema, name)
