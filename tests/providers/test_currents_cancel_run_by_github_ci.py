"""Cancelling what a GitHub workflow run started: which runs are found, shown and canceled."""

from collections.abc import Sequence

import pytest
from providers.currents_runs import (
    ATTEMPT,
    CONSOLE_RUNNING,
    RUNNING,
    WORKFLOW_RUN,
    by_ci,
    client_of,
    facts_of,
    from_github,
    put_run,
    writes,
)

from runs_mcp.confirmation.action import Preview
from runs_mcp.model import ListedRun
from runs_mcp.providers.currents.client import CurrentsClient, CurrentsPage
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.currents.records import CompletionState


def shown_ids(preview: Preview) -> list[str]:
    runs = [preview.run, *preview.others] if preview.run else list(preview.others)
    return [run.id for run in runs]


async def test_without_a_project_nothing_is_looked_up_and_the_preview_says_so(
    sandbox: Sandbox,
) -> None:
    async with client_of(sandbox.currents_url) as client:
        preview = await by_ci(client, project=None).inspect()
    assert sandbox.requests == []
    assert (shown_ids(preview), preview.already_done) == ([], "")
    assert WORKFLOW_RUN in preview.description
    assert "the API alone decides" in preview.description


async def test_where_no_run_is_found_the_preview_says_so(sandbox: Sandbox) -> None:
    async with client_of(sandbox.currents_url) as client:
        for action in (
            by_ci(client, run="99999999999"),
            by_ci(client, ci_build_id="no-such-build"),
            by_ci(client, ci_build_id=WORKFLOW_RUN),
        ):
            preview = await action.inspect()
            assert (shown_ids(preview), preview.already_done) == ([], "")
            assert "No run in progress" in preview.description
            assert "the API alone decides" in preview.description


async def test_the_one_run_that_is_found_is_shown_and_canceled(sandbox: Sandbox) -> None:
    async with client_of(sandbox.currents_url) as client:
        action = by_ci(client)
        preview = await action.inspect()
        receipt = await action.execute()
        after = await action.inspect()

    assert shown_ids(preview) == [RUNNING]
    assert preview.already_done == ""
    assert receipt.reason == "apiRequest"
    assert sandbox.currents.run_of(RUNNING).completion_state == "CANCELED"
    assert sandbox.currents.run_of(CONSOLE_RUNNING).completion_state == "IN_PROGRESS"
    assert "in progress any more" in after.already_done
    assert writes(sandbox) == ["PUT"]


async def test_all_runs_that_are_found_are_shown_and_a_build_narrows_them(
    sandbox: Sandbox,
) -> None:
    builds = {f"shard-{number}": f"shard-{number}-{WORKFLOW_RUN}-{ATTEMPT}" for number in range(3)}
    for run_id, build in builds.items():
        put_run(sandbox, run_id, completion="IN_PROGRESS", **from_github(build, sandbox))
    async with client_of(sandbox.currents_url) as client:
        every = await by_ci(client).inspect()
        one = await by_ci(client, ci_build_id=builds["shard-1"]).inspect()

    assert set(shown_ids(every)) == {RUNNING, *builds}
    for run_id in shown_ids(every):
        assert run_id in every.description
    assert shown_ids(one) == ["shard-1"]
    assert every.deciding_facts != one.deciding_facts


async def test_what_decides_on_a_cancel_by_ci_is_which_runs_are_in_progress(
    sandbox: Sandbox,
) -> None:
    build = from_github(f"own-{WORKFLOW_RUN}-{ATTEMPT}", sandbox)
    async with client_of(sandbox.currents_url) as client:
        one = await facts_of(by_ci(client))
        put_run(sandbox, completion="IN_PROGRESS", complete=1, **build)
        two = await facts_of(by_ci(client))
        put_run(sandbox, completion="IN_PROGRESS", complete=8, status="FAILING", **build)
        assert await facts_of(by_ci(client)) == two
        put_run(sandbox, completion="TIMEOUT", **build)
        assert await facts_of(by_ci(client)) == one != two


async def test_many_runs_of_one_workflow_run_are_all_in_the_preview(sandbox: Sandbox) -> None:
    """The person who is asked sees the preview alone."""
    ids = [f"shard-{number:02}" for number in range(12)]
    for run_id in ids:
        build = from_github(f"{run_id}-{WORKFLOW_RUN}-{ATTEMPT}", sandbox)
        put_run(sandbox, run_id, completion="IN_PROGRESS", **build)
    async with client_of(sandbox.currents_url) as client:
        preview = await by_ci(client).inspect()
    assert len(preview.others) == 12
    assert [run_id for run_id in ids if run_id not in preview.description] == []


