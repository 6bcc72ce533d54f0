"""The guard, against runs that change, people of every kind, hosts and models of ill will."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from unittest.mock import patch

import anyio
import anyio.lowlevel
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from itsdangerous import TimestampSigner
from msgspec import UNSET

from runs_mcp.configuration import Configuration
from runs_mcp.confirmation.action import Person, Preview, Question, Reply
from runs_mcp.confirmation.audit import AuditEntry, AuditLog
from runs_mcp.confirmation.guard import Guard
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.tokens import ConfirmationTokens
from runs_mcp.deadline import Deadline
from runs_mcp.errors import (
    AnswerLost,
    Conflict,
    Forbidden,
    InternalError,
    NotConnected,
    NotFound,
    RateLimited,
    RunsError,
    Unreachable,
    UpstreamError,
)
from runs_mcp.model import Receipt, Run
from runs_mcp.services import Services, open_services
from runs_mcp.settings import ActionName, ConfirmPolicy

KEYS: Final = {"ours": b"ours".ljust(32, b"-"), "foreign": b"foreign".ljust(32, b"-")}
API_KEY: Final = "currents-api-key-that-nobody-may-see"
RUN_ID: Final = "0123456789abcdef"
ANSWER_S: Final = 120
TOKEN_S: Final = 300
MANY: Final = 100
UNCHANGED: Final = "Nothing was changed."
ACTIONS: Final[tuple[ActionName, ...]] = ("cancel", "reset", "delete")
WriteEnd = Literal["done", "refused", "lost with effect", "lost without"]
every_action = pytest.mark.parametrize("name", ACTIONS)


class Clock:
    """The time that signers see."""

    now = 1_800_000_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(clock.now))
    return clock


@dataclass
class Upstream:
    """One run, and what others do to it."""

    completion: str = "in_progress"
    there: bool = True
    complete: int = 3
    failed: dict[str, int] = field(default_factory=lambda: {"login.spec": 1, "pay.spec": 2})
    time: int = 10
    coming: list[str] = field(default_factory=list)
    """What happens at the next awaits, one each."""

    def decides(self, name: ActionName) -> tuple[str, ...]:
        """«As shown» in CONTRACT, 3.4."""
        failed = sorted(f"{spec} {end}" for spec, end in self.failed.items())
        return {
            "cancel": (self.completion,),
            "reset": (self.completion, *failed),
            "delete": (self.completion, str(self.complete)),
        }[name]

    def done_already(self, name: ActionName) -> bool:
        return {
            "cancel": self.completion != "in_progress",
            "reset": not self.failed,
            "delete": not self.there,
        }[name]

    def carry_out(self, name: ActionName) -> None:
        if name == "cancel":
            self.completion = "canceled"
        elif name == "reset":
            self.completion, self.failed = "in_progress", {}
        else:
            self.there = False

    def happen(self, what: str) -> None:
        self.time += 1
        match what:
            case "more completes":
                self.complete += 1
            case "another fails":
                self.failed[f"spec {self.time}"] = self.time
            case "fails again":
                self.failed = dict.fromkeys(self.failed, self.time)
            case "passes":
                self.failed = {}
            case "is over":
                self.completion = "complete"
            case "goes on":
                self.completion = "in_progress"
            case "is canceled":
                self.completion = "canceled"
            case "is deleted":
                self.there = False
            case _:
                pass


HAPPENINGS: Final = (
    "nothing",
    "nothing",
    "nothing",
    "more completes",
    "another fails",
    "fails again",
    "passes",
    "is over",
    "goes on",
    "is canceled",
    "is deleted",
)


@dataclass
class Write:
    """An action on a run, as `Action` wants it; it remembers what it was made to do."""

    upstream: Upstream
    name: ActionName = "cancel"
    target: str = RUN_ID
    variant: str = ""
    provider: str = "currents"
    end: WriteEnd = "done"
    refusal: RunsError = field(default_factory=lambda: Conflict("Refused.", status=422))
    settling_fails: bool = False
    looks_until_failure: int = 99
    blind: bool = False
    slow: bool = False
    looks: list[Preview] = field(default_factory=list)
    acts: list[tuple[str, ...]] = field(default_factory=list)
    turns_held: list[bool] = field(default_factory=list)
    looks_before: list[int] = field(default_factory=list)
    has_turn: Callable[[], bool] = lambda: True
    on_act: Callable[[], None] = lambda: None
    settled: list[bool] = field(default_factory=list)

    @property
    def tool(self) -> str:
        return f"currents_{self.name}_run"

    @property
    def arguments(self) -> tuple[object, ...]:
        return (self.target, self.variant)

    async def inspect(self) -> Preview:
        await self._await()
        if len(self.looks) >= self.looks_until_failure:
            raise Unreachable("No connection.")
        if not self.upstream.there and self.name != "delete":
            raise NotFound("No such run.", status=404)
        done = self.upstream.done_already(self.name)
        sight = Preview(
            run=Run(provider="currents", id=self.target) if self.upstream.there else None,
            decides=() if self.blind else self.upstream.decides(self.name),
            preview=f"Run {self.target}: {self.upstream.completion}, {self.upstream.complete}",
            effect="It cannot be undone.",
            done_already="It is so already." if done and not self.blind else "",
        )
        self.looks.append(sight)
        return sight

    async def execute(self) -> Receipt:
        self.acts.append(() if self.blind else self.upstream.decides(self.name))
        self.turns_held.append(self.has_turn())
        self.looks_before.append(len(self.looks))
        self.on_act()
        if self.slow:  # Others get far in between.
            for _ in range(10):
                await anyio.lowlevel.checkpoint()
        if self.end in ("done", "lost with effect"):
            self.upstream.carry_out(self.name)
        await self._await()
        if self.end == "done":
            return Receipt(actor="api:test", time="2026-01-01T00:00:00Z")
        if self.end == "refused":
            raise self.refusal
        raise AnswerLost("The answer was lost.")

    async def verify(self, before: Preview) -> bool:
        del before
        await self._await()
        if self.settling_fails:
            raise RateLimited("Too many requests.", status=429)
        self.settled.append(self.upstream.done_already(self.name))
        return self.settled[-1]

    async def _await(self) -> None:
        await anyio.lowlevel.checkpoint()
        if self.upstream.coming:
            self.upstream.happen(self.upstream.coming.pop(0))


NO_REPLY: Final = Reply()


@dataclass
class Somebody:
    """Whoever is asked, over either era."""

    can_be_asked: bool = True
    reply: Reply = NO_REPLY
    modern: bool = False
    earlier: tuple[str, Reply] | None = None
    seconds: float = ANSWER_S
    upstream: Upstream | None = None
    questions: list[Question] = field(default_factory=list)

    def earlier_reply(self) -> tuple[str, Reply] | None:
        return self.earlier

    async def ask(self, question: Question) -> Reply | None:
        self.questions.append(question)
        if self.modern:
            return None
        await anyio.lowlevel.checkpoint()
        if self.upstream and self.upstream.coming:
            self.upstream.happen(self.upstream.coming.pop(0))
        return self.reply


class Memory(AuditLog):
    """An audit log that is kept here, and breaks after so many operations."""

    def __init__(self, operations: int | None = None) -> None:
        super().__init__(None)
        self.entries: list[AuditEntry] = []
        self.left = operations

    def require_writable(self) -> None:
        self._operate()

    def write(self, entry: AuditEntry) -> None:
        self._operate()
        self.entries.append(entry)

    def break_down(self) -> None:
        self.left = 0

    @property
    def said(self) -> list[tuple[str, str | None]]:
        return [(entry.outcome, entry.confirmed_by) for entry in self.entries]

    def _operate(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise InternalError("The audit log cannot be written (full).")


@dataclass
class Turn:
    """Turns as `Services` gives them; it knows whether one is held."""

    held: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def __call__(self, run: str) -> AsyncIterator[None]:
        await anyio.lowlevel.checkpoint()
        self.held.add(run)
        try:
            yield
        finally:
            self.held.discard(run)


def guard(
    *,
    policy: ConfirmPolicy = "auto",
    preapproved: tuple[ActionName, ...] = (),
    audit: AuditLog | None = None,
    keys: Sequence[bytes] = (KEYS["ours"],),
    turn: Turn | None = None,
    key: str = API_KEY,
) -> Guard:
    return Guard(
        policy=policy,
        preapproved=preapproved,
        tokens=ConfirmationTokens(keys),
        audit=audit or Memory(),
        turn=turn or Turn(),
        key=key,
        deadline=Deadline(30),
    )


NOBODY: Final[Person] = Somebody(can_be_asked=False)


async def report_of(
    the_guard: Guard, action: Write, person: Person = NOBODY, token: str = ""
) -> ActionReport:
    with anyio.fail_after(10):
        answer = await the_guard.carry_out(action, person, token)
    assert isinstance(answer, ActionReport)
    told = UNCHANGED in answer.next
    assert told is (answer.outcome not in ("done", "already_done", "unknown"))
    assert (answer.expires_in_s == TOKEN_S) is bool(answer.confirmation_token)
    return answer


async def question_of(the_guard: Guard, action: Write) -> Question:
    with anyio.fail_after(10):
        answer = await the_guard.carry_out(action, Somebody(modern=True), "")
    assert isinstance(answer, Question)
    return answer


def right(target: str = RUN_ID) -> Reply:
    return Reply(target[-6:])


# --- Any script ---------------------------------------------------------------------------------

TYPED: Final[dict[str, Callable[[str], Reply]]] = {
    "right": right,
    "right with spaces": lambda target: Reply(f" {target[-6:]}\n"),
    "wrong": lambda _: Reply("wrong!"),
    "empty": lambda _: Reply(""),
    "spaces": lambda _: Reply("  \t\n"),
    "nothing": lambda _: Reply(None),
    "the whole ID": lambda target: Reply(target),
    "too few": lambda target: Reply(target[-5:]),
    "no answer": lambda _: Reply(answered=False),
    "right, but no answer": lambda target: Reply(target[-6:], answered=False),
}


@dataclass(frozen=True)
class Step:
    """One call, and the world around it."""

    policy: ConfirmPolicy
    preapproved: tuple[ActionName, ...]
    name: ActionName
    run: int
    variant: str
    caller: str
    keys: str
    can_be_asked: bool
    modern: bool
    typed: str
    earlier: int | None
    token: int | str
    coming: tuple[str, ...]
    end: WriteEnd
    settling_fails: bool
    looks_until_failure: int
    audit_operations: int | None
    seconds_before: int


def mostly(usual: object, *others: object) -> st.SearchStrategy[object]:
    return st.sampled_from((usual,) * 4 + others)


steps = st.builds(
    Step,
    policy=st.sampled_from(("auto", "human", "token")),
    preapproved=mostly((), ("cancel",), ("reset",), ("delete",), ("cancel", "delete")),
    name=st.sampled_from(ACTIONS),
    run=mostly(0, 1),
    variant=mostly("", "other"),
    caller=mostly(API_KEY, "another-key"),
    keys=mostly("ours", "foreign"),
    can_be_asked=st.booleans(),
    modern=st.booleans(),
    typed=mostly("right", *TYPED),
    earlier=st.none() | st.integers(0, 3),
    token=st.integers(0, 3) | st.sampled_from(("", "garbage", "tampered", "true")),
    coming=st.lists(st.sampled_from(HAPPENINGS), max_size=6).map(tuple),
    end=mostly("done", "refused", "lost with effect", "lost without"),
    settling_fails=mostly(False, True),
    looks_until_failure=mostly(99, 0, 1),
    audit_operations=mostly(None, 0, 1, 2, 3),
    seconds_before=mostly(0, 1, ANSWER_S, ANSWER_S + 1, TOKEN_S, TOKEN_S + 1),
)


@dataclass(frozen=True)
class Given:
    """A token or a question's state that was handed out, and what for."""

    text: str
    call: tuple[object, ...]
    shown: tuple[str, ...]
    at: float


