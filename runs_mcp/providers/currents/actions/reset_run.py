"""Resetting a run, so that failed specs run again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from runs_mcp.confirmation.action import Fact, Preview, Summary
from runs_mcp.errors import InvalidArgument
from runs_mcp.model import FullRun, Receipt
from runs_mcp.providers.currents.actions.run_action import RunAction
from runs_mcp.providers.currents.actions.wording import (
    describe_run,
    facts_of,
    state_of,
    which_run,
)
from runs_mcp.settings import ActionName
from runs_mcp.text import quoted_list

_PAGE_SPECS: Final = 300


@dataclass(frozen=True)
class ResetRun(RunAction):
    """Lets the specs of a run that failed on some machines run again.

    Args:
        client: Reads and changes runs.
        run_id: The run.
        machine_ids: The machines.
        batched: Whether the run uses batched orchestration.
    """

    machine_ids: tuple[str, ...]
    batched: bool
    name: ClassVar[ActionName] = "reset"
    tool: ClassVar[str] = "currents_reset_run"

    @property
    def arguments(self) -> tuple[object, ...]:
        """The tool's arguments."""
        return (self.run_id, self.machine_ids, self.batched)

    async def inspect(self) -> Preview:
        """Reads the run; its completion and the failed specs on the machines decide.

        Raises:
            InvalidArgument: The run does not have one of the machines.
        """
        full = await self.read_run()
        machines = sorted({spec.machine_id for spec in full.specs if spec.machine_id})
        self._refuse_unknown(machines)
        failed = self._failed(full)
        specs = sorted(spec for spec, _ in failed)
        chosen = f"{len(self.machine_ids)} of {len(machines)} machines"
        return Preview(
            run=full.run,
            deciding_facts=(full.run.completion, *sorted(map(" ".join, failed))),
            description=f"{describe_run(full)} {len(failed)} failed specs on {chosen} "
            f"({quoted_list(self.machine_ids, 200)}): {quoted_list(specs, 600)}.",
            effect="They run again on those machines, and their earlier results are replaced. "
            "This cannot be undone.",
            summary=Summary(
                f"Run {len(failed)} failed specs again on {chosen}? This cannot be undone.",
                which_run(full.run),
                state_of(full),
            ),
            facts=(
                *facts_of(full),
                Fact("Machines", self.machine_ids),
                Fact("Specs that run again", _first(specs)),
            ),
            already_done="" if failed else "No spec failed on these machines.",
        )

    async def execute(self) -> Receipt:
        """Resets the specs."""
        return await self.client.reset_run(self.run_id, self.machine_ids, batched=self.batched)

    async def verify(self, before: Preview) -> bool:
        """Reads whether none of the failed executions that were shown is left."""
        left = self._failed(await self.read_run())
        return not set(map(" ".join, left)) & set(before.deciding_facts[1:])

    def _refuse_unknown(self, machines: list[str]) -> None:
        if unknown := [machine for machine in self.machine_ids if machine not in machines]:
            raise InvalidArgument(
                f"The run has no machine {quoted_list(unknown, 300)}.",
                next_step=f"It has {quoted_list(machines, 600) or 'none yet'}.",
            )

    def _failed(self, full: FullRun) -> list[tuple[str, str]]:
        """Returns the path and the time of completion of each failed spec on the machines."""
        return [
            (spec.spec, end)
            for spec, end in zip(full.specs, full.completed_at, strict=True)
            if spec.status == "failed" and spec.machine_id in self.machine_ids
        ]


def _first(specs: Sequence[str]) -> tuple[str, ...]:
    left = len(specs) - _PAGE_SPECS
    return (*specs[:_PAGE_SPECS], *([f"and {left} more"] if left > 0 else []))
