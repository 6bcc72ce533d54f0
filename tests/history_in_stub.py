"""A branch's runs in the stub of the Currents API, each with how its specs went."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from report_stub import Route, Stub

Json = dict[str, Any]
PROJECT: Final = "p1"
BRANCH: Final = "trunk"
ASKED: Final = "currents:run0"
"""The newest run."""
_NOW: Final = datetime.now(UTC)


def serve_history(
    stub: Stub, runs: Sequence[Mapping[str, str] | None], *, deleted: Collection[int] = ()
) -> None:
    """Serves runs of a branch, see `history_routes`."""
    stub.serve(history_routes(runs, deleted=deleted))


def history_routes(
    runs: Sequence[Mapping[str, str] | None], *, deleted: Collection[int] = ()
) -> list[Route]:
    """Returns the routes of runs of a branch, newest first.

    Args:
        runs: For each run, how each spec went: passed, idle, or the message that its test failed
            with; None for a run that is gone.
        deleted: The numbers of runs that are not listed.
    """
    rows = [row(number) for number in range(len(runs))]
    listed = [row for number, row in enumerate(rows) if number not in deleted]
    routes = [
        Route(path=f"/v1/projects/{PROJECT}$", body=_ok({"projectId": PROJECT, "name": "Shop"})),
        Route(path=f"/v1/projects/{PROJECT}/runs", body=_ok(listed)),
    ]
    for number, specs in enumerate(runs):
        if specs is None:
            continue
        body = {**rows[number], "specs": [_spec(number, name, specs[name]) for name in specs]}
        routes.append(Route(path=f"/v1/runs/run{number}$", body=_ok(body)))
        routes += [
            Route(
                path=f"/v1/instances/{number}-{_id(name)}$", body=_ok(_instance(number, name, how))
            )
            for name, how in specs.items()
            if how not in ("passed", "idle")
        ]
    return routes


def _ok(data: object) -> Json:
    return {"status": "OK", "data": data, "has_more": False}


def row(number: int) -> Json:
    """Returns a run as the list of runs has it; they are an hour apart."""
    created = _NOW - timedelta(hours=number + 1)
    return {
        "runId": f"run{number}",
        "projectId": PROJECT,
        "status": "FAILED",
        "completionState": "COMPLETE",
        "createdAt": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "cursor": f"c{number}",
        "groups": [{"groupId": "chromium"}],
        "meta": {
            "commit": {
                "sha": f"{number:040x}",
                "branch": BRANCH,
                "authorName": "Ida Krag",
                "defaultBranch": BRANCH,
                "remoteOrigin": "https://github.com/acme/shop",
            }
        },
    }


def _spec(number: int, name: str, how: str) -> Json:
    failed = int(how not in ("passed", "idle"))
    stats = {"tests": 1, "overall": 1, "passes": 1 - failed, "failures": failed}
    return {
        "instanceId": f"{number}-{_id(name)}",
        "spec": name,
        "groupId": "chromium",
        "claimedAt": "2026-11-01T00:00:00Z",
        "completedAt": None if how == "idle" else "2026-11-01T00:10:00Z",
        "machineId": "m1",
        "results": None if how == "idle" else {"stats": stats, "flaky": 0},
    }


def _instance(number: int, name: str, message: str) -> Json:
    attempt = {"state": "failed", "error": {"message": f"Error: {message}", "stack": ""}}
    test = {
        "testId": f"t-{_id(name)}",
        "title": [name, "works"],
        "state": "failed",
        "attempts": [attempt],
    }
    return {
        "instanceId": f"{number}-{_id(name)}",
        "runId": f"run{number}",
        "spec": name,
        "groupId": "chromium",
        "results": {"stats": {"tests": 1, "overall": 1, "failures": 1}, "tests": [test]},
    }


def _id(name: str) -> str:
    return name.replace("/", "-").replace(".", "-")