class Playing:
    """Plays a script against guards that share nothing but keys, and checks every step."""

    def __init__(self) -> None:
        self.upstreams = [Upstream(), Upstream(complete=3)]
        self.targets = [RUN_ID, "short"]
        self.clock = Clock()
        self.tokens: list[Given] = []
        self.states: list[Given] = []

    async def play(self, step: Step) -> None:
        self.clock.now += step.seconds_before
        upstream = self.upstreams[step.run]
        upstream.coming = list(step.coming)
        turn, audit = Turn(), Memory(step.audit_operations)
        action = Write(
            upstream,
            step.name,
            self.targets[step.run],
            step.variant,
            end=step.end,
            settling_fails=step.settling_fails,
            looks_until_failure=step.looks_until_failure,
            has_turn=lambda: bool(turn.held),
        )
        token = self._token(step)
        state = self._earlier(step)
        reply = TYPED[step.typed](action.target)
        person = Somebody(
            step.can_be_asked,
            reply,
            step.modern,
            (state.text, reply) if state else None,
            upstream=upstream,
        )
        the_guard = guard(
            policy=step.policy,
            preapproved=step.preapproved,
            audit=audit,
            keys=[KEYS[step.keys]],
            turn=turn,
            key=step.caller,
        )
        answer: ActionReport | Question | RunsError
        try:
            answer = await the_guard.carry_out(action, person, token.text if token else "made up")
        except RunsError as error:
            answer = error
        may_ask = step.policy != "token" and step.can_be_asked
        assert may_ask or person.questions == []
        call = (action.tool, action.arguments, step.caller, step.keys)
        confirmed = self._confirmation(step, call, action, person, token, state)
        if action.acts:
            self._check_write(action, confirmed)
        self._check_answer(step, action, answer)
        self._check_token(step, call, action, answer)
        if step.audit_operations is None:
            self._check_audit(action, person, answer, audit, confirmed)
        if isinstance(answer, Question):
            self.states.append(Given(answer.state, call, action.looks[0].decides, self.clock.now))

    def _token(self, step: Step) -> Given | None:
        if isinstance(step.token, int):
            return self.tokens[-1 - step.token] if step.token < len(self.tokens) else None
        if step.token == "tampered" and self.tokens:
            last = self.tokens[-1]
            return Given(last.text[:-9] + "AAAAAAAAA", (), last.shown, last.at)
        return Given(step.token, (), (), 0)

    def _earlier(self, step: Step) -> Given | None:
        if step.earlier is None or step.earlier >= len(self.states):
            return None
        return self.states[-1 - step.earlier]

    def _confirmation(
        self,
        step: Step,
        call: tuple[object, ...],
        action: Write,
        person: Somebody,
        token: Given | None,
        state: Given | None,
    ) -> str | None:
        """Returns by what this call is confirmed, if the contract is all there is."""
        if not action.looks:
            return None
        seen = action.looks[0].decides
        if step.name in step.preapproved:
            return "preapproved"
        if step.policy != "token" and step.can_be_asked:
            answered = state is not None and self._holds(state, call, seen, ANSWER_S)
            asked = bool(person.questions) and not step.modern
            reply = person.reply
            is_right = reply.answered and (reply.typed or "").strip() == action.target[-6:]
            return "elicitation" if (answered or asked) and is_right else None
        if step.policy == "human" or token is None:
            return None
        return "token" if self._holds(token, call, seen, TOKEN_S) else None

    def _holds(
        self, given: Given, call: tuple[object, ...], shown: tuple[str, ...], seconds: int
    ) -> bool:
        in_time = self.clock.now - given.at <= seconds
        return given.call == call and given.shown == shown and in_time

    @staticmethod
    def _check_write(action: Write, confirmed: str | None) -> None:
        assert confirmed is not None
        assert len(action.acts) == 1
        assert action.turns_held == [True]
        assert action.looks_before == [2], "the run was not read again before the write"
        assert action.looks[0].decides == action.looks[1].decides == action.acts[0]

    @staticmethod
    def _check_answer(
        step: Step, action: Write, answer: ActionReport | Question | RunsError
    ) -> None:
        if isinstance(answer, RunsError):
            assert UNCHANGED in str(answer)
            assert not action.acts or step.end == "refused"
            return
        if isinstance(answer, Question):
            assert not action.acts
            assert step.modern
            return
        told = UNCHANGED in answer.next
        assert told is (answer.outcome not in ("done", "already_done", "unknown"))
        happened = step.end == "done" or action.settled == [True]
        if action.acts:
            assert answer.outcome == ("done" if happened else "unknown")
            assert answer.outcome != "unknown" or step.end.startswith("lost")
        else:
            assert answer.outcome not in ("done", "unknown")

    def _check_token(
        self,
        step: Step,
        call: tuple[object, ...],
        action: Write,
        answer: ActionReport | Question | RunsError,
    ) -> None:
        if not isinstance(answer, ActionReport) or not answer.confirmation_token:
            return
        assert answer.outcome in ("confirmation_required", "changed")
        assert step.policy == "token" or (step.policy == "auto" and not step.can_be_asked)
        assert step.name not in step.preapproved
        assert not action.acts
        shown = action.looks[0].decides
        self.tokens.append(Given(answer.confirmation_token, call, shown, self.clock.now))

    @staticmethod
    def _check_audit(
        action: Write,
        person: Somebody,
        answer: ActionReport | Question | RunsError,
        audit: Memory,
        confirmed: str | None,
    ) -> None:
        asked = [("asked", None)] * len(person.questions)
        assert audit.said[: len(asked)] == asked
        rest = audit.said[len(asked) :]
        if isinstance(answer, Question):
            assert rest == []
        elif isinstance(answer, RunsError):
            assert [outcome for outcome, _ in rest] == [answer.kind]
        else:
            by = confirmed if len(action.looks) > 1 else None
            assert rest == [(answer.outcome, by)]
        for entry in audit.entries:
            assert (entry.action, entry.provider) == (action.name, "currents")
            assert entry.run == action.target


