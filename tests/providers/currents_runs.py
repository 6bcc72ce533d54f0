"""Runs of our own in the sandbox, and the client that reads and changes them."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import httpx
from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.api.client import ApiClient
from runs_mcp.api.connections import open_pool
from runs_mcp.confirmation.action import Action
from runs_mcp.deadline import Deadline
from runs_mcp.providers.currents.actions.cancel_run_by_github_ci import CancelRunByGithubCi
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.references import (
    CurrentsProjectId,
    currents_project_id,
    currents_run_id,
)
from runs_mcp.sandbox import READ_WRITE_KEY, Sandbox
from runs_mcp.sandbox.currents.records import (
    CompletionState,
    Group,
    InstanceTotals,
    Spec,
    TestTotals,
)
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, PUSH_IN_PROGRESS, NotableRun

NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loads no CA certificates
WORKFLOW_RUN, ATTEMPT = PUSH_IN_PROGRESS
RUNNING: Final = currents_run_id(NotableRun.IN_PROGRESS.value)
CONSOLE_RUNNING: Final = NotableRun.CONSOLE_IN_PROGRESS.value
FAILED: Final = currents_run_id(NotableRun.THREE_CAUSES.value)
OWN: Final = currents_run_id("own-run-123456")
PROJECT: Final = currents_project_id(BOOKING_PROJECT)


@asynccontextmanager
async def client_of(url: str, *, timeout_s: float = 30) -> AsyncIterator[CurrentsClient]:
    async with open_pool(url, "CURRENTS_API_URL") as pool:
        api = ApiClient(
            pool,
            api="Currents",
            base_url=url,
            key=READ_WRITE_KEY,
            key_setting="CURRENTS_API_KEY",
            url_setting="CURRENTS_API_URL",
            deadline=Deadline(timeout_s),
            max_bytes=100_000_000,
        )
        with anyio.fail_after(30):
            yield CurrentsClient(api)


async def facts_of(action: Action) -> tuple[str, ...]:
    return (await action.inspect()).deciding_facts


def writes(sandbox: Sandbox) -> list[str]:
    """Returns the methods of the requests that write."""
    return [request.method for request in sandbox.requests if request.method != "GET"]


def some_specs(sandbox: Sandbox) -> dict[str, Spec]:
    """Returns two failed specs on machine a, one on b, and one that passed, on a."""
    specs = sandbox.currents.specs_of(FAILED)
    failed = [spec for spec in specs if spec.has_failed]
    passed = next(s for s in specs if s.results is not UNSET and not s.has_failed)
    return {
        "a1": replace(failed[0], machine_id="machine-a", spec="e2e/a1.spec.ts"),
        "a2": replace(failed[1], machine_id="machine-a", spec="e2e/a2.spec.ts"),
        "b1": replace(failed[2], machine_id="machine-b", spec="e2e/b1.spec.ts"),
        "ok": replace(passed, machine_id="machine-a", spec="e2e/ok.spec.ts"),
    }


def put_run(
    sandbox: Sandbox,
    run_id: str = OWN,
    *,
    completion: CompletionState = "COMPLETE",
    specs: Sequence[Spec] = (),
    complete: int = 4,
    tests: TestTotals | None = None,
    **more: Any,  # noqa: ANN401 - fields of a run, of many types
) -> None:
    """Puts a run of our own into the sandbox, in the place of one of that ID."""
    model = sandbox.currents.run_of(FAILED)
    group = Group(
        group_id="g",
        platform=model.groups[0].platform,
        instances=InstanceTotals(overall=9, claimed=9, complete=complete),
        tests=tests or TestTotals(overall=30, failures=3),
    )
    remove_run(sandbox, run_id)
    run = replace(
        model,
        run_id=run_id,
        completion_state=completion,
        status="RUNNING" if completion == "IN_PROGRESS" else "FAILED",
        groups=(group,),
        specs=tuple(
            replace(spec, instance_id=f"{run_id}-{number}") for number, spec in enumerate(specs)
        ),
    )
    sandbox.currents.add_run(replace(run, **more))


def remove_run(sandbox: Sandbox, run_id: str) -> None:
    """Deletes a run as somebody else would."""
    headers = {"Authorization": f"Bearer {READ_WRITE_KEY}"}
    with httpx.Client(verify=NO_TLS, headers=headers, timeout=10) as api:
        api.delete(f"{sandbox.currents_url}/runs/{run_id}")
    sandbox.requests.clear()


def from_github(ci_build_id: str, sandbox: Sandbox) -> dict[str, Any]:
    """Returns the fields of a run with that CI build ID."""
    return {"meta": replace(sandbox.currents.run_of(FAILED).meta, ci_build_id=ci_build_id)}


def by_ci(
    client: CurrentsClient,
    *,
    run: str = WORKFLOW_RUN,
    attempt: int = ATTEMPT,
    project: CurrentsProjectId | None = PROJECT,
    ci_build_id: str = "",
) -> CancelRunByGithubCi:
    return CancelRunByGithubCi(client, run, attempt, project, ci_build_id)
