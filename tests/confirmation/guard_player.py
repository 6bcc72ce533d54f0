"""Plays scripts of calls against the guard, and checks each call against the contract."""

from dataclasses import dataclass, field
from typing import NamedTuple

from confirmation.fake_action import RUN_ID, FakeAction, FakeRun
from confirmation.guard_scripts import REPLIES, Step
from confirmation.guard_setup import (
    ANSWER_S,
    KEYS,
    NOTHING_CHANGED,
    TOKEN_S,
    Clock,
    FakePerson,
    MemoryAudit,
    Turns,
    guard,
)

from runs_mcp.confirmation.question import Answer, Question
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.errors import RunsError


class Signed(NamedTuple):
    """A token or a question's state that was given, and what for."""

    text: str
    call: tuple[object, ...]
    shown: tuple[str, ...]
    at: float


@dataclass
class Played:
    """A call that was made, and what came of it."""

    step: Step
    action: FakeAction
    person: FakePerson
    audit: MemoryAudit
    token: Signed | None
    earlier: Signed | None
    answer: ActionReport | Question | RunsError | None = None

    @property
    def call(self) -> tuple[object, ...]:
        return (self.action.tool, self.action.arguments, self.step.caller, self.step.keys)


@dataclass
class Player:
    """Plays calls against guards that share nothing but keys."""

    clock: Clock = field(default_factory=Clock)
    runs: list[FakeRun] = field(default_factory=lambda: [FakeRun(), FakeRun()])
    targets: tuple[str, str] = (RUN_ID, "short")
    tokens: list[Signed] = field(default_factory=list)
    states: list[Signed] = field(default_factory=list)

    async def play(self, step: Step) -> None:
        self.clock.now += step.seconds_before
        turns = Turns()
        played = self._set_up(step, turns)
        the_guard = guard(
            policy=step.policy,
            preapproved=step.preapproved,
            audit=played.audit,
            keys=[KEYS[step.keys]],
            turn=turns,
            key=step.caller,
        )
        token = played.token.text if played.token else "made up"
        try:
            played.answer = await the_guard.carry_out(played.action, played.person, token)
        except RunsError as error:
            played.answer = error
        self._check(played)
        self._remember(played)

    def _set_up(self, step: Step, turns: Turns) -> Played:
        run = self.runs[step.run]
        run.changes = list(step.changes)
        action = FakeAction(
            run,
            step.name,
            self.targets[step.run],
            step.variant,
            result=step.result,
            verify_fails=step.verify_fails,
            reads_until_failure=step.reads_until_failure,
            has_turn=lambda: bool(turns.held),
        )
        earlier = self._earlier(step)
        reply = REPLIES[step.reply](action.target)
        person = FakePerson(
            reply,
            step.can_be_asked,
            step.modern,
            Answer(earlier.text, reply) if earlier else None,
            run=run,
        )
        audit = MemoryAudit(step.audit_operations)
        return Played(step, action, person, audit, self._token(step), earlier)

    def _token(self, step: Step) -> Signed | None:
        if isinstance(step.token, int):
            return self.tokens[-1 - step.token] if step.token < len(self.tokens) else None
        if step.token == "tampered" and self.tokens:
            last = self.tokens[-1]
            return Signed(last.text[:-9] + "AAAAAAAAA", (), last.shown, last.at)
        return Signed(step.token, (), (), 0)

    def _earlier(self, step: Step) -> Signed | None:
        if step.earlier is None or step.earlier >= len(self.states):
            return None
        return self.states[-1 - step.earlier]

    def _check(self, played: Played) -> None:
        may_ask = played.step.policy != "token" and played.step.can_be_asked
        assert may_ask or played.person.questions == []
        confirmed = self._confirmed_by(played)
        if played.action.writes:
            check_write(played.action, confirmed)
        check_answer(played)
        check_token(played)
        if played.step.audit_operations is None:
            check_audit(played, confirmed)

    def _confirmed_by(self, played: Played) -> str | None:
        """Returns what confirms this call by the contract alone."""
        step, action, person = played.step, played.action, played.person
        if not action.previews:
            return None
        if step.name in step.preapproved:
            return "preapproved"
        if step.policy != "token" and step.can_be_asked:
            answered = self._is_valid(played.earlier, played, ANSWER_S)
            asked = bool(person.questions) and not step.modern
            reply = person.reply
            is_right = reply.answered and (reply.typed or "").strip() == action.target[-6:]
            return "elicitation" if (answered or asked) and is_right else None
        if step.policy == "human":
            return None
        return "token" if self._is_valid(played.token, played, TOKEN_S) else None

    def _is_valid(self, signed: Signed | None, played: Played, seconds: int) -> bool:
        if signed is None:
            return False
        shown = played.action.previews[0].deciding_facts
        in_time = self.clock.now - signed.at <= seconds
        return signed.call == played.call and signed.shown == shown and in_time

    def _remember(self, played: Played) -> None:
        answer = played.answer
        if isinstance(answer, Question):
            self.states.append(self._signed(answer.state, played))
        elif isinstance(answer, ActionReport) and answer.confirmation_token:
            self.tokens.append(self._signed(answer.confirmation_token, played))

    def _signed(self, text: str, played: Played) -> Signed:
        shown = played.action.previews[0].deciding_facts
        return Signed(text, played.call, shown, self.clock.now)


def check_write(action: FakeAction, confirmed: str | None) -> None:
    assert confirmed is not None
    assert len(action.writes) == 1
    assert action.turns_held == [True]
    assert action.reads_before_write == [2], "the run was not read again before the write"
    first, second, *_ = action.previews
    assert first.deciding_facts == second.deciding_facts == action.writes[0]


def check_answer(played: Played) -> None:
    step, action, answer = played.step, played.action, played.answer
    if isinstance(answer, RunsError):
        assert NOTHING_CHANGED in str(answer)
        assert not action.writes or step.result == "refused"
        return
    if isinstance(answer, Question):
        assert not action.writes
        assert step.modern
        return
    assert answer is not None
    unchanged = NOTHING_CHANGED in answer.next
    assert unchanged is (answer.outcome not in ("done", "already_done", "unknown"))
    took_effect = step.result == "done" or action.verified == [True]
    if action.writes:
        assert answer.outcome == ("done" if took_effect else "unknown")
        assert answer.outcome != "unknown" or step.result.startswith("lost")
    else:
        assert answer.outcome not in ("done", "unknown")


def check_token(played: Played) -> None:
    step, answer = played.step, played.answer
    if isinstance(answer, ActionReport) and answer.confirmation_token:
        assert answer.outcome in ("confirmation_required", "changed")
        assert step.policy == "token" or (step.policy == "auto" and not step.can_be_asked)
        assert step.name not in step.preapproved
        assert not played.action.writes


def check_audit(played: Played, confirmed: str | None) -> None:
    answer, audit = played.answer, played.audit
    asked = [("asked", None)] * len(played.person.questions)
    assert audit.lines[: len(asked)] == asked
    rest = audit.lines[len(asked) :]
    if isinstance(answer, Question):
        assert rest == []
    elif isinstance(answer, RunsError):
        assert [outcome for outcome, _ in rest] == [answer.kind]
    else:
        assert answer is not None
        by = confirmed if len(played.action.previews) > 1 else None
        assert rest == [(answer.outcome, by)]
    for entry in audit.entries:
        assert (entry.action, entry.provider) == (played.action.name, "currents")
        assert entry.run == played.action.target