def step(**changes: object) -> Step:
    """Returns a call that is confirmed by nothing, changed as given."""
    usual: dict[str, object] = {
        "policy": "auto",
        "preapproved": (),
        "name": "cancel",
        "run": 0,
        "variant": "",
        "caller": API_KEY,
        "keys": "ours",
        "can_be_asked": False,
        "modern": False,
        "typed": "right",
        "earlier": None,
        "token": "",
        "coming": (),
        "end": "done",
        "settling_fails": False,
        "looks_until_failure": 99,
        "audit_operations": None,
        "seconds_before": 0,
    }
    return Step(**{**usual, **changes})  # type: ignore[arg-type]  # of the types above


ASKED: Final[dict[str, object]] = {"can_be_asked": True, "modern": True}


@given(st.lists(steps, min_size=1, max_size=10))
@example([step(), step(token=0)])
@example([step(name="reset"), step(name="reset", token=0, coming=("nothing", "fails again"))])
@example([step(), step(token=0, end="lost without"), step(token=0, end="lost with effect")])
@example([step(name="delete"), step(token=0, name="delete"), step(token=0, name="delete")])
@example([step(**ASKED), step(**ASKED, earlier=0), step(**ASKED, earlier=0)])
@example([step(**ASKED), step(**ASKED, earlier=0, seconds_before=ANSWER_S + 1)])
@example([step(**ASKED), step(**ASKED, earlier=0, coming=("nothing", "is over"))])
@settings(max_examples=250)
def test_no_script_leads_past_the_guard(script: list[Step]) -> None:
    playing = Playing()
    with (
        patch.object(TimestampSigner, "get_timestamp", lambda _: int(playing.clock.now)),
        patch(
            "runs_mcp.confirmation.guard.logger"
        ),  # It would tell of every audit log that breaks.
        asyncio.Runner() as runner,
    ):
        for each in script:
            runner.run(asyncio.wait_for(playing.play(each), 10))


