"""Calls that were made to the guard, and what the contract says of each."""

from dataclasses import dataclass
from typing import NamedTuple

from confirmation.fake_action import FakeAction
from confirmation.guard_scripts import OnPage, Step
from confirmation.guard_setup import (
    NOTHING_CHANGED,
    FakeBrowser,
    FakePerson,
    MemoryAudit,
    channels,
)

from runs_mcp.confirmation.guard import Channels
from runs_mcp.confirmation.question import Question
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.errors import RunsError


class Signed(NamedTuple):
    """A token or a question's state that was given, and what for."""

    text: str
    call: tuple[object, ...]
    shown: tuple[str, ...]
    at: float


class Decided(NamedTuple):
    """What a person did on a page, and which page it was."""

    what: OnPage
    page: Signed


@dataclass
class Played:
    """A call that was made, and what came of it."""

    step: Step
    action: FakeAction
    person: FakePerson
    browser: FakeBrowser
    audit: MemoryAudit
    token: Signed | None
    earlier: Signed | None
    answer: ActionReport | Question | RunsError | None = None

    @property
    def call(self) -> tuple[object, ...]:
        return (self.action.tool, self.action.arguments, self.step.caller, self.step.keys)

    @property
    def is_by_question(self) -> bool:
        return self.step.policy in ("auto", "human") and self.step.can_be_asked

    @property
    def is_by_page(self) -> bool:
        by_host = self.step.browser.startswith("host")
        policies = ("auto", "human") if by_host else ("auto", "page")
        return (
            self.step.browser != "none" and self.step.policy in policies and not self.is_by_question
        )

    @property
    def channels(self) -> Channels:
        if self.step.browser.startswith("host"):
            return channels(self.person, requested_page=self.browser)
        return channels(self.person, self.browser)


def is_refusal(answer: ActionReport) -> bool:
    return answer.outcome in ("declined", "no_answer")


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
        assert step.modern or step.browser == "host is asked later"
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


def check_offer(played: Played) -> None:
    step, answer = played.step, played.answer
    if not isinstance(answer, ActionReport):
        return
    if answer.confirmation_token:
        assert answer.outcome in ("confirmation_required", "changed")
        assert step.policy == "token"
    if answer.confirmation_url:
        assert answer.outcome == "confirmation_required"
        assert played.is_by_page
        assert step.browser == "link"
    if answer.confirmation_token or answer.confirmation_url:
        assert step.name not in step.preapproved
        assert not played.action.writes


def check_audit(played: Played, confirmed: str | None) -> None:
    answer, audit = played.answer, played.audit
    entries = audit.lines
    asked = [("asked", None)] * len(played.person.questions)
    if played.is_by_page and entries and entries[0] == ("asked", None):
        asked = [("asked", None)]
    assert entries[: len(asked)] == asked
    rest = entries[len(asked) :]
    if rest and rest[0][0] == "started":
        assert rest.pop(0) == ("started", confirmed)
        assert played.action.writes
    else:
        assert not played.action.writes
    if isinstance(answer, Question):
        assert rest == []
    elif isinstance(answer, RunsError):
        assert [outcome for outcome, _ in rest] == [answer.kind]
    else:
        assert answer is not None
        by = confirmed if len(played.action.previews) > 1 else None
        by = None if answer.outcome == "confirmation_required" else by
        assert rest == [(answer.outcome, by)]
    for entry in audit.entries:
        assert (entry.action, entry.provider) == (played.action.name, "currents")
        assert entry.run == played.action.target
