"""Deleting a run."""

from dataclasses import dataclass
from typing import ClassVar

from runs_mcp.confirmation.action import Preview, Summary
from runs_mcp.errors import NotFound
from runs_mcp.model import Receipt
from runs_mcp.providers.currents.actions.run_action import RunAction
from runs_mcp.providers.currents.actions.wording import (
    describe_run,
    facts_of,
    state_of,
    which_run,
)
from runs_mcp.settings import ActionName


@dataclass(frozen=True)
class DeleteRun(RunAction):
    """Deletes a run and everything that belongs to it."""

    name: ClassVar[ActionName] = "delete"
    tool: ClassVar[str] = "currents_delete_run"

    async def inspect(self) -> Preview:
        """Reads the run; its completion and the number of specs completed decide."""
        try:
            full = await self.read_run()
        except NotFound:
            return Preview(
                run=None,
                deciding_facts=(),
                description="",
                effect="",
                already_done=f"No run {self.run_id} is visible to this key: deleted already, "
                "or never there.",
            )
        specs, tests = full.totals.specs, full.totals.tests
        return Preview(
            run=full.run,
            deciding_facts=(full.run.completion, str(specs.complete)),
            description=describe_run(full),
            effect=f"Deletes the run with its {specs.overall} specs, the records of its "
            f"{tests.overall} tests, and all recordings (screenshots, videos, traces), for good. "
            "This cannot be undone.",
            summary=Summary(
                "Delete this test run, results and recordings? This cannot be undone.",
                which_run(full.run),
                state_of(full),
            ),
            facts=facts_of(full),
        )

    async def execute(self) -> Receipt:
        """Deletes the run."""
        return await self.client.delete_run(self.run_id)

    async def verify(self, before: Preview) -> bool:
        """Reads whether the run is gone."""
        del before
        return bool((await self.inspect()).already_done)
