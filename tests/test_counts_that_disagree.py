"""No answer claims that nothing failed where the run's own counts say otherwise.

Payloads of the live API are damaged in one or two places, anywhere but in the counts themselves,
and every tool that reports failures is called on them.
"""

import copy
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from hosts import ERAS, Era, text_of
from hypothesis import given, settings
from hypothesis import strategies as st
from in_process import configured
from mcp_types import CallToolResult, ContentBlock, TextContent
from report_stub import IN_ACME, Route, Stub
from shared_client import SharedClient, shared_client

Json = dict[str, Any]
Place = tuple[str | int, ...]

PAYLOADS: Final = Path(__file__).parent / "payloads"


def instance_with_few_files() -> Json:
    """Returns an instance with one file of each kind, so that damage falls on its tests."""
    instance: Json = json.loads((PAYLOADS / "instance-schema-2.json").read_bytes())
    for kind in ("attachments", "playwrightTraces", "screenshots", "videos"):
        del instance["data"]["results"][kind][1:]
    return instance


INSTANCE: Final = instance_with_few_files()
RUN: Final[Json] = json.loads((PAYLOADS / "run-complete.json").read_bytes())
RUN_ID: Final = RUN["data"]["runId"]
FAILED_SPECS: Final = [
    spec["instanceId"] for spec in RUN["data"]["specs"] if spec["results"]["stats"]["failures"]
]
FAILED_TEST: Final = "9bafeadb0aca60a0836d-6e4f3c28756a925fcdad"
SUITE: Final = "/v2/analytics/organizations/acme/suites/web"
UUID: Final = "0191a0f0-0001-4000-8000-0000000000aa"

ODD: Final[tuple[object, ...]] = (None, "odd", 7, True, [], {}, ["odd"], {"odd": 1}, [[]], "")
DOUBT: Final = re.compile(
    r"could (?:not )?be (?:read|loaded)|counts say|counts [0-9]+ failed|unreadable[= ][1-9]"
    r"|unread_specs [1-9]|run has failed|lists no failed|failed_to_load=[1-9]"
    r"|^spec spec=.* status=(?:failed|unknown)",
    re.MULTILINE,
)


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """Yields the place of every value of a payload, but for the counts."""
    if at and "stats" not in at:
        yield at
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*at, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*at, number))


def damaged(payload: Json, damage: Sequence[tuple[Place, object]]) -> Json:
    """Returns the payload with some values replaced, as far as their places are still there."""
    changed = copy.deepcopy(payload)
    for place, odd in damage:
        container: Any = changed
        try:
            for step in place[:-1]:
                container = container[step]
            container[place[-1]] = odd
        except (KeyError, IndexError, TypeError):
            continue
    return changed


def passed_run() -> Json:
    """Returns the run as if nothing had failed in it: what is compared with it is not in doubt."""
    run = copy.deepcopy(RUN)
    run["data"] |= {"runId": "other", "status": "PASSED"}
    counts = [group["tests"] for group in run["data"]["groups"]]
    counts += [group["instances"] for group in run["data"]["groups"]]
    counts += [spec["results"]["stats"] for spec in run["data"]["specs"]]
    for count in counts:
        count |= {"passes": count["overall"], "failures": 0, "flaky": 0}
    for spec in run["data"]["specs"]:
        spec["results"]["flaky"] = 0
        spec["instanceId"] = f"other-{spec['instanceId']}"
    return run


def passed_instance() -> Json:
    """Returns an instance in which each test passed at once."""
    instance = copy.deepcopy(INSTANCE)
    results = instance["data"]["results"]
    results["stats"] |= {"passes": results["stats"]["overall"], "failures": 0, "flaky": 0}
    for test in results["tests"]:
        test |= {"_s": "passed", "_f": False}
    for outcome in instance["data"]["testResults"].values():
        outcome |= {"state": "passed", "isFlaky": False, "attempts": outcome["attempts"][-1:]}
        outcome["attempts"][0] |= {"state": "passed", "rawStatus": "passed", "error": None}
    return instance


