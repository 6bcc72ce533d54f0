"""Resetting a Currents run: its machines, what decides, and whether it took effect."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from providers.currents_runs import (
    OWN,
    client_of,
    facts_of,
    put_run,
    some_specs,
)
from providers.hostile_texts import HOSTILE, assert_plain_line

from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.currents.actions.reset_run import ResetRun
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.references import CurrentsRunId, currents_run_id
from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.currents.records import TestTotals
from runs_mcp.sandbox.story.notable import NotableRun


def reset_of(client: CurrentsClient, *machines: str, run_id: CurrentsRunId = OWN) -> ResetRun:
    return ResetRun(client, run_id, machines, batched=False)


async def test_passed_specs_counts_and_other_machines_do_not_decide_on_a_reset(
    sandbox: Sandbox,
) -> None:
    specs = some_specs(sandbox)
    async with client_of(sandbox.currents_url) as client:
        on_a, on_both = reset_of(client, "machine-a"), reset_of(client, "machine-a", "machine-b")
        put_run(sandbox, specs=list(specs.values()))
        shown, shown_both = await facts_of(on_a), await facts_of(on_both)

        reversed_and_more = [
            *list(specs.values())[::-1],
            replace(specs["ok"], spec="e2e/more.spec.ts"),
        ]
        put_run(sandbox, specs=reversed_and_more, complete=9, tests=TestTotals(overall=99))
        assert await facts_of(on_a) == shown

        again_on_b = replace(specs["b1"], completed_at="2026-01-01T00:00:00.000Z")
        put_run(sandbox, specs=[specs["a1"], specs["a2"], again_on_b])
        assert await facts_of(on_a) == shown
        assert await facts_of(on_both) != shown_both


async def test_completion_and_the_failed_specs_on_the_machines_decide_on_a_reset(
    sandbox: Sandbox,
) -> None:
    specs = some_specs(sandbox)
    failed_again = replace(specs["a1"], completed_at="2026-01-01T00:00:00.000Z")
    moved = replace(specs["b1"], machine_id="machine-a")
    async with client_of(sandbox.currents_url) as client:
        action = reset_of(client, "machine-a")
        put_run(sandbox, specs=list(specs.values()))
        facts = {await facts_of(action)}
        for changed in (
            [specs["a1"], specs["ok"], specs["b1"]],
            [*specs.values(), moved],
            [failed_again, specs["a2"]],
        ):
            put_run(sandbox, specs=changed)
            facts.add(await facts_of(action))
        put_run(sandbox, specs=list(specs.values()), completion="IN_PROGRESS")
        facts.add(await facts_of(action))
    assert len(facts) == 5


async def test_a_preview_of_a_reset_names_the_specs_that_run_again(sandbox: Sandbox) -> None:
    put_run(sandbox, specs=list(some_specs(sandbox).values()))
    async with client_of(sandbox.currents_url) as client:
        preview = await reset_of(client, "machine-a").inspect()
    assert "2 failed specs" in preview.description
    assert '"e2e/a1.spec.ts", "e2e/a2.spec.ts"' in preview.description
    assert "b1.spec" not in preview.description
    assert "ok.spec" not in preview.description


@pytest.mark.parametrize(
    "machines", [("no-such",), ("machine-a", "no-such"), ("MACHINE-A",), ("machine",)]
)
async def test_unknown_machines_are_refused_and_those_that_there_are_named(
    sandbox: Sandbox, machines: tuple[str, ...]
) -> None:
    put_run(sandbox, specs=list(some_specs(sandbox).values()))
    async with client_of(sandbox.currents_url) as client:
        with pytest.raises(InvalidArgument) as refused:
            await reset_of(client, *machines).inspect()
    assert f'no machine "{machines[-1]}"' in str(refused.value)
    assert 'It has "machine-a", "machine-b".' in str(refused.value)


async def test_an_unknown_machine_is_quoted_as_one_plain_line(sandbox: Sandbox) -> None:
    put_run(sandbox, specs=list(some_specs(sandbox).values()))
    async with client_of(sandbox.currents_url) as client:
        with pytest.raises(InvalidArgument) as refused:
            await reset_of(client, HOSTILE).inspect()
    assert_plain_line(str(refused.value), 2000)


async def test_a_machine_that_is_gone_is_refused_too(sandbox: Sandbox) -> None:
    specs = some_specs(sandbox)
    put_run(sandbox, specs=[specs["a1"], specs["a2"], specs["ok"]])
    async with client_of(sandbox.currents_url) as client:
        with pytest.raises(InvalidArgument, match="machine-b"):
            await reset_of(client, "machine-a", "machine-b").inspect()


async def test_a_run_without_machines_says_so(sandbox: Sandbox) -> None:
    empty = currents_run_id(NotableRun.EMPTY.value)
    async with client_of(sandbox.currents_url) as client:
        with pytest.raises(InvalidArgument, match="none yet"):
            await reset_of(client, "machine-a", run_id=empty).inspect()


async def test_machines_without_failed_specs_need_no_reset(sandbox: Sandbox) -> None:
    specs = some_specs(sandbox)
    put_run(sandbox, specs=[specs["ok"], specs["b1"]])
    async with client_of(sandbox.currents_url) as client:
        preview = await reset_of(client, "machine-a").inspect()
    assert preview.already_done == "No spec failed on these machines."


async def test_a_reset_took_effect_where_none_of_those_failures_is_left(sandbox: Sandbox) -> None:
    specs = some_specs(sandbox)
    put_run(sandbox, specs=list(specs.values()))
    async with client_of(sandbox.currents_url) as client:
        action = reset_of(client, "machine-a")
        before = await action.inspect()
        rerunning = {
            name: replace(spec, completed_at=None, results=UNSET) for name, spec in specs.items()
        }
        later = {name: replace(spec, completed_at="2099-01-01") for name, spec in specs.items()}
        for now, took_effect in (
            ([specs["a1"], specs["a2"], specs["b1"]], False),
            ([rerunning["a1"], specs["a2"], specs["b1"]], False),
            ([rerunning["a1"], rerunning["a2"], specs["b1"]], True),
            ([later["a1"], rerunning["a2"], rerunning["b1"]], True),
            ([later["a1"], later["a2"], specs["b1"]], True),
            ([specs["a1"], later["a2"]], False),
        ):
            put_run(sandbox, specs=now, completion="IN_PROGRESS")
            assert await action.verify(before) is took_effect
