"""Finding the latest completed run that matches."""

from collections.abc import Iterator
from typing import Any

import pytest
from budgets import fits
from hosts import NOTHING_KEPT, pages_of, structured_of, text_of
from in_process import configured, connect
from run_of_size import add_run_of_size
from shared_client import SharedClient, shared_client
from story_time import STORY_END

from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    NotableRun,
)


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=STORY_END) as running:
        yield running


@pytest.fixture(scope="module")
def host(shared_sandbox: Sandbox) -> Iterator[SharedClient]:
    with shared_client(configured({**shared_sandbox.variables, **NOTHING_KEPT})) as connected:
        yield connected


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox without faults, which has got no request."""
    shared_sandbox.requests.clear()
    yield shared_sandbox
    shared_sandbox.heal()


def test_find_answers_with_the_latest_completed_run_of_a_branch(host: SharedClient) -> None:
    def found(branch: str, **more: object) -> dict[str, Any]:
        return host.answer("currents_find_run", project_id=BOOKING_PROJECT, branch=branch, **more)

    exact, prefix = found("feat/fare-engine-v2"), found("feat/fare*", pw_last_run=True)
    missing = host.call("currents_find_run", {"project_id": BOOKING_PROJECT, "branch": "no/such"})

    assert exact["run"]["id"] == prefix["run"]["id"] == NotableRun.THREE_CAUSES.value
    assert "last_run" not in exact
    assert prefix["last_run"]["status"] == "failed"
    assert "kind=not_found" in text_of(missing)


@pytest.mark.parametrize(
    "query",
    [
        {"tags": ["matrix"]},
        {"branch": "main", "tags": ["matrix"]},
        {"branch": "mai*", "tags": ["matrix"]},
        {"tags": ["matrix"], "pw_last_run": True},
    ],
    ids=str,
)
def test_a_run_too_big_to_be_found_is_looked_up_and_read(
    sandbox: Sandbox, host: SharedClient, query: dict[str, object]
) -> None:
    first = host.call("currents_find_run", {"project_id": BOOKING_PROJECT, **query})

    answer = structured_of(first)
    assert answer["run"]["id"] == NotableRun.MATRIX.value
    assert answer["trim"]["upstream_bytes"] > 10_000_000
    assert fits(first)
    assert [request.status for request in sandbox.requests] == [413, 200, 200]
    if "pw_last_run" in query:
        assert answer["last_run"] == {"status": "unavailable"}


def test_find_falls_back_where_the_api_breaks_on_it_for_good(
    sandbox: Sandbox, host: SharedClient
) -> None:
    sandbox.fail(Fault(path="/v1/runs/find", status=500))
    run = host.answer("currents_get_run", run_id=NotableRun.MAIN.value)["run"]
    answer = host.answer(
        "currents_find_run", project_id=BOOKING_PROJECT, ci_build_id=run["ci_build_id"]
    )

    assert answer["run"]["id"] == NotableRun.MAIN.value


async def test_the_pages_of_find_stay_with_the_run_that_was_found() -> None:
    wanted: dict[str, object] = {"project_id": BOOKING_PROJECT, "branch": "main", "detail": "full"}
    with Sandbox(now=STORY_END) as sandbox:
        add_run_of_size(sandbox, "first", 400_000)
        specs = sandbox.currents.specs_of("first")
        async with connect(sandbox) as client:
            pages = pages_of(client, "currents_find_run", wanted)
            shown = [await anext(pages)]
            add_run_of_size(sandbox, "second", 20_000)
            shown += [page async for page in pages]

    listed = [spec["instance_id"] for page in shown for spec in structured_of(page)["specs"]]
    assert len(shown) > 2
    assert {structured_of(page)["run"]["id"] for page in shown} == {"first"}
    assert sorted(listed) == sorted(spec.instance_id for spec in specs)
