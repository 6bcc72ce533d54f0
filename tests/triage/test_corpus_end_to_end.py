"""Real failures of real frameworks, with known causes, through the whole product.

`tests/corpus/` is described in its README. A stub serves it, its Playwright runs in both schemas
of the Currents API, and a client triages every run and compares the labelled pairs.
"""

import asyncio
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import pytest
from hosts import pages_of, structured_of
from in_process import configured
from mcp import Client
from report_stub import Route, Stub
from schema_2 import is_old_playwright, to_schema_2

from runs_mcp.server.build import build_server

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.

Json = dict[str, Any]
Source = Literal["currents, schema 1", "currents, schema 2", "buildkite"]

CORPUS: Final = Path(__file__).parents[1] / "corpus"
LABELS: Final[Json] = json.loads((CORPUS / "labels.json").read_bytes())
SOURCES: Final[tuple[Source, ...]] = ("currents, schema 1", "currents, schema 2", "buildkite")
LISTS: Final = {
    "new_failures": "new_failures",
    "still_failing": "still_failing",
    "fixed": "fixed",
    "no_longer_failing": "no_longer_failing",
    "not_run": "failed_then_not_run",
    "flaky": "flaky_in_head",
    "missing": "missing",
}
"""The lists of a comparison, and what they are called in the labels."""


def runs_of(source: Source) -> list[str]:
    """Returns the runs of a source; only those of Playwright have two schemas."""
    provider = source.partition(",")[0]
    return [
        reference
        for reference, run in LABELS["runs"].items()
        if reference.startswith(f"{provider}:")
        and (source != "currents, schema 2" or run["framework"] == "playwright")
    ]


def pair_of(source: Source) -> Json:
    provider = source.partition(",")[0]
    (pair,) = [pair for pair in LABELS["pairs"] if pair["head"].startswith(f"{provider}:")]
    return dict(pair)


def load(name: str) -> Json:
    found: Json = json.loads(gzip.decompress((CORPUS / f"{name}.json.gz").read_bytes()))
    return found


def routes_of(source: Source) -> list[Route]:
    if source == "buildkite":
        corpus = load("buildkite")
        runs = [run for suite in corpus["runs"].values() for run in suite]
        failures = corpus["failed_executions"].items()
        return [Route(path=f"/runs/{run['id']}$", body=run) for run in runs] + [
            Route(path=f"/runs/{run_id}/failed_executions", body=body) for run_id, body in failures
        ]
    corpus = load("currents")
    if source == "currents, schema 2":
        for instance in corpus["instances"]:
            if is_old_playwright({"data": instance}):
                to_schema_2(instance)
    bodies = {f"/instances/{one['instanceId']}$": one for one in corpus["instances"]}
    bodies |= {f"/runs/{run['runId']}$": run for run in corpus["runs"]}
    return [Route(path=path, body={"status": "OK", "data": body}) for path, body in bodies.items()]


Test = tuple[str, str]  # file and title


class Group(NamedTuple):
    """The group that a failed test is in."""

    fingerprint: str
    novelty: str
    run_group: str


class Answers(NamedTuple):
    """The answers about all runs of a source.

    Args:
        triaged: By run: each failed test with its group.
        pages: By run: how many pages its triage took.
        compared: The lists of the comparison of the labelled pair.
    """

    triaged: dict[str, dict[Test, Group]]
    pages: dict[str, int]
    compared: dict[str, list[Test]]


@cache
def answers_about(source: Source) -> Answers:
    """Returns the answers of a server to which a stub serves the source."""
    with Stub() as stub:
        stub.serve(routes_of(source))
        return asyncio.run(_ask(stub, source))


async def _ask(stub: Stub, source: Source) -> Answers:
    answers = Answers({}, {}, {})
    pair = pair_of(source)
    # With the largest budget the biggest runs still take several pages.
    settings = {**stub.environment, "RUNS_MCP_RESULT_BYTES": "40000"}
    async with Client(build_server(configured(settings))) as client:
        for run in runs_of(source):
            baseline = {"baseline": pair["base"]} if run == pair["head"] else {}
            query = {"run": run, **baseline}
            pages = [structured_of(page) async for page in pages_of(client, "triage_run", query)]
            answers.triaged[run] = _groups_of(pages)
            answers.pages[run] = len(pages)
        query = {"base": pair["base"], "head": pair["head"]}
        async for page in pages_of(client, "compare_runs", query):
            for name in LISTS:
                rows = structured_of(page).get(name, [])
                answers.compared.setdefault(name, []).extend(map(_named, rows))
    return answers


def _groups_of(pages: list[Json]) -> dict[Test, Group]:
    novelty: dict[str, str] = {}
    groups: dict[Test, Group] = {}
    for group in (group for page in pages for group in page["groups"]):
        name = group["fingerprint"]
        novelty.setdefault(name, group.get("novelty", ""))
        example = [group["example"]] if "example" in group else []
        for test in [*example, *group.get("others", [])]:
            assert _named(test) not in groups, "a test is in two groups"
            groups[_named(test)] = Group(name, novelty[name], test.get("group", ""))
    return groups


def _named(test: Json) -> Test:
    return test["spec"], test["test"]


@pytest.mark.parametrize(
    ("source", "reference"), [(source, run) for source in SOURCES for run in runs_of(source)]
)
def test_every_failed_test_is_in_one_group_and_no_flaky_one(source: Source, reference: str) -> None:
    labels = LABELS["runs"][reference]
    groups = answers_about(source).triaged[reference]
    assert groups.keys() == {*map(_named, labels["failures"])}
    assert not groups.keys() & {*map(_named, labels.get("flaky", []))}


@pytest.mark.parametrize("source", SOURCES)
def test_the_novelty_of_every_cause_of_the_labelled_pair_is_right(source: Source) -> None:
    pair = pair_of(source)
    groups = answers_about(source).triaged[pair["head"]]
    for test in LABELS["runs"][pair["head"]]["failures"]:
        expected = "known" if test["cause"] in pair["causes"]["known"] else "new"
        assert groups[_named(test)].novelty == expected, test


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", LISTS)
def test_comparing_the_labelled_pair_is_exact(source: Source, name: str) -> None:
    expected = pair_of(source)["compare"].get(LISTS[name], [])
    assert sorted(answers_about(source).compared[name]) == sorted(map(_named, expected))


@pytest.mark.parametrize("reference", runs_of("currents, schema 2"))
def test_the_groups_are_the_same_in_both_schemas(reference: str) -> None:
    first, second = (answers_about(source).triaged[reference] for source in SOURCES[:2])
    assert first == second


def test_some_answers_take_more_than_one_page() -> None:
    assert max(answers_about("currents, schema 1").pages.values()) > 1
