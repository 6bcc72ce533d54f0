"""Deleting a Currents run: what decides, when it is gone already, and whether it took effect."""

from providers.currents_runs import OWN, client_of, facts_of, put_run, remove_run, some_specs

from runs_mcp.providers.currents.actions.delete_run import DeleteRun
from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.currents.records import TestTotals


async def test_completion_and_completed_specs_decide_on_a_delete(sandbox: Sandbox) -> None:
    specs = some_specs(sandbox)
    async with client_of(sandbox.currents_url) as client:
        action = DeleteRun(client, OWN)
        put_run(sandbox, specs=[specs["ok"]], complete=4)
        shown = await facts_of(action)
        put_run(
            sandbox,
            specs=list(specs.values()),
            complete=4,
            tests=TestTotals(overall=99, failures=50),
            status="PASSED",
        )
        assert await facts_of(action) == shown
        put_run(sandbox, complete=5)
        assert await facts_of(action) != shown
        put_run(sandbox, complete=4, completion="IN_PROGRESS")
        assert await facts_of(action) != shown
        remove_run(sandbox, OWN)
        assert (await action.inspect()).already_done


async def test_a_delete_took_effect_where_the_run_is_gone(sandbox: Sandbox) -> None:
    async with client_of(sandbox.currents_url) as client:
        action = DeleteRun(client, OWN)
        put_run(sandbox)
        before = await action.inspect()
        assert await action.verify(before) is False
        remove_run(sandbox, OWN)
        assert await action.verify(before) is True
