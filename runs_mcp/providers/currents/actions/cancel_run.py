"""Cancelling a run by its ID."""

from dataclasses import dataclass
from typing import ClassVar

from runs_mcp.confirmation.action import Preview, Summary
from runs_mcp.model import Receipt
from runs_mcp.providers.currents.actions.run_action import RunAction
from runs_mcp.providers.currents.actions.wording import (
    CANCEL_EFFECT,
    describe_end,
    describe_run,
    facts_of,
    state_of,
    which_run,
)
from runs_mcp.settings import ActionName


@dataclass(frozen=True)
class CancelRun(RunAction):
    """Cancels a run in progress."""

    name: ClassVar[ActionName] = "cancel"
    tool: ClassVar[str] = "currents_cancel_run"

    async def inspect(self) -> Preview:
        """Reads the run; its completion decides."""
        full = await self.read_run()
        over = f"The run is over already: {describe_end(full)}." if full.run.is_over else ""
        return Preview(
            run=full.run,
            deciding_facts=(full.run.completion, full.canceled_at),
            description=describe_run(full),
            effect=CANCEL_EFFECT,
            summary=Summary(
                "Cancel this test run for good? This cannot be undone.",
                which_run(full.run),
                state_of(full),
            ),
            facts=facts_of(full),
            already_done=over,
        )

    async def execute(self) -> Receipt:
        """Cancels the run."""
        return await self.client.cancel_run(self.run_id)

    async def verify(self, before: Preview) -> bool:
        """Reads whether the run is canceled."""
        del before
        return (await self.read_run()).run.completion == "canceled"