# --- What a person is asked, and what they may answer -------------------------------------------


@every_action
async def test_a_question_says_what_would_be_done_to_which_run_and_what_to_type(
    name: ActionName,
) -> None:
    person = Somebody(reply=right())
    report = await report_of(guard(), Write(Upstream(), name), person)

    assert report.outcome == "done"
    (question,) = person.questions
    for part in (name.capitalize(), report.preview, report.effect, "last 6 characters", RUN_ID):
        assert part in question.message


@pytest.mark.parametrize("target", ["a", "-", "ab_-1", "abcdef", "x" * 128, "1540004197"])
async def test_the_last_six_characters_or_all_of_a_shorter_id_confirm(target: str) -> None:
    write = Write(Upstream(), target=target)
    assert (await report_of(guard(), write, Somebody(reply=right(target)))).outcome == "done"
    assert len(write.acts) == 1


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        " ",
        "\t\n\u00a0",
        "\u200b",
        "yes",
        "true",
        RUN_ID,
        "abcde",
        "bcdef",
        "ABCDEF",
        "abcdef!",
        "abc def",
        "abcdefabcdef",
        "\u0430bcdef",
        "\uff41\uff42\uff43\uff44\uff45\uff46",
        "abcdef\u200b",
        "\u202eabcdef",
        "abcde\u0301f",
        "abcdef\0",
        "\ufeffabcdef",
        "“abcdef”",
        pytest.param("\ud800", id="half a surrogate pair"),
    ],
)
async def test_what_only_looks_right_is_declined(typed: str | None) -> None:
    audit, write = Memory(), Write(Upstream())
    report = await report_of(guard(audit=audit), write, Somebody(reply=Reply(typed)))

    assert report.outcome == "declined"
    assert write.acts == []
    assert audit.said == [("asked", None), ("declined", None)]


@pytest.mark.parametrize("typed", ["", " ", None])
@pytest.mark.parametrize("target", ["a", "1", "-"])
async def test_an_empty_form_confirms_no_id_however_short(target: str, typed: str | None) -> None:
    write = Write(Upstream(), target=target)
    report = await report_of(guard(), write, Somebody(reply=Reply(typed)))
    assert (report.outcome, write.acts) == ("declined", [])


@pytest.mark.parametrize("policy", ["auto", "human"])
async def test_a_person_who_does_not_answer_is_no_reason_for_a_token(
    policy: ConfirmPolicy,
) -> None:
    for reply, outcome in ((Reply(answered=False), "no_answer"), (Reply(None), "declined")):
        report = await report_of(guard(policy=policy), Write(Upstream()), Somebody(reply=reply))
        assert (report.outcome, report.confirmation_token) == (outcome, "")


async def test_where_a_person_can_be_asked_no_token_is_taken() -> None:
    token = (await report_of(guard(), Write(Upstream()))).confirmation_token
    for policy in ("auto", "human"):
        write = Write(Upstream())
        person = Somebody(reply=Reply(None))
        report = await report_of(guard(policy=policy), write, person, token)
        assert (report.outcome, write.acts, len(person.questions)) == ("declined", [], 1)


async def test_token_never_asks_even_where_it_could() -> None:
    write, person = Write(Upstream()), Somebody(reply=right())
    report = await report_of(guard(policy="token"), write, person)
    assert (report.outcome, person.questions, write.acts) == ("confirmation_required", [], [])


async def test_human_never_gives_a_token_and_takes_none() -> None:
    token = (await report_of(guard(), Write(Upstream()))).confirmation_token
    for given_token in ("", token, "yes"):
        audit, write = Memory(), Write(Upstream())
        report = await report_of(guard(policy="human", audit=audit), write, token=given_token)
        assert (report.outcome, report.confirmation_token, write.acts) == ("refused", "", [])
        assert "RUNS_MCP_CONFIRM=auto" in report.next
        assert audit.said == [("refused", None)]


async def test_a_question_that_was_returned_is_answered_by_the_call_that_comes_again() -> None:
    audit, write = Memory(), Write(Upstream())
    the_guard = guard(audit=audit)
    state = (await question_of(the_guard, write)).state
    answered = Somebody(modern=True, earlier=(state, right()))
    report = await report_of(the_guard, write, answered)

    assert report.outcome == "done"
    assert answered.questions == []
    assert audit.said == [("asked", None), ("done", "elicitation")]


