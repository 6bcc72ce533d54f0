"""The guard of everything that cannot be undone.

Preview, ask the person or hand out a token, read again, act once, settle a lost answer by
reading, report; and one audit line for each outcome and each question. There is one place where
a write is made, `_act`, and one way to it: `Guard.carry_out` with a confirmation in hand.
"""

import hmac
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Literal, NamedTuple

import anyio
from msgspec import UNSET

from runs_mcp.confirmation.action import Action, Person, Preview, Question, Reply
from runs_mcp.confirmation.audit import AuditEntry, AuditLog
from runs_mcp.confirmation.report import ActionReport, Outcome
from runs_mcp.confirmation.tokens import Claim, ConfirmationTokens, digest
from runs_mcp.confirmation.wording import (
    NOTHING_CHANGED,
    TOKEN_SECONDS,
    TYPED_CHARS,
    question_of,
    what_next,
)
from runs_mcp.deadline import Deadline
from runs_mcp.errors import AnswerLost, InternalError, RunsError
from runs_mcp.model import Receipt
from runs_mcp.settings import ActionName, ConfirmPolicy

logger = logging.getLogger(__name__)


ConfirmedBy = Literal["elicitation", "token", "preapproved"]


class Confirmation(NamedTuple):
    """What lets an action through: how it was confirmed, and what proves it, which is used up."""

    by: ConfirmedBy
    proof: str = ""


