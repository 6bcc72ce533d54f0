"""Payloads of both APIs in which every text of strangers is the same, and their routes."""

from typing import Any, Final

from report_stub import Route

Json = dict[str, Any]
RUN: Final = "0a91f41ed60abfab9ea509e866ba9d6d"
INSTANCE: Final = "b5f95e95-726f-4a3b-9edc-6cc0b0eb85fd"
SUITE_RUN: Final = "0191a0f0-0001-4000-8000-0000000000aa"
PROJECT: Final = "bAYZ4a"
TIME: Final = "2026-08-31T08:00:00.000Z"


def run_with(text: str, completion: str = "COMPLETED") -> Json:
    """Returns a run of Currents, with one spec that failed."""
    return {
        "runId": RUN,
        "projectId": PROJECT,
        "status": "FAILED",
        "completionState": completion,
        "createdAt": TIME,
        "tags": [text],
        "groups": [
            {
                "groupId": text,
                "platform": {"osName": text, "osVersion": text, "browserName": text},
                "instances": {"overall": 1, "claimed": 1, "complete": 1, "failures": 1},
                "tests": {"overall": 1, "tests": 1, "failures": 1},
            }
        ],
        "meta": {
            "ciBuildId": text,
            "commit": {
                "sha": text,
                "branch": text,
                "authorName": text,
                "authorEmail": text,
                "message": text,
                "remoteOrigin": text,
                "ghaEventData": {"headRef": text, "htmlUrl": text, "prTitle": text},
            },
            "pr": {"id": text, "title": text},
            "framework": {"type": text, "version": text, "clientVersion": text},
        },
        "cancelation": {"cancelledAt": TIME, "reason": text, "actor": text},
        "specs": [
            {
                "instanceId": INSTANCE,
                "spec": text,
                "groupId": text,
                "machineId": text,
                "claimedAt": TIME,
                "completedAt": TIME,
                "results": {"stats": {"tests": 1, "overall": 1, "failures": 1}},
            }
        ],
    }


def instance_with(text: str) -> Json:
    """Returns an instance of Currents, with a test that failed and one that passed."""
    error = {
        "name": text,
        "message": text,
        "stack": f"{text}\n    at {text} ({text}:1:2)",
        "location": {"file": text, "line": 1, "column": 2},
        "snippet": text,
        "value": text,
        "cause": {"message": text, "stack": text},
    }
    attempt = {"state": "failed", "error": error, "errors": [error, error], "stdout": [text]}
    return {
        "instanceId": INSTANCE,
        "runId": RUN,
        "projectId": PROJECT,
        "spec": text,
        "groupId": text,
        "machineId": text,
        "platform": {"osName": text, "browserName": text},
        "framework": {"type": text, "version": text},
        "results": {
            "stats": {"tests": 2, "overall": 2, "failures": 1, "passes": 1},
            "exception": text,
            "tests": [
                {
                    "testId": text,
                    "title": [text, text],
                    "state": "failed",
                    "displayError": text,
                    "location": {"file": text, "line": 3},
                    "annotations": [{"type": "owner", "description": text}],
                    "attempts": [attempt],
                },
                {"testId": "b", "title": [text], "state": "passed", "attempts": []},
            ],
            "screenshots": [{"name": text, "path": text, "testId": text, "screenshotURL": text}],
            "videoUrl": text,
            "playwrightTraces": [{"name": text, "traceURL": text, "testId": text}],
            "attachments": [{"name": text, "path": text, "url": text}],
        },
        text: text,
    }


def suite_run_with(text: str) -> Json:
    """Returns a run of Buildkite."""
    return {
        "id": SUITE_RUN,
        "url": text,
        "web_url": text,
        "branch": text,
        "commit_sha": text,
        "build_id": text,
        "state": "finished",
        "result": "failed",
        "created_at": TIME,
    }


def execution_with(text: str) -> Json:
    """Returns a failed execution of Buildkite."""
    return {
        "execution_id": "60f0e64c-ae4b-870e-b41f-5431205caf06",
        "run_id": SUITE_RUN,
        "test_id": "075bbfa3-dc98-8f4a-a2f9-f7edb6eb5f44",
        "run_name": text,
        "commit_sha": text,
        "created_at": TIME,
        "branch": text,
        "failure_reason": text,
        "failure_expanded": [
            {"expanded": text.split("\n"), "backtrace": text.split("\n")},
            {"expanded": [text], "backtrace": [f"{text}:3:in `{text}'"]},
        ],
        "location": text,
        "test_name": text,
        "run_url": text,
        "test_url": text,
        "test_execution_url": text,
        "tags": {"test.framework.name": text, "owner": text},
    }


def routes_with(text: str) -> list[Route]:
    """Returns the routes of both APIs, every answer with this text in every place."""
    run = run_with(text)
    executions = [execution_with(text)]
    return [
        _ok(f"/runs/{RUN}$", run),
        _ok(f"/instances/{INSTANCE}$", instance_with(text)),
        _ok(f"/projects/{PROJECT}/runs", [run]),
        _ok("/runs/find", run),
        _ok("/projects", [{"projectId": PROJECT, "name": text, "createdAt": TIME}]),
        Route(path=f"{SUITE_RUN}/failed_executions", body=executions),
        Route(path=f"/runs/{SUITE_RUN}$", body=suite_run_with(text)),
        Route(path="/suites/web/runs", body=[suite_run_with(text)]),
        Route(path="/suites", body=[{"id": text, "slug": "web", "name": text, "web_url": text}]),
        Route(path="/access-token", body={"uuid": text, "scopes": [text, "read_suites"]}),
    ]


def _ok(path: str, data: object) -> Route:
    return Route(path=path, body={"status": "OK", "has_more": False, "data": data})