@pytest.mark.parametrize("seconds", [0, ANSWER_S])
async def test_an_answer_in_time_counts(seconds: float, clock: Clock) -> None:
    write = Write(Upstream())
    state = (await question_of(guard(), write)).state
    clock.now += seconds
    report = await report_of(guard(), write, Somebody(modern=True, earlier=(state, right())))
    assert report.outcome == "done"


@pytest.mark.parametrize("seconds", [ANSWER_S + 1, TOKEN_S, -1, 10**7])
async def test_an_answer_to_an_expired_question_is_asked_for_again(
    seconds: float, clock: Clock
) -> None:
    write = Write(Upstream())
    state = (await question_of(guard(), write)).state
    clock.now += seconds
    person = Somebody(modern=True, earlier=(state, right()))
    with anyio.fail_after(10):
        answer = await guard().carry_out(write, person, "")
    assert isinstance(answer, Question)
    assert write.acts == []


async def test_an_answer_to_another_question_is_not_taken_for_this_one() -> None:
    right_key, other_keys = guard(), guard(keys=[KEYS["foreign"]])
    states = [
        (await question_of(right_key, Write(Upstream(), "reset"))).state,
        (await question_of(right_key, Write(Upstream(), target="another" + RUN_ID))).state,
        (await question_of(right_key, Write(Upstream(), variant="another"))).state,
        (await question_of(guard(key="another"), Write(Upstream()))).state,
        (await question_of(other_keys, Write(Upstream()))).state,
        "",
        "garbage",
    ]
    for state in states:
        write = Write(Upstream())
        with anyio.fail_after(10):
            person = Somebody(modern=True, earlier=(state, right()))
            assert isinstance(await right_key.carry_out(write, person, ""), Question)
        assert write.acts == []


@pytest.mark.parametrize("happening", ["is over", "goes on"])
async def test_a_run_that_changes_between_question_and_answer_is_left_alone(
    happening: str,
) -> None:
    upstream = Upstream(completion="complete" if happening == "goes on" else "in_progress")
    write = Write(upstream, "delete")
    state = (await question_of(guard(), write)).state
    upstream.happen(happening)
    report = await report_of(guard(), write, Somebody(modern=True, earlier=(state, right())))
    assert (report.outcome, write.acts) == ("changed", [])
    assert report.preview == write.looks[-1].preview


async def test_a_run_that_changes_while_the_person_thinks_is_left_alone() -> None:
    upstream = Upstream(coming=["nothing", "more completes"])
    write = Write(upstream, "delete")
    report = await report_of(guard(), write, Somebody(reply=right(), upstream=upstream))
    assert (report.outcome, write.acts) == ("changed", [])


async def test_counts_that_do_not_decide_may_change_while_the_person_thinks() -> None:
    upstream = Upstream(coming=["nothing", "more completes", "another fails"])
    write = Write(upstream, "cancel")
    report = await report_of(guard(), write, Somebody(reply=right(), upstream=upstream))
    assert (report.outcome, len(write.acts)) == ("done", 1)


# --- Tokens -------------------------------------------------------------------------------------


@every_action
async def test_a_token_lets_its_call_through_once(name: ActionName) -> None:
    audit, write = Memory(), Write(Upstream(), name)
    the_guard = guard(audit=audit)
    first = await report_of(the_guard, write)
    assert write.acts == []
    second = await report_of(the_guard, write, token=first.confirmation_token)
    again = await report_of(the_guard, write, token=first.confirmation_token)

    assert [each.outcome for each in (first, second, again)] == [
        "confirmation_required",
        "done",
        "already_done",
    ]
    assert second.upstream == Receipt(actor="api:test", time="2026-01-01T00:00:00Z")
    assert len(write.acts) == 1
    assert audit.said == [
        ("confirmation_required", None),
        ("done", "token"),
        ("already_done", None),
    ]


async def test_a_token_for_any_other_call_is_worth_nothing() -> None:
    ours = guard()
    tokens = [
        (await report_of(ours, Write(Upstream(), "reset"))).confirmation_token,
        (await report_of(ours, Write(Upstream(), target="b" + RUN_ID))).confirmation_token,
        (await report_of(ours, Write(Upstream(), variant="other"))).confirmation_token,
        (await report_of(guard(key="another"), Write(Upstream()))).confirmation_token,
        (await report_of(guard(keys=[KEYS["foreign"]]), Write(Upstream()))).confirmation_token,
        "",
        "yes",
        "true",
        RUN_ID[-6:],
    ]
    for token in tokens:
        write = Write(Upstream())
        report = await report_of(ours, write, token=token)
        assert (report.outcome, write.acts) == ("confirmation_required", [])
        assert report.confirmation_token
        assert report.preview


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [
        (0, "done"),
        (TOKEN_S, "done"),
        (TOKEN_S + 1, "confirmation_required"),
        (-1, "confirmation_required"),
    ],
)
async def test_a_token_holds_for_five_minutes(seconds: float, outcome: str, clock: Clock) -> None:
    write = Write(Upstream())
    token = (await report_of(guard(), write)).confirmation_token
    clock.now += seconds
    assert (await report_of(guard(), write, token=token)).outcome == outcome
    assert len(write.acts) == (outcome == "done")


async def test_a_run_that_changed_is_shown_anew_with_a_token_for_what_it_is_now() -> None:
    upstream = Upstream()
    write = Write(upstream, "reset")
    old = (await report_of(guard(), write)).confirmation_token
    upstream.happen("another fails")
    changed = await report_of(guard(), write, token=old)

    assert changed.outcome == "changed"
    assert changed.preview == write.looks[-1].preview
    assert (await report_of(guard(), write, token=old)).outcome == "changed"
    assert write.acts == []
    token = changed.confirmation_token
    assert (await report_of(guard(), write, token=token)).outcome == "done"


async def test_specs_that_failed_again_do_not_accept_the_token_of_the_first_time() -> None:
    upstream = Upstream(completion="in_progress")
    write = Write(upstream, "reset")
    before = dict(upstream.failed)
    token = (await report_of(guard(), write)).confirmation_token
    assert (await report_of(guard(), write, token=token)).outcome == "done"
    upstream.failed = before
    upstream.happen("fails again")

    assert (await report_of(guard(), write, token=token)).outcome == "changed"
    assert len(write.acts) == 1