class Guard:
    """Lets an action through when it is confirmed, and only then.

    Args:
        policy: `auto`, `human` or `token`.
        preapproved: The actions that the operator lets run without asking.
        tokens: Signs what was shown.
        audit: Gets a line for everything.
        turn: Gives calls on one run their turns.
        key: The caller's API key.
        deadline: The time of the call: it stands still while a person is asked.
    """

    def __init__(
        self,
        *,
        policy: ConfirmPolicy,
        preapproved: tuple[ActionName, ...],
        tokens: ConfirmationTokens,
        audit: AuditLog,
        turn: Callable[[str], AbstractAsyncContextManager[None]],
        key: str,
        deadline: Deadline,
    ) -> None:
        self._policy = policy
        self._preapproved = preapproved
        self._tokens = tokens
        self._audit = audit
        self._turn = turn
        self._time = deadline
        self._key = key
        self._caller = tokens.caller(key)

    async def carry_out(
        self, action: Action, person: Person, token: str
    ) -> ActionReport | Question:
        """Carries the action out if it is confirmed, and reports; or returns what to ask first.

        Raises:
            RunsError: It could not be read, or the API refused it; nothing was changed.
        """
        confirmed: Confirmation | None = None
        try:
            self._audit.require_writable()
            seen = await action.inspect()
            if seen.done_already:
                return self._report(action, seen, "already_done", None)
            answer = await self._confirmation(action, seen, person, token)
            if not isinstance(answer, Confirmation):
                return answer
            confirmed = answer
            async with self._turn(f"{action.provider}:{action.target}"):
                return await self._act(action, seen, confirmed)
        except RunsError as error:
            # Whatever is raised here was raised before a write, or by one that was refused.
            self._note(action, error.kind, confirmed)
            error.next_step = f"{NOTHING_CHANGED} {error.next_step}"
            raise
        except Exception:
            self._note(action, InternalError.kind, confirmed)
            raise

    async def _confirmation(
        self, action: Action, seen: Preview, person: Person, token: str
    ) -> Confirmation | ActionReport | Question:
        """Returns what confirms the action; or the answer to a call that is not confirmed."""
        if action.name in self._preapproved:
            return Confirmation("preapproved")
        if self._policy != "token" and person.can_be_asked:
            return await self._ask(action, seen, person)
        if self._policy == "human":
            return self._report(action, seen, "refused", None)
        claim = self._claim("token", action, seen)
        held = self._tokens.read(token, max_age_s=TOKEN_SECONDS) if token else None
        if held == claim:
            return Confirmation("token", token)
        same_call = held is not None and held.call == claim.call
        fresh = self._tokens.sign(claim)
        outcome: Outcome = "changed" if same_call else "confirmation_required"
        return self._report(action, seen, outcome, None, token=fresh)

    async def _ask(
        self, action: Action, seen: Preview, person: Person
    ) -> Confirmation | ActionReport | Question:
        claim = self._claim("question", action, seen)
        reply: Reply | None = None
        state = ""
        if earlier := person.earlier_reply():
            held = self._tokens.read(earlier[0], max_age_s=person.seconds)
            if held is not None and held.call == claim.call:
                if held.shown != claim.shown:
                    return self._report(action, seen, "changed", None)
                state, reply = earlier
        if reply is None:
            self._note(action, "asked", None)
            state = self._tokens.sign(claim)
            question = Question(
                question_of(action.name, seen.preview, seen.effect, action.target), state
            )
            with self._time.paused():
                reply = await person.ask(question)
            if reply is None:
                return question
        if not reply.answered:
            return self._report(action, seen, "no_answer", None)
        expected = action.target[-TYPED_CHARS:]
        # What is no text at all, such as half of a surrogate pair, is not what was asked for.
        typed = (reply.typed or "").strip().encode(errors="replace")
        if not expected or not hmac.compare_digest(typed, expected.encode()):
            return self._report(action, seen, "declined", None)
        return Confirmation("elicitation", state)

    def _claim(self, purpose: str, action: Action, seen: Preview) -> Claim:
        """Returns what a token, or the state of a question, holds for: neither is the other."""
        # The caller's name for the audit hangs on the first of the keys; this must outlive it.
        call = digest(purpose, action.tool, action.arguments, digest(self._key))
        return Claim(call, digest(*seen.decides))

    async def _act(self, action: Action, shown: Preview, confirmed: Confirmation) -> ActionReport:
        """Reads once more, acts once, and reports. Everything before this only read."""
        now = await action.inspect()
        if now.done_already:
            return self._report(action, now, "already_done", confirmed)
        if now.decides != shown.decides:
            return self._report(action, now, "changed", confirmed)
        self._audit.require_writable()
        if confirmed.proof and not self._tokens.spend(confirmed.proof):
            return self._report(action, now, "confirmation_required", None)
        # A caller that goes away must not leave a write that nobody settles and records.
        with anyio.CancelScope(shield=True):
            report = await self._write(action, now, confirmed)
        return report  # noqa: RET504 - to the type checker a scope may swallow what it holds

    async def _write(self, action: Action, now: Preview, confirmed: Confirmation) -> ActionReport:
        try:
            receipt = await action.execute()
        except AnswerLost as error:
            return await self._settle(action, now, confirmed, error)
        return self._report(action, now, "done", confirmed, upstream=receipt)

    async def _settle(
        self, action: Action, before: Preview, confirmed: Confirmation, lost: AnswerLost
    ) -> ActionReport:
        self._time.restart()
        seen = before
        try:
            if await action.verify(before):
                return self._report(action, before, "done", confirmed)
            seen = await action.inspect()
        except RunsError as error:
            logger.warning("settling a lost answer failed: %s", error.kind)
        return self._report(action, seen, "unknown", confirmed, lost=lost.what)

    def _report(
        self,
        action: Action,
        seen: Preview,
        outcome: Outcome,
        confirmed: Confirmation | None,
        *,
        token: str = "",
        upstream: Receipt | None = None,
        lost: str = "",
    ) -> ActionReport:
        self._note(action, outcome, confirmed)
        return ActionReport(
            action=action.name,
            outcome=outcome,
            run=seen.run or UNSET,
            others=seen.others,
            preview=seen.preview,
            effect=seen.effect,
            upstream=upstream or Receipt(),
            confirmation_token=token,
            expires_in_s=TOKEN_SECONDS if token else 0,
            next=what_next(
                outcome,
                action.name,
                action.tool,
                done_already=seen.done_already,
                lost=lost,
                token=token,
            ),
        )

    def _note(self, action: Action, outcome: str, confirmed: Confirmation | None) -> None:
        entry = AuditEntry(
            action=action.name,
            provider=action.provider,
            run=action.target,
            caller=self._caller,
            confirmed_by=confirmed.by if confirmed else None,
            outcome=outcome,
        )
        try:
            self._audit.write(entry)
        except InternalError:
            # It could be written before; what came of the call must be told all the same.
            logger.exception("an audit line is missing: %s", entry)
