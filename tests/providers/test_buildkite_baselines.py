"""The runs that a Buildkite run is compared with."""

from collections.abc import Iterator
from typing import Final

import pytest
from buildkite_in_stub import REFERENCE, RUN, UUID, AcmeServer, Json, StubBuild, acme_server
from report_stub import Route, Stub

FAILED: Final = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")})


@pytest.fixture(scope="module")
def acme(stub: Stub) -> Iterator[AcmeServer]:
    with acme_server(stub) as running:
        yield running


def another(ending: str) -> str:
    """Returns the ID of another run."""
    return UUID.removesuffix("aa") + ending


def test_the_baseline_is_the_latest_earlier_run_in_whatever_order_and_among_odd_records(
    acme: AcmeServer,
) -> None:
    run = {**RUN, "branch": "main", "result": "passed"}
    latest = {**run, "id": another("a3"), "created_at": "2026-08-18T11:00:00Z"}
    listed = [
        {**run, "id": None, "created_at": "2026-08-19T11:00:00Z"},
        {**run, "id": "x/y", "created_at": "2026-08-19T11:00:00Z"},
        {**run, "id": another("a1"), "created_at": None},
        {**run, "id": another("a2"), "created_at": "2026-08-17T11:00:00Z"},
        latest,
    ]
    answer = acme.answer(
        [
            Route(path="/suites/web/runs[?]", body=listed),
            Route(path="/suites[?]", body=[]),
            Route(path=f"{another('a3')}/failed_executions", body=[]),
            Route(path=f"{another('a3')}$", body=latest),
            *FAILED.routes(),
        ],
        "triage_run",
        run=REFERENCE,
    )
    assert answer["baseline"]["run"].endswith("a3")
    assert answer["groups"][0]["novelty"] == "new"


@pytest.mark.parametrize(
    ("run", "remark"),
    [
        ({"result": "stale", "state": "finished"}, "base has no result"),
        ({"result": "failed", "state": "running"}, "base is still going on"),
    ],
)
def test_new_failures_may_not_be_new_if_the_base_has_not_ended(
    acme: AcmeServer, run: Json, remark: str
) -> None:
    base = another("ab")
    answer = acme.answer(
        [
            Route(path=f"/runs/{base}$", body={**RUN, **run, "build_id": None}),
            Route(path=f"{base}/failed_executions", body=[]),
            *FAILED.routes(),
        ],
        "compare_runs",
        base=f"buildkite:acme/web/{base}",
        head=REFERENCE,
    )
    assert f"{remark}: what is listed as new may not be new" in "; ".join(answer["remarks"])