@pytest.mark.parametrize(
    ("name", "happening", "outcome"),
    [
        ("cancel", "is over", "already_done"),
        ("reset", "passes", "already_done"),
        ("reset", "another fails", "changed"),
        ("reset", "fails again", "changed"),
        ("reset", "is over", "changed"),
        ("delete", "is deleted", "already_done"),
        ("delete", "is over", "changed"),
        ("delete", "more completes", "changed"),
    ],
)
@pytest.mark.parametrize("way", ["preapproved", "token", "elicitation"])
async def test_a_run_that_changes_right_before_the_write_is_left_alone(
    name: ActionName, happening: str, outcome: str, way: str
) -> None:
    audit, upstream = Memory(), Upstream()
    write = Write(upstream, name)
    token = (await report_of(guard(), Write(upstream, name))).confirmation_token
    the_guard = guard(preapproved=(name,) if way == "preapproved" else (), audit=audit)
    upstream.coming = ["nothing", happening]
    person = Somebody(reply=right()) if way == "elicitation" else NOBODY
    report = await report_of(the_guard, write, person, token)

    assert report.outcome == outcome
    assert report.preview == write.looks[1].preview
    assert write.acts == []
    assert audit.said[-1] == (outcome, way)


@pytest.mark.parametrize("preapproved", ACTIONS)
@every_action
async def test_what_is_preapproved_is_that_action_and_no_other(
    name: ActionName, preapproved: ActionName
) -> None:
    for policy in ("auto", "human", "token"):
        audit, write = Memory(), Write(Upstream(), name)
        the_guard = guard(policy=policy, preapproved=(preapproved,), audit=audit)
        report = await report_of(the_guard, write)
        if name == preapproved:
            assert audit.said == [("done", "preapproved")]
            assert write.looks_before == [2]
        else:
            assert report.outcome in ("confirmation_required", "refused")
            assert write.acts == []


# --- What an attacker or an unlucky operator finds ----------------------------------------------


async def test_the_state_of_a_question_is_no_confirmation_token() -> None:
    """Whoever gets hold of one (a log, a replica, a talkative host) has not been confirmed."""
    write = Write(Upstream())
    state = (await question_of(guard(), write)).state
    for policy in ("auto", "token"):
        report = await report_of(guard(policy=policy), write, token=state)
        assert (report.outcome, write.acts) == ("confirmation_required", [])


async def test_a_confirmation_token_is_no_state_of_a_question() -> None:
    """Nobody was asked where a token was given, so nobody answered."""
    write = Write(Upstream())
    token = (await report_of(guard(), write)).confirmation_token
    person = Somebody(modern=True, earlier=(token, right()))
    with anyio.fail_after(10):
        assert isinstance(await guard().carry_out(write, person, ""), Question)
    assert write.acts == []


@pytest.mark.parametrize("way", ["token", "question"])
async def test_what_was_signed_before_a_rotation_of_keys_confirms_after_it(way: str) -> None:
    """RUNS_MCP_STATE_KEYS: the first signs, all verify; replicas change over one by one."""
    old, new = KEYS["foreign"], KEYS["ours"]
    before, after = guard(keys=[old]), guard(keys=[new, old])
    write = Write(Upstream())
    if way == "token":
        token = (await report_of(before, write)).confirmation_token
        report = await report_of(after, write, token=token)
    else:
        state = (await question_of(before, write)).state
        person = Somebody(modern=True, earlier=(state, right()))
        with anyio.fail_after(10):
            answer = await after.carry_out(write, person, "")
        assert isinstance(answer, ActionReport), "the question is put again"
        report = answer
    assert report.outcome == "done"


async def test_a_token_of_an_action_that_names_no_run_confirms_one_write() -> None:
    """Cancel by GitHub CI without project_id: nothing that is shown changes by the write."""
    write = Write(Upstream(), blind=True)
    token = (await report_of(guard(), write)).confirmation_token
    the_guard = guard()
    assert (await report_of(the_guard, write, token=token)).outcome == "done"
    again = await report_of(the_guard, write, token=token)
    assert again.outcome in ("confirmation_required", "already_done")
    assert len(write.acts) == 1


async def test_two_confirmations_within_a_second_are_worth_a_write_each(clock: Clock) -> None:
    """What was used up is one confirmation, and not all that were given in that second."""
    the_guard = guard()
    for confirmed in (1, 2):
        write = Write(Upstream(), blind=True)
        token = (await report_of(the_guard, write)).confirmation_token
        report = await report_of(the_guard, write, token=token)
        assert (report.outcome, len(write.acts)) == ("done", 1), (confirmed, clock.now)


async def test_two_answers_to_questions_of_one_second_are_worth_a_write_each(
    clock: Clock,
) -> None:
    the_guard = guard()
    for confirmed in (1, 2):
        write = Write(Upstream(), blind=True)
        report = await report_of(the_guard, write, Somebody(reply=right()))
        assert (report.outcome, len(write.acts)) == ("done", 1), (confirmed, clock.now)


async def test_an_answer_about_an_action_that_names_no_run_confirms_one_write() -> None:
    """A host that sends the same answer twice has asked the person once."""
    write = Write(Upstream(), blind=True)
    the_guard = guard()
    state = (await question_of(the_guard, write)).state
    for _ in range(2):
        with anyio.fail_after(10):
            person = Somebody(modern=True, earlier=(state, right()))
            await the_guard.carry_out(write, person, "")
    assert len(write.acts) == 1


async def test_an_action_without_a_target_is_not_confirmed_by_an_empty_form() -> None:
    write = Write(Upstream(), target="")
    report = await report_of(guard(), write, Somebody(reply=Reply("")))
    assert (report.outcome, write.acts) == ("declined", [])


# --- Writes that fail, or seem to ---------------------------------------------------------------


