"""Specs whose instances have less than the run counts, or something else: nothing is lost."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from in_process import configured
from report_stub import Route, Stub
from shared_client import SharedClient, shared_client

from runs_mcp.model import FullInstance
from runs_mcp.providers.currents.mapping import instances as instance_mapping
from runs_mcp.providers.currents.reading import reader
from runs_mcp.providers.currents.wire.instances import WireInstance

Json = dict[str, Any]
Triage = Callable[[list[Json], Mapping[str, Json]], Json]
AT: Final = "2026-08-20T10:00:00.000Z"
FAILED_RUN: Final = {
    "runId": "r",
    "projectId": "p",
    "status": "FAILED",
    "completionState": "COMPLETE",
    "createdAt": AT,
}
BOOM: Final = {"message": "Error: boom", "stack": ""}


def spec(name: str, *, exception: str = "", **counts: object) -> Json:
    stats = {"tests": 1, "passes": 0, "pending": 0, "skipped": 0, "failures": 0, **counts}
    flaky = stats.pop("flaky", 0)
    results = {"stats": stats, "flaky": flaky, **({"exception": exception} if exception else {})}
    return {
        "spec": name,
        "instanceId": name,
        "groupId": "chromium",
        "claimedAt": AT,
        "completedAt": AT,
        "results": results,
    }


def case(title: str, state: str = "failed", *attempts: str, error: Json = BOOM) -> Json:
    made = [
        {"state": one, "rawStatus": one, "error": None if one == "passed" else error}
        for one in attempts or (state,)
    ]
    return {"testId": title, "title": [title], "state": state, "attempts": made}


def flaky(title: str) -> Json:
    return {**case(title, "passed", "failed", "passed"), "isFlaky": True}


def instance(name: str, *tests: Json, **more: object) -> Json:
    return {"instanceId": name, "spec": name, "results": {"tests": list(tests)}, **more}


@pytest.fixture(scope="module")
def client(stub: Stub) -> Iterator[SharedClient]:
    with shared_client(configured(stub.environment, {"providers": "currents"})) as connected:
        yield connected


@pytest.fixture
def triaged(client: SharedClient, stub: Stub) -> Triage:
    """Returns the triage of a run of these specs, whose instances are the ones given."""

    def triage(specs: list[Json], instances: Mapping[str, Json]) -> Json:
        stub.serve(
            [
                *(
                    Route(path=f"/instances/{name}$", body={"data": of})
                    for name, of in instances.items()
                ),
                Route(path="/runs/r$", body={"data": {**FAILED_RUN, "specs": specs}}),
                Route(path="/projects/p/runs", body={"data": [], "has_more": False}),
                Route(path="/projects/p$", body={"data": {"projectId": "p"}}),
            ]
        )
        return client.answer("triage_run", run="r")

    return triage


@pytest.mark.parametrize(
    ("counted", "answered", "remark"),
    [
        pytest.param(
            spec("b", tests=2, skipped=2),
            {"instanceId": "b", "spec": "b", "results": None},
            "2 skipped tests alone fail 1 specs (b)",
            id="skipped tests, none in the answer",
        ),
        pytest.param(
            {**spec("b"), "results": None},
            {"instanceId": "b", "spec": "b", "results": None},
            "no results could be read of 1 specs (b)",
            id="no counts and no results",
        ),
        pytest.param(
            spec("b", tests=1, failures=1),
            instance("z", case("t", "passed")),
            "1 of 2 failing specs could not be loaded (malformed_response 1)",
            id="the instance of another spec",
        ),
    ],
)
def test_a_spec_without_readable_results_is_named_beside_a_flaky_test(
    triaged: Triage, counted: Json, answered: Json, remark: str
) -> None:
    specs = [spec("a", tests=1, passes=1, flaky=1), counted]
    answer = triaged(specs, {"a": instance("a", flaky("f")), "b": answered})
    assert remark in answer["verdict"]
    assert "no test failed" not in answer["verdict"]


def test_a_defect_in_reading_one_spec_does_not_cost_the_others(
    triaged: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = instance_mapping.full_instance

    def fails_for_b(
        sent: WireInstance, upstream_bytes: int, unreadable: tuple[str, ...]
    ) -> FullInstance:
        if sent.spec == "b":
            raise ZeroDivisionError
        return made(sent, upstream_bytes, unreadable)

    monkeypatch.setattr(instance_mapping, "full_instance", fails_for_b)
    instances = {"a": instance("a", case("t")), "b": instance("b", case("t"))}
    answer = triaged([spec("a", failures=1), spec("b", failures=1)], instances)

    assert [group["tests"] for group in answer["groups"]] == [1]
    assert "1 of 2 failing specs could not be loaded (internal_error 1)" in answer["verdict"]


def test_a_spec_that_could_not_run_is_a_failure_though_no_test_is_counted(triaged: Triage) -> None:
    crash = "We failed to launch the browser"
    answer = triaged(
        [spec("a", failures=1), spec("b", tests=0, exception=crash)],
        {
            "a": instance("a", case("t")),
            "b": {"instanceId": "b", "spec": "b", "results": {"tests": [], "exception": crash}},
        },
    )
    assert "2 tests failed for 2 causes" in answer["verdict"]
    assert "counts say" not in answer["verdict"]


def test_two_failures_of_one_name_in_one_spec_are_two(triaged: Triage) -> None:
    other = {"message": "TypeError: two is other", "stack": ""}
    tests = [case("t"), case("t", error=other)]
    answer = triaged([spec("a", tests=2, failures=2)], {"a": instance("a", *tests)})
    assert "2 tests failed for 2 causes" in answer["verdict"]


def test_a_spec_is_read_if_its_counts_do_not_include_all_its_tests(triaged: Triage) -> None:
    answer = triaged(
        [spec("a", tests=3, passes=2, failures=None)],
        {"a": instance("a", case("t"), case("u", "passed"), case("v", "passed"))},
    )
    assert "1 test failed" in answer["verdict"]


@pytest.mark.parametrize("state", ["timedOut", ""])
def test_a_failure_by_another_word_agrees_with_the_counts(triaged: Triage, state: str) -> None:
    test = {**case("t", "failed"), "state": state}
    answer = triaged([spec("a", failures=1)], {"a": instance("a", test)})
    assert "1 test failed" in answer["verdict"]
    assert "counts say" not in answer["verdict"]


def test_a_test_that_passed_unexpectedly_and_was_then_interrupted_has_failed(
    triaged: Triage,
) -> None:
    test = case("t", "skipped", "passed", "skipped")
    test["attempts"][1]["rawStatus"] = "interrupted"
    answer = triaged([spec("a", skipped=1)], {"a": instance("a", test)})
    assert answer["groups"][0]["example"]["status"] == "interrupted"
    assert "flaky" not in answer


def test_more_than_fits_into_memory_is_named_and_what_was_read_is_shown(
    triaged: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_AT_ONCE", 1)
    monkeypatch.setattr(reader, "_MOST_BYTES", 25_000)
    boom = {"message": "Error: " + "boom " * 2000, "stack": ""}
    names = ("a", "b", "c", "d")
    instances = {name: instance(name, case("t", error=boom)) for name in names}
    answer = triaged([spec(name, failures=1) for name in names], instances)

    assert [group["tests"] for group in answer["groups"]] == [2]
    assert "2 of 4 failing specs could not be loaded (too_large 2)" in answer["verdict"]


def test_tests_that_passed_take_no_memory_and_are_counted(
    triaged: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_MOST_BYTES", 25_000)
    passed = [case(f"passed {number}", "passed") for number in range(500)]
    read = {"a": instance("a", case("t"), *passed)}
    answer = triaged([spec("a", tests=501, passes=500, failures=1)], read)

    assert [group["tests"] for group in answer["groups"]] == [1]
    assert "could not be" not in answer["verdict"]
