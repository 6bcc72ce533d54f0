"""One call of a destructive tool: its audit lines and its report."""

import logging
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import UNSET

from runs_mcp.confirmation.action import Action, Preview
from runs_mcp.confirmation.audit import AuditEntry, AuditLog, ConfirmedBy
from runs_mcp.confirmation.claims import Account, Claim, Purpose, claim_of
from runs_mcp.confirmation.question import NoAnswer
from runs_mcp.confirmation.report import ActionReport, Offer, Outcome
from runs_mcp.confirmation.wording import next_step
from runs_mcp.errors import InternalError
from runs_mcp.model import Receipt
from runs_mcp.telemetry import count_confirmation

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
        account: Whose runs it acts on.
        caller: Identifies the caller in the audit log.
        audit: Gets one line for each outcome and each question.
    """

    action: Action
    account: Account
    caller: str
    audit: AuditLog

    def claim(self, purpose: Purpose, preview: Preview) -> Claim:
        """Returns what a confirmation of this call has to be valid for."""
        return claim_of(purpose, self.action, preview, self.account)

    async def report(
        self,
        outcome: Outcome,
        preview: Preview,
        confirmation: Confirmation | None = None,
        *,
        offer: Offer | None = None,
        no_answer: NoAnswer | None = None,
    ) -> ActionReport:
        """Records the outcome of a call that wrote nothing, and returns the report on it.

        Args:
            outcome: What came of the call.
            preview: The run as it was last read.
            confirmation: How the call was confirmed, if it was.
            offer: How the same call can still be confirmed, if it can.
            no_answer: Why no person answered, if that is the outcome.

        Raises:
            InternalError: It could not be recorded.
        """
        await self.record(outcome, confirmation)
        offered = offer or Offer(seconds=0)
        return self._report(
            outcome,
            preview,
            next_step(
                outcome,
                self.action,
                offer=offer,
                no_answer=no_answer,
                already_done=preview.already_done,
            ),
            confirmation_url=offered.url,
            confirmation_token=offered.token,
            expires_in_s=offered.seconds,
        )

    async def report_write(
        self,
        outcome: Outcome,
        preview: Preview,
        confirmation: Confirmation,
        *,
        upstream: Receipt | None = None,
        lost: str = "",
    ) -> ActionReport:
        """Records the outcome of a write, and returns the report on it, recorded or not.

        Args:
            outcome: What came of it.
            preview: The run as it was last read.
            confirmation: How the call was confirmed.
            upstream: What the API answered.
            lost: How the answer was lost, if it was.
        """
        is_recorded = await self.try_to_record(outcome, confirmation)
        following = next_step(outcome, self.action, lost=lost, is_recorded=is_recorded)
        return self._report(outcome, preview, following, upstream=upstream or Receipt())

    async def record(self, outcome: str, confirmation: Confirmation | None = None) -> None:
        """Writes an audit line.

        Args:
            outcome: What came of the call; `asked` for a question; `started` before a write.
            confirmation: How the call was confirmed, if it was.

        Raises:
            InternalError: It cannot be written.
        """
        count_confirmation(self.action.name, outcome)
        await self.audit.write(
            AuditEntry(
                action=self.action.name,
                provider=self.action.provider,
                run=self.action.target,
                caller=self.caller,
                confirmed_by=confirmation.by if confirmation else None,
                outcome=outcome,
            )
        )

    async def try_to_record(self, outcome: str, confirmation: Confirmation | None = None) -> bool:
        """Writes an audit line; returns False, and logs it, where it cannot be written."""
        try:
            await self.record(outcome, confirmation)
        except InternalError:
            logger.exception("the audit line of the outcome %s is missing", outcome)
            return False
        return True

    def _report(
        self, outcome: Outcome, preview: Preview, following: str, **more: object
    ) -> ActionReport:
        return ActionReport(
            action=self.action.name,
            outcome=outcome,
            run=preview.run or UNSET,
            others=preview.others,
            preview=preview.description,
            effect=preview.effect,
            next=following,
            **more,  # type: ignore[arg-type]  # fields of the report
        )