def damage_to(payload: Json, inside: Sequence[Place]) -> st.SearchStrategy[Any]:
    known = [place for place in places(payload) if any(place[: len(at)] == at for at in inside)]
    return st.lists(st.tuples(st.sampled_from(known), st.sampled_from(ODD)), min_size=1, max_size=2)


def damage_to_both_states() -> st.SearchStrategy[Any]:
    """Damages both places that tell how the failed test went: one alone is made up for."""
    tests = ("data", "results", "tests", 8)
    outcome = ("data", "testResults", FAILED_TEST)
    return st.tuples(
        *(
            st.tuples(st.sampled_from(known), st.sampled_from((*ODD, "passed")))
            for known in ((tests, (*tests, "_s")), (outcome, (*outcome, "state")))
        )
    )


def instance_of(spec: Json, instance: Json) -> Json:
    """Returns an instance as that of a spec: the product believes no other."""
    own = {"instanceId": spec["instanceId"], "spec": spec["spec"]}
    return {**instance, "data": {**instance["data"], **own}}


PASSED_RUN: Final = passed_run()
PASSED_INSTANCE: Final = passed_instance()


def routes(run: Json, instance: Json) -> list[Route]:
    """Serves a run with an instance for each of its failed specs, and the run that passed."""
    specs = [*RUN["data"]["specs"], *PASSED_RUN["data"]["specs"]]
    instances = {
        spec["instanceId"]: instance_of(
            spec, instance if spec["instanceId"] in FAILED_SPECS else PASSED_INSTANCE
        )
        for spec in specs
    }
    return [
        Route(path="/runs/other$", body=PASSED_RUN),
        *(Route(path=f"/instances/{known}$", body=body) for known, body in instances.items()),
        Route(path="/runs/find", body=run),
        Route(path="/runs/", body=run),
        Route(path=r"/projects/\w+/runs", body={"status": "OK", "data": [], "has_more": False}),
        Route(path="/projects/", body={"status": "OK", "data": {"projectId": "kW3rTz"}}),
    ]


@pytest.fixture(scope="module")
def clients(stub: Stub) -> Iterator[dict[Era, SharedClient]]:
    configuration = configured(stub.environment | IN_ACME)
    with ExitStack() as stack:
        yield {era: stack.enter_context(shared_client(configuration, era)) for era in ERAS}


def says_nothing_failed(result: CallToolResult) -> bool:
    """Says whether an answer hides that something failed: it has no failure and no doubt."""
    if result.is_error:
        return False
    answer: Json = result.structured_content or {}
    named = any(answer.get(name) for name in ("failures", "new_failures"))
    caused = any("fingerprint" in group for group in answer.get("groups", []))
    text = text_of(result)
    return "no test failed" in text or not (named or caused or DOUBT.search(text))


RUN_CALLS: Final = [
    ("currents_get_run", {"run_id": RUN_ID, "detail": "failures"}),
    ("currents_find_run", {"project_id": "kW3rTz", "detail": "failures"}),
    ("triage_run", {"run": f"currents:{RUN_ID}"}),
    ("compare_runs", {"base": "currents:other", "head": f"currents:{RUN_ID}"}),
]


def test_answers_that_are_not_damaged_name_what_failed_and_leave_no_doubt(
    clients: dict[Era, SharedClient], stub: Stub
) -> None:
    stub.serve(routes(RUN, INSTANCE))
    for tool, arguments in RUN_CALLS[2:]:
        text = text_of(clients[ERAS[0]].call(tool, arguments))
        assert "sorts invoices of one month (9)" in text
        assert not DOUBT.search(text), (tool, text)


