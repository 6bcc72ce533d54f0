"""What the actions on one run have in common."""

from dataclasses import dataclass
from typing import ClassVar

from runs_mcp.errors import MalformedResponse
from runs_mcp.model import FullRun
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.references import PROVIDER, CurrentsRunId
from runs_mcp.text import quoted


@dataclass(frozen=True)
class RunAction:
    """An action on one run.

    Args:
        client: Reads and changes runs.
        run_id: The run.
    """

    client: CurrentsClient
    run_id: CurrentsRunId
    provider: ClassVar[str] = PROVIDER

    @property
    def target(self) -> str:
        """The run ID."""
        return self.run_id

    async def read_run(self) -> FullRun:
        """Reads the run.

        Raises:
            MalformedResponse: The API answered with another run than the one asked for.
        """
        full = await self.client.get_run(self.run_id)
        if full.run.id != self.run_id:
            raise MalformedResponse(
                f"The Currents API was asked for run {self.run_id}, and answered with run "
                f"{quoted(full.run.id, 130)}."
            )
        return full

    @property
    def arguments(self) -> tuple[object, ...]:
        """The tool's arguments."""
        return (self.run_id,)
