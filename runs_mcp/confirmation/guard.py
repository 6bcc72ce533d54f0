"""The guard before everything that cannot be undone.

It reads a preview, gets a confirmation, reads again, writes once, and reports; a write whose
answer is lost is settled by reading. Each outcome and each question is one audit line, and so is
the beginning of a write. Only `Guard._write` writes, and it is reached only with a confirmation.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

import anyio

from runs_mcp.confirmation.action import Action, Preview
from runs_mcp.confirmation.action_call import ActionCall, Confirmation
from runs_mcp.confirmation.audit import AuditLog
from runs_mcp.confirmation.by_page import PageChannel, confirm_by_page
from runs_mcp.confirmation.by_question import confirm_by_question
from runs_mcp.confirmation.by_token import confirm_by_token
from runs_mcp.confirmation.claims import Account
from runs_mcp.confirmation.pages import ConfirmationPages
from runs_mcp.confirmation.question import Question, QuestionChannel
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.tokens import ConfirmationTokens
from runs_mcp.confirmation.wording import NOTHING_CHANGED
from runs_mcp.deadline import Deadline
from runs_mcp.errors import AnswerLost, DeadlineExceeded, InternalError, RunsError
from runs_mcp.settings import ActionName, ConfirmPolicy

_SHARE_SECONDS: Final = 5.0
_SHARE: Final = 1 / 6  # of the deadline

logger = logging.getLogger(__name__)


class Channels(NamedTuple):
    """The ways to a person.

    Args:
        question: Asks at the host.
        requested_page: Asks the host to open a page.
        page: Opens a page without the host.
    """

    question: QuestionChannel
    requested_page: PageChannel
    page: PageChannel


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Carries out an action only if it is confirmed. Belongs to one call.

    Args:
        policy: Who confirms, and how.
        preapproved: The actions that the operator allows without asking.
        tokens: Signs what was shown.
        pages: The pages on which people confirm.
        audit: Gets one line for each outcome and each question.
        turn: Lets calls on one run act one at a time.
        account: Whose runs are acted on.
        deadline: The deadline of the call; paused while a person is asked.
    """

    policy: ConfirmPolicy
    preapproved: tuple[ActionName, ...]
    tokens: ConfirmationTokens
    pages: ConfirmationPages
    audit: AuditLog
    turn: Callable[[str], AbstractAsyncContextManager[None]]
    account: Account
    deadline: Deadline

    async def carry_out(
        self, action: Action, channels: Channels, token: str
    ) -> ActionReport | Question:
        """Carries the action out if it is confirmed.

        Args:
            action: What to do.
            channels: How a person can be asked.
            token: The confirmation token that the caller passed; may be empty.

        Returns:
            The report; or the question, which the call has to return to its host.

        Raises:
            RunsError: Nothing was changed: a read failed, or the API refused the write.
        """
        caller = self.tokens.caller(self.account.key)
        call = ActionCall(action, self.account, caller, self.audit)
        async with self._recording_failures(call):
            await self.audit.require_writable()
            preview = (await action.inspect()).without_key(self.account.key)
            if preview.already_done:
                return await call.report("already_done", preview)
            confirmed = await self._confirm(call, preview, channels, token)
        if not isinstance(confirmed, Confirmation):
            return confirmed
        async with (
            self._recording_failures(call, confirmed),
            self.turn(f"{action.provider}:{action.target}"),
        ):
            return await self._execute(call, preview, confirmed)

    @asynccontextmanager
    async def _recording_failures(
        self, call: ActionCall, confirmation: Confirmation | None = None
    ) -> AsyncIterator[None]:
        """Writes an audit line for what ends a call without a report."""
        try:
            yield
        except RunsError as error:
            # A write whose answer was lost raises nothing here: `_write` settles it.
            await call.try_to_record(error.kind, confirmation)
            error.next_step = f"{NOTHING_CHANGED} {error.next_step}"
            raise
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await call.try_to_record("abandoned", confirmation)
            raise
        except Exception:
            await call.try_to_record(InternalError.kind, confirmation)
            raise

    async def _confirm(
        self, call: ActionCall, preview: Preview, channels: Channels, token: str
    ) -> Confirmation | ActionReport | Question:
        """Returns what confirms the call, or the answer to a call that is not confirmed."""
        if call.action.name in self.preapproved:
            return Confirmation("preapproved")
        if self.policy == "token":
            return await confirm_by_token(call, preview, token, self.tokens)
        if self.policy in ("auto", "human") and channels.question.is_available:
            return await confirm_by_question(
                call, preview, channels.question, self.tokens, self.deadline
            )
        page = self._page_channel(channels)
        if page is None:
            return await call.report("refused", preview)
        return await confirm_by_page(call, preview, page, self.pages, self.tokens, self.deadline)

    def _page_channel(self, channels: Channels) -> PageChannel | None:
        """Returns how the confirmation page is shown under this policy, if it can be."""
        allowed = {
            "human": [channels.requested_page],
            "page": [channels.page],
        }.get(self.policy, [channels.requested_page, channels.page])
        return next((channel for channel in allowed if channel.is_available), None)

    async def _execute(
        self, call: ActionCall, shown: Preview, confirmation: Confirmation
    ) -> ActionReport:
        """Reads the run again, and writes if it still is as shown. All before only read."""
        now = await call.action.inspect()
        if now.already_done:
            return await call.report("already_done", now, confirmation)
        if now.deciding_facts != shown.deciding_facts:
            return await call.report("changed", now, confirmation)
        self._require_time()
        await self.audit.require_writable()
        if confirmation.proof and not await self.tokens.spend(confirmation.proof):
            return await call.report("confirmation_required", now)
        # Shield the write: it is settled and audited even if the caller leaves.
        with anyio.CancelScope(shield=True):
            await call.record("started", confirmation)
            report = await self._write(call, now, confirmation)
        return report  # noqa: RET504 - to the type checker a scope may swallow exceptions

    @property
    def _share_s(self) -> float:
        """The seconds that a write needs at least, and as many that settling it does."""
        return min(_SHARE_SECONDS, self.deadline.seconds * _SHARE)

    def _require_time(self) -> None:
        if self.deadline.left_s() < 2 * self._share_s:
            raise DeadlineExceeded(
                f"Of the {self.deadline.seconds:g} s that one call has, too few were left to "
                "write and to see what came of it.",
            )

    async def _write(
        self, call: ActionCall, now: Preview, confirmation: Confirmation
    ) -> ActionReport:
        try:
            with self.deadline.reserving(self._share_s):
                receipt = await call.action.execute()
        except AnswerLost as error:
            return await self._settle(call, now, confirmation, error.what)
        except RunsError:
            raise
        except Exception:
            logger.exception("a write ended unexpectedly")
            why = "The write ended unexpectedly; the request may have been sent."
            return await self._settle(call, now, confirmation, why)
        return await call.report_write("done", now, confirmation, upstream=receipt)

    async def _settle(
        self, call: ActionCall, before: Preview, confirmation: Confirmation, why: str
    ) -> ActionReport:
        """Reads whether a write whose answer was lost took effect."""
        latest = before
        try:
            if await call.action.verify(before):
                return await call.report_write("done", before, confirmation)
            latest = await call.action.inspect()
        except RunsError as failed:
            logger.warning("settling a lost answer failed: %s", failed.kind)
        except Exception:
            logger.exception("settling a lost answer ended unexpectedly")
        return await call.report_write("unknown", latest, confirmation, lost=why)
