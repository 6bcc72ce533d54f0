"""The sandbox's story of Currents runs, read over its HTTP as any client would."""

import ssl
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from runs_mcp.sandbox import READ_WRITE_KEY, Sandbox

NOW: Final = datetime(2027, 5, 20, 12, tzinfo=UTC)
FLAKE: Final = ("e2e/specs/seats/seat-map.spec.ts", "keeps the chosen seats after a reload")
KNOWN: Final = ("e2e/specs/timetable/print.spec.ts", "prints the timetable in Norwegian")
KEY: Final = {"Authorization": f"Bearer {READ_WRITE_KEY}"}
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Loads no CA certificates, which takes 50 ms for each client."""
Json = dict[str, Any]


def api_of(sandbox: Sandbox) -> httpx.Client:
    """Returns a client of the sandbox's Currents API."""
    return httpx.Client(base_url=sandbox.currents_url, headers=KEY, timeout=20, verify=NO_TLS)


def run(api: httpx.Client, run_id: str) -> Json:
    found: Json = api.get(f"/runs/{run_id}").json()["data"]
    return found


def instance(api: httpx.Client, spec: Json) -> Json:
    answer = api.get(f"/instances/{spec['instanceId']}")
    assert answer.status_code == 200
    found: Json = answer.json()["data"]
    return found


def listed(api: httpx.Client, project_id: str) -> list[Json]:
    runs: list[Json] = []
    more = True
    while more:
        after = {"starting_after": runs[-1]["cursor"]} if runs else {}
        answer = api.get(f"/projects/{project_id}/runs", params={"limit": 50, **after}).json()
        runs, more = runs + answer["data"], answer["has_more"]
    return runs


def reported_tests(found: Json) -> list[Json]:
    """The tests of an instance with state and attempts, whatever its schema."""
    results = found.get("testResults", {})
    return [{**test, **results.get(test["testId"], {})} for test in found["results"]["tests"]]


def complete(of: Json) -> list[Json]:
    """The specs of a run that reported all they had to."""
    return [spec for spec in of["specs"] if spec["completedAt"]]


def failed_tests(api: httpx.Client, run_id: str) -> list[tuple[str, Json]]:
    return [
        (spec["spec"], test)
        for spec in run(api, run_id)["specs"]
        if spec["results"]["stats"]["failures"]
        for test in reported_tests(instance(api, spec))
        if test["state"] == "failed"
    ]


def flaky_tests(api: httpx.Client, run_id: str) -> list[tuple[str, Json]]:
    return [
        (spec["spec"], test)
        for spec in run(api, run_id)["specs"]
        if spec["results"]["flaky"]
        for test in reported_tests(instance(api, spec))
        if {attempt["state"] for attempt in test["attempts"]} == {"failed", "passed"}
    ]