@settings(max_examples=25)
@given(
    damage=damage_to(RUN, [("data", "specs"), ("data", "meta"), ("data", "timeout")]),
    era=st.sampled_from(ERAS),
)
def test_a_damaged_run_never_looks_as_if_nothing_failed(
    clients: dict[Era, SharedClient], stub: Stub, damage: list[tuple[Place, object]], era: Era
) -> None:
    stub.serve(routes(damaged(RUN, damage), INSTANCE))
    for tool, arguments in RUN_CALLS:
        result = clients[era].call(tool, arguments)
        assert not says_nothing_failed(result), (tool, text_of(result))


@settings(max_examples=25)
@given(
    damage=damage_to(
        INSTANCE,
        [
            ("data", "results", "tests", 8),
            ("data", "testResults", FAILED_TEST),
            ("data", "results"),
            ("data", "testResults"),
        ],
    )
    | damage_to_both_states(),
    era=st.sampled_from(ERAS),
)
def test_a_damaged_instance_never_looks_as_if_nothing_failed(
    clients: dict[Era, SharedClient], stub: Stub, damage: list[tuple[Place, object]], era: Era
) -> None:
    instance = damaged(INSTANCE, damage)
    stub.serve(routes(RUN, instance))
    calls = [("currents_get_instance", {"instance_id": FAILED_SPECS[0]}), *RUN_CALLS[2:]]
    for tool, arguments in calls:
        result = clients[era].call(tool, arguments)
        counted = isinstance((instance["data"].get("results") or {}), dict)
        if tool != "currents_get_instance" or counted:
            assert not says_nothing_failed(result), (tool, text_of(result))


EXECUTIONS: Final[Json] = {
    "sent": [
        {
            "execution_id": f"e{number}",
            "test_id": f"t{number}",
            "failure_reason": "Error: it broke",
            "location": "tests/x.spec.ts:10:5",
            "test_name": f"case {number}",
            "duration": 1.5,
            "tags": {"team": "web"},
            "failure_expanded": [{"expanded": ["Error: it broke"], "backtrace": []}],
        }
        for number in range(2)
    ]
}
BUILDKITE_RUN: Final = {"id": UUID, "state": "finished", "result": "failed", "branch": "main"}


@settings(max_examples=40)
@given(damage=damage_to(EXECUTIONS, [("sent",)]), era=st.sampled_from(ERAS))
def test_damaged_executions_never_look_as_if_nothing_failed(
    clients: dict[Era, SharedClient], stub: Stub, damage: list[tuple[Place, object]], era: Era
) -> None:
    stub.serve(
        [
            Route(path="/failed_executions", body=damaged(EXECUTIONS, damage)["sent"]),
            Route(path=f"{SUITE}/runs/{UUID}$", body=BUILDKITE_RUN),
        ]
    )
    calls = [
        ("buildkite_get_failed_executions", {"suite": "web", "run_id": UUID}),
        ("triage_run", {"run": f"buildkite:acme/web/{UUID}"}),
    ]
    for tool, arguments in calls:
        result = clients[era].call(tool, arguments)
        assert not says_nothing_failed(result), (tool, text_of(result))


@pytest.mark.parametrize(
    ("text", "answer", "hides"),
    [
        ("failures none", {"failures": []}, True),
        ("The run failed; no test failed.", {"groups": [{"fingerprint": "f"}]}, True),
        ("group fingerprint=f", {"groups": [{"fingerprint": "f"}]}, False),
        ("group group=chromium", {"groups": [{"group": "chromium"}]}, True),
        ("unreadable 1", {"failures": []}, False),
        ("run id=r status=failed\nspecs none", {"specs": []}, True),
        ("run id=r\nspec spec=a.ts status=failed", {"specs": []}, False),
        ("counts new_failures=0", {"new_failures": []}, True),
    ],
)
def test_the_check_recognizes_an_answer_that_hides_a_failure(
    text: str, answer: Json, hides: bool
) -> None:
    content: list[ContentBlock] = [TextContent(type="text", text=text)]
    result = CallToolResult(content=content, structured_content=answer)
    assert says_nothing_failed(result) is hides