@pytest.mark.parametrize(
    ("completion", "attempt"), [("COMPLETE", ATTEMPT), ("IN_PROGRESS", ATTEMPT + 1)]
)
async def test_a_run_in_progress_is_found_behind_a_page_of_others(
    sandbox: Sandbox, completion: CompletionState, attempt: int
) -> None:
    """It must neither go unshown nor be taken for over; the others are over, or not meant."""
    for number in range(50):
        build = from_github(f"shard-{number}-{WORKFLOW_RUN}-{attempt}", sandbox)
        created = "2099-01-01T00:00:00.000Z"
        put_run(sandbox, f"shard-{number}", completion=completion, created_at=created, **build)
    async with client_of(sandbox.currents_url) as client:
        preview = await by_ci(client).inspect()
    assert (shown_ids(preview), preview.already_done) == ([RUNNING], "")


class ChangingList(CurrentsClient):
    """Lists runs that start and end between one request and the next."""

    def __init__(self, *completions: Sequence[str]) -> None:
        self._answers = list(completions)

    async def list_runs(
        self, project: str, filters: RunFilters, *, limit: int, after: str = ""
    ) -> CurrentsPage[ListedRun]:
        del project, filters, limit, after
        runs = [
            ListedRun(
                provider="currents",
                id=f"run-{number}",
                ci_build_id=f"x-{WORKFLOW_RUN}-{ATTEMPT}",
                completion=completion,
            )
            for number, completion in enumerate(self._answers.pop(0))
        ]
        return CurrentsPage(tuple((run, run.id) for run in runs), has_more=False)


async def test_a_run_that_ended_since_is_not_shown() -> None:
    preview = await by_ci(ChangingList(["canceled"], ["canceled"])).inspect()
    assert shown_ids(preview) == []
    assert "in progress any more" in preview.already_done


async def test_runs_are_not_called_over_where_one_has_started_since() -> None:
    preview = await by_ci(ChangingList([], ["complete", "in_progress"])).inspect()
    assert (shown_ids(preview), preview.already_done) == ([], "")


@pytest.mark.parametrize("run", [WORKFLOW_RUN[:-1], WORKFLOW_RUN[1:], "4", WORKFLOW_RUN[2:-2]])
async def test_runs_of_another_workflow_run_are_not_shown_as_of_this_one(
    sandbox: Sandbox, run: str
) -> None:
    """The search finds texts; 154 is not the workflow run 15400041973."""
    async with client_of(sandbox.currents_url) as client:
        preview = await by_ci(client, run=run).inspect()
    assert (shown_ids(preview), preview.already_done) == ([], "")


@pytest.mark.parametrize(
    ("now", "took_effect"),
    [
        (("CANCELED", "CANCELED"), True),
        (("IN_PROGRESS", "IN_PROGRESS"), False),
        (("COMPLETE", "COMPLETE"), False),
        (("CANCELED", "IN_PROGRESS"), False),
        (("CANCELED", "COMPLETE"), True),
    ],
)
async def test_it_took_effect_where_a_shown_run_is_canceled_and_none_goes_on(
    sandbox: Sandbox, now: tuple[CompletionState, CompletionState], took_effect: bool
) -> None:
    build = f"own-{WORKFLOW_RUN}-9"
    runs = ("shard-1", "shard-2")
    async with client_of(sandbox.currents_url) as client:
        for run in runs:
            put_run(sandbox, run, completion="IN_PROGRESS", **from_github(build, sandbox))
        action = by_ci(client, attempt=9, ci_build_id=build)
        before = await action.inspect()
        assert len(before.deciding_facts) == 2
        for run, completion in zip(runs, now, strict=True):
            put_run(sandbox, run, completion=completion, **from_github(build, sandbox))
        assert await action.verify(before) is took_effect


async def test_a_cancel_of_runs_that_were_not_shown_is_never_verified(sandbox: Sandbox) -> None:
    async with client_of(sandbox.currents_url) as client:
        action = by_ci(client, project=None)
        before = await action.inspect()
        await action.execute()
        assert await action.verify(before) is False
    assert writes(sandbox) == ["PUT"]
