"""Plays scripts of calls against the guard, and checks each call against the contract."""

from dataclasses import dataclass, field

from confirmation.fake_action import RUN_ID, FakeAction, FakeRun
from confirmation.guard_scripts import REPLIES, Step
from confirmation.guard_setup import (
    ANSWER_S,
    KEYS,
    TOKEN_S,
    Clock,
    FakeBrowser,
    FakePerson,
    MemoryAudit,
    Turns,
    guard,
    pages_with,
)
from confirmation.played_calls import (
    Decided,
    Played,
    Signed,
    check_answer,
    check_audit,
    check_offer,
    check_write,
    is_refusal,
)

from runs_mcp.confirmation.pages import ConfirmationPage
from runs_mcp.confirmation.question import Answer, Question, Reply
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.store import SqliteStore
from runs_mcp.errors import RunsError


@dataclass
class Player:
    """Plays calls against guards that share keys, a store and pages, and nothing else."""

    clock: Clock = field(default_factory=Clock)
    runs: list[FakeRun] = field(default_factory=lambda: [FakeRun(), FakeRun()])
    targets: tuple[str, str] = (RUN_ID, "short")
    tokens: list[Signed] = field(default_factory=list)
    states: list[Signed] = field(default_factory=list)
    shown: list[tuple[ConfirmationPage, Signed]] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)
    """What has led to a write or a refusal."""
    store: SqliteStore = field(default_factory=SqliteStore)

    def __post_init__(self) -> None:
        self.pages = {name: pages_with([key], self.store) for name, key in KEYS.items()}

    async def play(self, step: Step) -> None:
        self.clock.now += step.seconds_before
        await self._on_page(step)
        turns = Turns()
        played = self._set_up(step, turns)
        the_guard = guard(
            policy=step.policy,
            preapproved=step.preapproved,
            audit=played.audit,
            keys=[KEYS[step.keys]],
            turn=turns,
            key=step.caller,
            store=self.store,
            pages=self.pages[step.keys],
        )
        token = played.token.text if played.token else "made up"
        try:
            played.answer = await the_guard.carry_out(played.action, played.channels, token)
        except RunsError as error:
            played.answer = error
        self._check(played)
        self._remember(played)

    async def _on_page(self, step: Step) -> None:
        """Does on a page that waits what the step says, as the application of the page does."""
        if step.on_page == "nothing" or step.page >= len(self.shown):
            return
        shown, signed = self.shown[-1 - step.page]
        pages = self.pages[str(signed.call[3])]
        page = await pages.find(shown.page_id)
        assert page is None or self.clock.now - signed.at < TOKEN_S
        if page is None:
            return
        if step.on_page == "leave":
            await pages.decline(page)
        else:
            typed = page.target[-6:] if step.on_page == "confirm" else "wrong!"
            assert await pages.confirm(page, typed) is (step.on_page == "confirm")
        if step.on_page != "wrong":
            assert await pages.find(page.page_id) is None
            self.decided.append(Decided(step.on_page, signed))

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
        browser = FakeBrowser(
            step.browser != "none",
            step.browser != "link",
            Reply(None) if step.browser == "host refuses" else None,
            step.browser == "host is asked later",
        )
        audit = MemoryAudit(step.audit_operations)
        return Played(step, action, person, browser, audit, self._token(step), earlier)

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
        assert played.is_by_question or played.person.questions == []
        assert played.is_by_page or played.browser.shown == []
        confirmed = self._confirmed_by(played)
        if played.action.writes:
            check_write(played.action, confirmed)
        check_answer(played)
        check_offer(played)
        if played.step.audit_operations is None:
            check_audit(played, confirmed)

    def _confirmed_by(self, played: Played) -> str | None:
        """Returns what confirms this call by the contract alone."""
        step, action, person = played.step, played.action, played.person
        if not action.previews:
            return None
        if step.name in step.preapproved:
            return "preapproved"
        if step.policy == "token":
            return "token" if self._is_valid(played.token, played, TOKEN_S) else None
        if played.is_by_question:
            answered = self._is_valid(played.earlier, played, ANSWER_S)
            asked = bool(person.questions) and not step.modern
            reply = person.reply
            is_right = reply.problem is None and (reply.typed or "").strip() == action.target[-6:]
            return "elicitation" if (answered or asked) and is_right else None
        if not played.is_by_page:
            return None
        decided = self._decided(played)
        is_confirmed = decided is not None and decided.what == "confirm"
        page = decided.page if decided else None
        return "page" if is_confirmed and self._is_valid(page, played, TOKEN_S) else None

    def _decided(self, played: Played) -> Decided | None:
        """Returns what was decided last for this call."""
        own = [decided for decided in self.decided if decided.page.call == played.call]
        return own[-1] if own else None

    def _is_valid(self, signed: Signed | None, played: Played, seconds: int) -> bool:
        if signed is None or signed.text in self.spent:
            return False
        shown = played.action.previews[0].deciding_facts
        in_time = self.clock.now - signed.at <= seconds
        return signed.call == played.call and signed.shown == shown and in_time

    def _remember(self, played: Played) -> None:
        answer = played.answer
        if isinstance(answer, Question) and not answer.url:
            self.states.append(self._signed(answer.state, played))
        elif isinstance(answer, ActionReport) and answer.confirmation_token:
            self.tokens.append(self._signed(answer.confirmation_token, played))
        for page in played.browser.shown:
            if all(page is not known for known, _ in self.shown):
                self.shown.append((page, self._signed(page.token, played)))
        if played.action.writes or (isinstance(answer, ActionReport) and is_refusal(answer)):
            decided = self._decided(played)
            proofs = (played.token, played.earlier, decided.page if decided else None)
            used = {"token": 0, "page": 2}.get(
                played.step.policy, 1 if played.is_by_question else 2
            )
            if proof := proofs[used]:
                self.spent.add(proof.text)

    def _signed(self, text: str, played: Played) -> Signed:
        shown = played.action.previews[0].deciding_facts
        return Signed(text, played.call, shown, self.clock.now)
