"""A guard, and the people, audit log and turns around it, as tests set them up."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final
from unittest.mock import patch

import anyio
import anyio.lowlevel
from confirmation.fake_action import RUN_ID, FakeAction, FakeRun

from runs_mcp.confirmation.audit import AuditEntry, AuditLog
from runs_mcp.confirmation.by_page import PageChannel, Shown
from runs_mcp.confirmation.claims import Account
from runs_mcp.confirmation.guard import Channels, Guard
from runs_mcp.confirmation.pages import ConfirmationPage, ConfirmationPages
from runs_mcp.confirmation.question import Answer, Question, QuestionChannel, Reply
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.sealed_records import SealedRecords
from runs_mcp.confirmation.store import SqliteStore, Store
from runs_mcp.confirmation.tokens import ConfirmationTokens
from runs_mcp.deadline import Deadline
from runs_mcp.errors import InternalError
from runs_mcp.settings import ActionName, ConfirmPolicy

KEYS: Final = {"ours": b"ours".ljust(32, b"-"), "foreign": b"foreign".ljust(32, b"-")}
API_KEY: Final = "currents-api-key-that-nobody-may-see"
ANSWER_S: Final = 120
TOKEN_S: Final = 300
NOTHING_CHANGED: Final = "Nothing was changed."
REFUSAL: Final = Reply()


@dataclass
class Clock:
    """The time at which tokens are signed and read, and what is remembered expires."""

    now: float = 1_800_000_000.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Makes it the time of tokens and stores."""
        with (
            patch("runs_mcp.confirmation.tokens.time", self),
            patch("runs_mcp.confirmation.store.time", self),
        ):
            yield

    def time(self) -> float:
        return self.now


@dataclass
class FakePerson:
    """A person who can be asked, over either era."""

    reply: Reply = REFUSAL
    is_available: bool = True
    modern: bool = False
    earlier: Answer | None = None
    answer_seconds: float = ANSWER_S
    run: FakeRun = field(default_factory=FakeRun)
    """Changes while they think."""
    questions: list[Question] = field(default_factory=list)

    def earlier_answer(self) -> Answer | None:
        return self.earlier

    async def ask(self, question: Question) -> Reply | None:
        self.questions.append(question)
        if self.modern:
            return None
        await self.run.wait()
        return self.reply


@dataclass
class FakeBrowser:
    """A browser, or a host that opens pages, or none."""

    is_available: bool = True
    opens: bool = True
    refusal: Reply | None = None
    returns_question: bool = False
    shown: list[ConfirmationPage] = field(default_factory=list)

    async def show(self, page: ConfirmationPage) -> Shown | Question:
        self.shown.append(page)
        if self.returns_question:
            return Question("Open it?", page.token, "http://127.0.0.1/")
        return Shown("" if self.opens else f"http://127.0.0.1/{page.page_id}", self.refusal)


NO_BROWSER: Final = FakeBrowser(is_available=False)
NOBODY: Final = FakePerson(is_available=False)


def channels(
    person: QuestionChannel = NOBODY,
    page: PageChannel = NO_BROWSER,
    requested_page: PageChannel = NO_BROWSER,
) -> Channels:
    return Channels(person, requested_page, page)


class MemoryAudit(AuditLog):
    """An audit log in memory, which fails after so many operations."""

    def __init__(self, operations: int | None = None) -> None:
        super().__init__(None)
        self.entries: list[AuditEntry] = []
        self._operations_left = operations

    async def require_writable(self) -> None:
        self._operate()

    async def write(self, entry: AuditEntry) -> None:
        self._operate()
        self.entries.append(entry)

    def break_down(self) -> None:
        self._operations_left = 0

    @property
    def lines(self) -> list[tuple[str, str | None]]:
        """Outcome, and what confirmed it, of each line."""
        return [(entry.outcome, entry.confirmed_by) for entry in self.entries]

    def _operate(self) -> None:
        if self._operations_left is not None:
            self._operations_left -= 1
            if self._operations_left < 0:
                raise InternalError("The audit log cannot be written (full).")


@dataclass
class Turns:
    """Gives everyone a turn at once, and knows which runs' turns are taken."""

    held: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def __call__(self, run: str) -> AsyncIterator[None]:
        await anyio.lowlevel.checkpoint()
        self.held.add(run)
        try:
            yield
        finally:
            self.held.discard(run)


class EventfulDeadline(Deadline):
    """A deadline that notes when it is paused and restarted, among other events of a test."""

    def __init__(self) -> None:
        super().__init__(30)
        self.events: list[str] = []

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.events.append("paused")
        with super().paused():
            yield
        self.events.append("resumed")


def pages_with(keys: Sequence[bytes], store: Store) -> ConfirmationPages:
    """Returns the pages of a process with these keys and this store."""
    return ConfirmationPages(ConfirmationTokens(keys, store), SealedRecords(keys, store))


def guard(
    *,
    policy: ConfirmPolicy = "auto",
    preapproved: tuple[ActionName, ...] = (),
    audit: AuditLog | None = None,
    keys: Sequence[bytes] = (KEYS["ours"],),
    turn: Turns | None = None,
    key: str = API_KEY,
    deadline: Deadline | None = None,
    store: Store | None = None,
    pages: ConfirmationPages | None = None,
) -> Guard:
    store = store or SqliteStore()
    tokens = ConfirmationTokens(keys, store)
    return Guard(
        policy=policy,
        preapproved=preapproved,
        tokens=tokens,
        pages=pages or pages_with(keys, store),
        audit=audit or MemoryAudit(),
        turn=turn or Turns(),
        account=Account(key, "https://api.example/v1"),
        deadline=deadline or Deadline(30),
    )


async def report_of(
    the_guard: Guard,
    action: FakeAction,
    person: QuestionChannel = NOBODY,
    token: str = "",
    page: PageChannel = NO_BROWSER,
) -> ActionReport:
    """Returns the report on a call, once its claims about changes and tokens are checked."""
    with anyio.fail_after(10):
        answer = await the_guard.carry_out(action, channels(person, page), token)
    assert isinstance(answer, ActionReport)
    unchanged = NOTHING_CHANGED in answer.next
    assert unchanged is (answer.outcome not in ("done", "already_done", "unknown"))
    assert (answer.expires_in_s == TOKEN_S) is bool(answer.confirmation_token) or page.is_available
    return answer


async def question_of(
    the_guard: Guard, action: FakeAction, earlier: Answer | None = None
) -> Question:
    """Returns the question that a call returns, perhaps though it came with an answer."""
    with anyio.fail_after(10):
        person = FakePerson(modern=True, earlier=earlier)
        answer = await the_guard.carry_out(action, channels(person), "")
    assert isinstance(answer, Question)
    return answer


async def token_of(the_guard: Guard, action: FakeAction) -> str:
    """Returns the token that a call is given."""
    return (await report_of(replace(the_guard, policy="token"), action)).confirmation_token


def right(target: str = RUN_ID) -> Reply:
    return Reply(target[-6:])


def confirming() -> FakePerson:
    """Returns a person who types the right characters."""
    return FakePerson(right())


def answering(state: str) -> FakePerson:
    """Returns a person whose right answer comes with the call."""
    return FakePerson(modern=True, earlier=Answer(state, right()))