@every_action
@pytest.mark.parametrize(
    "refusal",
    [
        Conflict("Run already cancelled.", status=422),
        Forbidden("May not.", status=403),
        NotFound("No such run.", status=404),
        RateLimited("Too many requests.", status=429, retry_after_s=7),
        UpstreamError("Payment required.", status=402),
        NotConnected("No connection."),
    ],
    ids=lambda refusal: type(refusal).__name__,
)
async def test_a_refused_write_is_an_error_that_says_nothing_was_changed(
    name: ActionName, refusal: RunsError
) -> None:
    audit = Memory()
    fresh = type(refusal)(refusal.what, status=refusal.status, retry_after_s=refusal.retry_after_s)
    write = Write(Upstream(), name, end="refused", refusal=fresh)
    the_guard = guard(preapproved=(name,), audit=audit)
    with pytest.raises(type(refusal)) as refused:
        await report_of(the_guard, write)

    assert str(refused.value).count(UNCHANGED) == 1
    assert refusal.next_step in str(refused.value)
    assert (len(write.acts), write.settled) == (1, [])
    assert [outcome for outcome, _ in audit.said] == [refusal.kind]


@pytest.mark.parametrize("way", ["preapproved", "token", "elicitation"])
async def test_the_audit_line_of_a_refused_write_says_what_confirmed_it(way: str) -> None:
    """It was sent, so it matters who let it go; a call that was never confirmed has null."""
    audit, write = Memory(), Write(Upstream(), end="refused")
    token = (await report_of(guard(), write)).confirmation_token if way == "token" else ""
    person = Somebody(reply=right()) if way == "elicitation" else NOBODY
    the_guard = guard(preapproved=("cancel",) if way == "preapproved" else (), audit=audit)
    with pytest.raises(Conflict):
        await report_of(the_guard, write, person, token)
    assert audit.said[-1] == ("conflict", way)


@every_action
@pytest.mark.parametrize(
    ("end", "settling_fails", "outcome"),
    [
        ("lost with effect", False, "done"),
        ("lost with effect", True, "unknown"),
        ("lost without", False, "unknown"),
        ("lost without", True, "unknown"),
    ],
)
async def test_a_lost_answer_is_settled_by_reading_and_never_by_writing_again(
    name: ActionName, end: WriteEnd, settling_fails: bool, outcome: str
) -> None:
    audit = Memory()
    write = Write(Upstream(), name, end=end, settling_fails=settling_fails)
    report = await report_of(guard(preapproved=(name,), audit=audit), write)

    assert report.outcome == outcome
    assert len(write.acts) == 1
    assert audit.said == [(outcome, "preapproved")]
    assert ("The answer was lost." in report.next) is (outcome == "unknown")


async def test_a_defect_within_a_write_leaves_an_audit_line_too() -> None:
    """What was sent cannot be called back: of all calls this one must not go unrecorded."""

    def fail() -> None:
        raise ZeroDivisionError

    audit, write = Memory(), Write(Upstream(), on_act=fail)
    with pytest.raises(ZeroDivisionError):
        await report_of(guard(preapproved=("cancel",), audit=audit), write)
    assert [by for _, by in audit.said] == ["preapproved"]


@pytest.mark.parametrize("looks", [0, 1])
async def test_a_run_that_cannot_be_read_is_not_written_to(looks: int) -> None:
    audit, write = Memory(), Write(Upstream(), looks_until_failure=looks)
    with pytest.raises(Unreachable, match=UNCHANGED):
        await report_of(guard(preapproved=("cancel",), audit=audit), write)
    assert write.acts == []
    assert [outcome for outcome, _ in audit.said] == ["unreachable"]


# --- The audit log ------------------------------------------------------------------------------


@every_action
@pytest.mark.parametrize("operations", [0, 1])
async def test_an_audit_log_that_breaks_before_the_write_prevents_it(
    name: ActionName, operations: int
) -> None:
    write = Write(Upstream(), name)
    with pytest.raises(InternalError, match="audit log cannot be written") as failed:
        await report_of(guard(preapproved=(name,), audit=Memory(operations)), write)
    assert UNCHANGED in str(failed.value)
    assert write.acts == []


async def test_no_question_is_put_and_no_token_given_that_could_not_be_recorded(
    tmp_path: Path,
) -> None:
    for person in (NOBODY, Somebody(reply=right()), Somebody(modern=True)):
        write = Write(Upstream())
        with pytest.raises(InternalError, match=UNCHANGED) as failed:
            await report_of(guard(audit=AuditLog(tmp_path)), write, person)
        assert str(tmp_path) not in str(failed.value)
        assert write.acts == []
        assert not isinstance(person, Somebody) or person.questions == []


@pytest.mark.parametrize("end", ["done", "lost without"])
async def test_what_came_of_a_write_is_told_even_where_it_can_no_longer_be_recorded(
    end: WriteEnd, caplog: pytest.LogCaptureFixture
) -> None:
    write = Write(Upstream(), end=end)
    audit = Memory()
    write.on_act = audit.break_down
    with caplog.at_level(logging.ERROR, "runs_mcp"):
        report = await report_of(guard(preapproved=("cancel",), audit=audit), write)
    assert report.outcome == ("done" if end == "done" else "unknown")
    assert "confirmed_by='preapproved'" in caplog.text


async def test_an_error_keeps_its_kind_where_it_can_no_longer_be_recorded() -> None:
    audit = Memory()
    write = Write(Upstream(), end="refused")
    write.on_act = audit.break_down
    with pytest.raises(Conflict, match=UNCHANGED):
        await report_of(guard(preapproved=("cancel",), audit=audit), write)


async def test_neither_file_nor_log_has_the_api_key_or_a_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "audit.jsonl"
    the_guard = guard(audit=AuditLog(file))
    write = Write(Upstream())
    with caplog.at_level(logging.DEBUG):
        token = (await report_of(the_guard, write)).confirmation_token
        await report_of(the_guard, write, token=token)
        await report_of(the_guard, write, token=token)

    logged = [
        record.message for record in caplog.records if record.name == "runs_mcp.confirmation.audit"
    ]
    assert [f"audit {line}" for line in file.read_text().splitlines()] == logged
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["outcome"] for line in lines] == ["confirmation_required", "done", "already_done"]
    assert {line["caller"] for line in lines} == {
        ConfirmationTokens([KEYS["ours"]]).caller(API_KEY)
    }
    for secret in (API_KEY, token, KEYS["ours"].decode()):
        assert secret not in file.read_text() + caplog.text


