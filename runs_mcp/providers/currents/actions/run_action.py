"""What the actions on one run have in common."""

from dataclasses import dataclass
from typing import ClassVar

from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.references import PROVIDER, CurrentsRunId


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

    @property
    def arguments(self) -> tuple[object, ...]:
        """The tool's arguments."""
        return (self.run_id,)
