"""One call of a destructive tool: its audit lines and its report."""

import logging
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import UNSET

from runs_mcp.confirmation.action import Action, Preview
from runs_mcp.confirmation.audit import AuditEntry, AuditLog, ConfirmedBy
from runs_mcp.confirmation.claims import Claim, Purpose, claim_of
from runs_mcp.confirmation.report import ActionReport, Outcome
from runs_mcp.confirmation.tokens import TOKEN_SECONDS
from runs_mcp.confirmation.wording import next_step
from runs_mcp.errors import InternalError
from runs_mcp.model import Receipt

logger = logging.getLogger(__name__)


class Confirmation(NamedTuple):
    """How a call was confirmed, and the token that proves it, to be spent on the write."""

    by: ConfirmedBy
    proof: str = ""


@dataclass(frozen=True)
class ActionCall:
    """A call while it is guarded.

    Args:
        action: What the call is to do.
        key: The caller's API key.
        caller: Identifies the caller in the audit log.
        audit: Gets one line for each outcome and each question.
    """

    action: Action
    key: str
    caller: str
    audit: AuditLog

    def claim(self, purpose: Purpose, preview: Preview) -> Claim:
        """Returns what a confirmation of this call has to be valid for."""
        return claim_of(purpose, self.action, preview, self.key)

    async def report(
        self,
        outcome: Outcome,
        preview: Preview,
        confirmation: Confirmation | None = None,
        *,
        token: str = "",
        upstream: Receipt | None = None,
        lost: str = "",
    ) -> ActionReport:
        """Records the outcome and returns the report on it.

        Args:
            outcome: What came of the call.
            preview: The run as it was last read.
            confirmation: How the call was confirmed, if it was.
            token: With which the same call is confirmed.
            upstream: What the API answered to the write.
            lost: How the answer to the write was lost.
        """
        await self.record(outcome, confirmation)
        return ActionReport(
            action=self.action.name,
            outcome=outcome,
            run=preview.run or UNSET,
            others=preview.others,
            preview=preview.description,
            effect=preview.effect,
            upstream=upstream or Receipt(),
            confirmation_token=token,
            expires_in_s=TOKEN_SECONDS if token else 0,
            next=next_step(
                outcome,
                self.action.name,
                self.action.tool,
                already_done=preview.already_done,
                lost=lost,
                token=token,
            ),
        )

    async def record(self, outcome: str, confirmation: Confirmation | None = None) -> None:
        """Writes an audit line; one that cannot be written is logged, and raises nothing.

        Args:
            outcome: What came of the call, or `asked`.
            confirmation: How the call was confirmed, if it was.
        """
        entry = AuditEntry(
            action=self.action.name,
            provider=self.action.provider,
            run=self.action.target,
            caller=self.caller,
            confirmed_by=confirmation.by if confirmation else None,
            outcome=outcome,
        )
        try:
            await self.audit.write(entry)
        except InternalError:
            # The write may have happened: it is reported even if its audit line is lost.
            logger.exception("an audit line is missing: %s", entry)