# --- Callers that go away, and many at once -----------------------------------------------------


class Door:
    """An await that lasts until the test says so; the test learns when it has begun."""

    def __init__(self) -> None:
        self.reached = anyio.Event()
        self.opened = anyio.Event()

    async def pass_through(self) -> None:
        self.reached.set()
        # What is shielded is not ended by a limit around it.
        with anyio.fail_after(5):
            await self.opened.wait()


@dataclass
class SlowWrite(Write):
    """A write with a door in it, and one in its settling."""

    act_door: Door = field(default_factory=Door)
    settle_door: Door = field(default_factory=Door)
    look_door: Door | None = None

    async def inspect(self) -> Preview:
        sight = await super().inspect()
        if len(self.looks) > 1 and self.look_door:
            await self.look_door.pass_through()
        return sight

    async def execute(self) -> Receipt:
        await self.act_door.pass_through()
        return await super().execute()

    async def verify(self, before: Preview) -> bool:
        await self.settle_door.pass_through()
        return await super().verify(before)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [("done", "done"), ("lost with effect", "done"), ("lost without", "unknown")],
)
async def test_a_caller_that_goes_away_during_the_write_leaves_it_settled_and_recorded(
    end: WriteEnd, outcome: str
) -> None:
    audit, turn = Memory(), Turn()
    write = SlowWrite(Upstream(), end=end)
    answers: list[object] = []
    with anyio.fail_after(10):
        async with anyio.create_task_group() as callers:
            the_guard = guard(preapproved=("cancel",), audit=audit, turn=turn)

            async def call() -> None:
                answers.append(await the_guard.carry_out(write, NOBODY, ""))

            callers.start_soon(call)
            await write.act_door.reached.wait()
            callers.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
                assert audit.entries == []
                write.act_door.opened.set()
                if end != "done":
                    await write.settle_door.reached.wait()
                    write.settle_door.opened.set()

    assert audit.said == [(outcome, "preapproved")]
    assert len(write.acts) == 1
    assert turn.held == set()


async def test_a_refusal_is_recorded_though_the_caller_went_away() -> None:
    audit = Memory()
    write = SlowWrite(Upstream(), end="refused")
    with anyio.fail_after(10):
        async with anyio.create_task_group() as callers:

            async def call() -> None:
                with pytest.raises(Conflict):
                    await guard(preapproved=("cancel",), audit=audit).carry_out(write, NOBODY, "")

            callers.start_soon(call)
            await write.act_door.reached.wait()
            callers.cancel_scope.cancel()
            write.act_door.opened.set()
    assert [outcome for outcome, _ in audit.said] == ["conflict"]


async def test_a_caller_that_goes_away_before_the_write_prevents_it_and_frees_the_run() -> None:
    audit, turn = Memory(), Turn()
    write = SlowWrite(Upstream(), look_door=Door())
    with anyio.fail_after(10):
        async with anyio.create_task_group() as callers:
            assert write.look_door is not None
            callers.start_soon(
                guard(preapproved=("cancel",), audit=audit, turn=turn).carry_out, write, NOBODY, ""
            )
            await write.look_door.reached.wait()
            assert turn.held
            callers.cancel_scope.cancel()
    assert (write.acts, audit.entries, turn.held) == ([], [], set())


def settings_of(**options: str | bool) -> Configuration:
    """Returns these settings, whatever this machine's environment holds."""
    ours = {"CURRENTS_API_URL": "http://127.0.0.1:9/v1", "CURRENTS_API_KEY": API_KEY}
    with patch.dict(os.environ, ours, clear=True):
        return Configuration.load(options)


def guard_of(services: Services) -> Guard:
    """Returns the guard of a new call."""
    (provider,) = services.configuration.served
    return services.guard(provider, services.deadline())


@every_action
@pytest.mark.parametrize("way", ["preapproved", "token", "elicitation"])
async def test_a_hundred_calls_on_one_run_lead_to_one_write(name: ActionName, way: str) -> None:
    upstream = Upstream()
    loaded = settings_of(preapprove=name if way == "preapproved" else "")
    writes = [Write(upstream, name, slow=True) for _ in range(MANY)]
    outcomes: list[str] = []
    async with open_services(loaded) as services:
        token = ""
        if way == "token":
            token = (await report_of(guard_of(services), writes[0])).confirmation_token
        person = Somebody(reply=right()) if way == "elicitation" else NOBODY

        async def call(write: Write) -> None:
            report = await report_of(guard_of(services), write, person, token)
            outcomes.append(report.outcome)

        with anyio.fail_after(20):
            async with anyio.create_task_group() as calls:
                for write in writes:
                    calls.start_soon(call, write)

    assert sum(len(write.acts) for write in writes) == 1
    assert sorted(outcomes) == ["already_done"] * (MANY - 1) + ["done"]


async def test_calls_on_different_runs_do_not_wait_for_each_other() -> None:
    loaded = settings_of(preapprove="cancel")
    slow = SlowWrite(Upstream())
    async with open_services(loaded) as services:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as calls:
                calls.start_soon(guard_of(services).carry_out, slow, NOBODY, "")
                await slow.act_door.reached.wait()
                other = Write(Upstream(), target="another-run")
                report = await report_of(guard_of(services), other)
                assert report.outcome == "done"
                slow.act_door.opened.set()
    assert len(slow.acts) == 1


async def test_a_hundred_calls_with_one_token_that_names_no_run_lead_to_one_write() -> None:
    writes = [Write(Upstream(), blind=True) for _ in range(MANY)]
    async with open_services(settings_of()) as services:
        first = await report_of(guard_of(services), writes[0])
        with anyio.fail_after(20):
            async with anyio.create_task_group() as calls:
                for write in writes:
                    calls.start_soon(
                        guard_of(services).carry_out,
                        write,
                        NOBODY,
                        first.confirmation_token,
                    )
    assert sum(len(write.acts) for write in writes) == 1


async def test_a_report_on_a_run_that_is_gone_has_no_run() -> None:
    report = await report_of(guard(), Write(Upstream(there=False), "delete"))
    assert (report.outcome, report.run) == ("already_done", UNSET)
