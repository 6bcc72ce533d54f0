"""Confirmation on a page: what it is valid for, for how long, and how often."""

from dataclasses import dataclass, field, replace
from typing import Final

import pytest
from confirmation.fake_action import ACTIONS, RUN_ID, FakeAction, FakeRun
from confirmation.guard_setup import (
    KEYS,
    NOBODY,
    TOKEN_S,
    Clock,
    FakeBrowser,
    FakePerson,
    MemoryAudit,
    channels,
    confirming,
    guard,
    report_of,
)

from runs_mcp.confirmation.by_page import Shown
from runs_mcp.confirmation.guard import Guard
from runs_mcp.confirmation.pages import ConfirmationPage, ConfirmationPages
from runs_mcp.confirmation.question import Question, Reply
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.store import SqliteStore, Store
from runs_mcp.confirmation.tokens import ConfirmationTokens
from runs_mcp.settings import ActionName, ConfirmPolicy

RIGHT: Final = RUN_ID[-6:]
every_action = pytest.mark.parametrize("name", ACTIONS)


@dataclass
class Pages:
    """A guard whose pages a test can see, and the person at them."""

    store: Store = field(default_factory=SqliteStore)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    browser: FakeBrowser = field(default_factory=FakeBrowser)

    def __post_init__(self) -> None:
        self.pages = ConfirmationPages(ConfirmationTokens([KEYS["ours"]], self.store), self.store)

    def guard(self, policy: ConfirmPolicy = "page", key: str = "key") -> Guard:
        return guard(policy=policy, key=key, audit=self.audit, store=self.store, pages=self.pages)

    async def call(self, action: FakeAction, key: str = "key") -> ActionReport:
        return await report_of(self.guard(key=key), action, page=self.browser)

    @property
    def last(self) -> ConfirmationPage:
        return self.browser.shown[-1]


@every_action
async def test_a_page_lets_its_call_through_once(name: ActionName) -> None:
    site, action = Pages(), FakeAction(FakeRun(), name)
    first = await site.call(action)
    assert await site.pages.confirm(site.last, RIGHT)
    assert action.writes == []
    second, third = await site.call(action), await site.call(action)

    outcomes = [each.outcome for each in (first, second, third)]
    assert outcomes == ["confirmation_required", "done", "already_done"]
    assert len(action.writes) == 1
    assert site.audit.lines == [
        ("asked", None),
        ("confirmation_required", None),
        ("started", "page"),
        ("done", "page"),
        ("already_done", None),
    ]


async def test_the_address_of_a_page_is_in_the_answer_only_where_it_was_not_opened() -> None:
    for opens in (True, False):
        site = Pages(browser=FakeBrowser(opens=opens))
        report = await site.call(FakeAction(FakeRun()))
        assert bool(report.confirmation_url) is not opens
        assert (site.last.page_id in str(report)) is not opens
        assert report.expires_in_s == TOKEN_S
        assert site.last.form_token not in str(report)
        assert site.last.token not in str(report)


async def test_a_call_that_comes_again_too_soon_shows_the_same_page(clock: Clock) -> None:
    site, action = Pages(), FakeAction(FakeRun())
    await site.call(action)
    clock.now += 100
    again = await site.call(action)
    assert again.expires_in_s == TOKEN_S - 100
    one, other = site.browser.shown
    assert one is other
    assert [outcome for outcome, _ in site.audit.lines].count("asked") == 1


async def test_other_characters_confirm_nothing_and_can_be_corrected() -> None:
    site, action = Pages(), FakeAction(FakeRun())
    await site.call(action)
    for typed in ("", "wrong!", RUN_ID, RIGHT[1:], RIGHT.upper()):
        assert not await site.pages.confirm(site.last, typed)
    assert (await site.call(action)).outcome == "confirmation_required"
    assert await site.pages.confirm(site.last, f" {RIGHT} ")
    assert (await site.call(action)).outcome == "done"


async def test_what_is_left_is_declined_once_and_asked_again_after_that() -> None:
    site, action = Pages(), FakeAction(FakeRun())
    await site.call(action)
    left = site.last
    await site.pages.decline(left)
    assert (await site.call(action)).outcome == "declined"
    assert (await site.call(action)).outcome == "confirmation_required"
    assert site.last is not left
    assert action.writes == []


async def test_a_page_is_decided_on_once() -> None:
    site, action = Pages(), FakeAction(FakeRun())
    await site.call(action)
    await site.pages.decline(site.last)
    assert site.pages.find(site.last.page_id) is None


@pytest.mark.parametrize(
    ("confirmed_after", "called_after", "outcome"),
    [
        (0, 0, "done"),
        (299, 300, "done"),
        (0, 301, "confirmation_required"),
        (290, 301, "confirmation_required"),
    ],
)
async def test_a_confirmation_is_valid_for_five_minutes_from_when_the_page_was_shown(
    confirmed_after: int, called_after: int, outcome: str, clock: Clock
) -> None:
    site, action = Pages(), FakeAction(FakeRun())
    began = clock.now
    await site.call(action)
    clock.now = began + confirmed_after
    assert await site.pages.confirm(site.last, RIGHT)
    clock.now = began + called_after
    assert (await site.call(action)).outcome == outcome
    assert len(action.writes) == (outcome == "done")


async def test_a_page_whose_time_is_over_is_not_found(clock: Clock) -> None:
    site, action = Pages(), FakeAction(FakeRun())
    await site.call(action)
    expired = site.last
    clock.now += TOKEN_S
    assert site.pages.find(expired.page_id) is None
    assert (await site.call(action)).outcome == "confirmation_required"
    assert site.last.page_id != expired.page_id


async def test_a_run_that_changed_after_the_page_was_shown_is_left_alone() -> None:
    site, run = Pages(), FakeRun()
    action = FakeAction(run, "delete")
    await site.call(action)
    assert await site.pages.confirm(site.last, RIGHT)
    run.change("more completes")
    changed = await site.call(action)
    assert (changed.outcome, action.writes) == ("changed", [])
    assert changed.preview == action.previews[-1].description
    assert "call currents_delete_run again for a new confirmation" in changed.next

    assert (await site.call(action)).outcome == "confirmation_required"
    assert await site.pages.confirm(site.last, RIGHT)
    assert (await site.call(action)).outcome == "done"


async def test_a_page_of_a_run_that_changed_since_is_replaced() -> None:
    site, run = Pages(), FakeRun()
    action = FakeAction(run, "delete")
    await site.call(action)
    old = site.last
    run.change("more completes")
    assert (await site.call(action)).outcome == "confirmation_required"
    assert site.last is not old
    assert site.pages.find(old.page_id) is None
    assert site.pages.find(site.last.page_id) is site.last


async def test_a_page_confirms_no_other_call() -> None:
    site = Pages()
    await site.call(FakeAction(FakeRun()))
    assert await site.pages.confirm(site.last, RIGHT)
    others = [
        FakeAction(FakeRun(), "delete"),
        FakeAction(FakeRun(), target="b" + RUN_ID),
        FakeAction(FakeRun(), variant="other"),
    ]
    for other in others:
        assert (await site.call(other)).outcome == "confirmation_required"
        assert other.writes == []
    foreign = FakeAction(FakeRun())
    assert (await site.call(foreign, key="another key")).outcome == "confirmation_required"
    assert foreign.writes == []


async def test_one_page_for_what_names_no_run_leads_to_one_write() -> None:
    """Cancel by GitHub CI without project_id: nothing that is shown changes by the write."""
    site, action = Pages(), FakeAction(FakeRun(), names_no_run=True)
    await site.call(action)
    assert await site.pages.confirm(site.last, RIGHT)
    outcomes = [(await site.call(action)).outcome for _ in range(2)]
    assert outcomes == ["done", "confirmation_required"]
    assert len(action.writes) == 1


async def test_a_confirmation_survives_the_process_that_showed_the_page() -> None:
    """A host that starts a server for each call; the page was used before the first one ended."""
    store, action = SqliteStore(), FakeAction(FakeRun())
    first, second = Pages(store), Pages(store)
    await first.call(action)
    assert await first.pages.confirm(first.last, RIGHT)
    assert (await second.call(action)).outcome == "done"
    assert second.browser.shown == []


async def test_nobody_without_the_signing_keys_can_write_a_decision_into_the_store() -> None:
    site, action = Pages(), FakeAction(FakeRun())
    forger = ConfirmationTokens([KEYS["foreign"]], site.store)
    await site.call(action)
    claim = site.last.claim
    forged = (forger.sign(claim), "", "x", "confirmed", "." * 90)
    for token in forged:
        await site.store.put(f"decided {claim.call}", f"confirmed {token}", 300)
        assert (await site.call(action)).outcome == "confirmation_required"
    assert action.writes == []


async def test_a_read_that_fails_after_the_confirmation_does_not_use_it_up() -> None:
    site, run = Pages(), FakeRun()
    await site.call(FakeAction(run))
    assert await site.pages.confirm(site.last, RIGHT)
    failing = FakeAction(run, reads_until_failure=1)
    with pytest.raises(Exception, match=r"Nothing was changed\."):
        await site.call(failing)
    assert (await site.call(FakeAction(run))).outcome == "done"


@pytest.mark.parametrize(
    ("policy", "asks", "browser", "host_opens", "way"),
    [
        ("auto", True, True, True, "question"),
        ("auto", False, True, True, "host"),
        ("auto", False, True, False, "page"),
        ("auto", False, False, False, "nothing"),
        ("human", True, True, True, "question"),
        ("human", False, True, True, "host"),
        ("human", False, True, False, "nothing"),
        ("page", True, True, True, "page"),
        ("page", True, False, True, "nothing"),
        ("token", True, True, True, "token"),
    ],
)
async def test_each_policy_has_its_ways_to_a_person(
    policy: ConfirmPolicy, asks: bool, browser: bool, host_opens: bool, way: str
) -> None:
    site = Pages()
    person = confirming() if asks else NOBODY
    own, host = FakeBrowser(browser), FakeBrowser(host_opens)
    report = await site.guard(policy).carry_out(
        FakeAction(FakeRun()), channels(person, own, host), ""
    )
    assert isinstance(report, ActionReport)
    used = {
        "question": bool(person.questions),
        "page": bool(own.shown),
        "host": bool(host.shown),
        "token": bool(report.confirmation_token),
    }
    assert [name for name, was_used in used.items() if was_used] == (
        [] if way == "nothing" else [way]
    )
    assert (report.outcome == "refused") is (way == "nothing")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(None, after_s=0.5), "no_answer"),
        (Reply(problem="error"), "no_answer"),
        (Reply(problem="no reply in time"), "no_answer"),
        (Reply(None, after_s=5), "declined"),
    ],
)
async def test_a_host_that_does_not_open_the_page_closes_it(reply: Reply, outcome: str) -> None:
    host = FakeBrowser(refusal=reply)
    site, action = Pages(), FakeAction(FakeRun())
    report = await site.guard("auto").carry_out(action, channels(requested_page=host), "")
    assert isinstance(report, ActionReport)
    assert report.outcome == outcome
    assert site.pages.find(host.shown[-1].page_id) is None


async def test_a_request_to_open_the_page_is_returned_where_the_host_wants_it_so() -> None:
    host = FakeBrowser(returns_question=True)
    site, action = Pages(), FakeAction(FakeRun())
    answer = await site.guard("auto").carry_out(action, channels(requested_page=host), "")
    assert isinstance(answer, Question)
    assert answer.url
    assert site.audit.lines == [("asked", None)]


async def test_a_person_who_confirms_while_the_host_waits_needs_no_second_call() -> None:
    site = Pages()

    class Waiting(FakeBrowser):
        async def show(self, page: ConfirmationPage) -> Shown:
            assert await site.pages.confirm(page, RIGHT)
            return Shown()

    action = FakeAction(FakeRun())
    answer = await site.guard("auto").carry_out(action, channels(requested_page=Waiting()), "")
    assert isinstance(answer, ActionReport)
    assert (answer.outcome, len(action.writes)) == ("done", 1)


async def test_pages_that_nobody_opens_do_not_pile_up() -> None:
    site = Pages()
    for number in range(210):
        await site.call(FakeAction(FakeRun(), target=f"run-{number}"))
    waiting = [page for page in site.browser.shown if site.pages.find(page.page_id)]
    assert len(waiting) == 200
    assert waiting[-1] is site.last


async def test_a_person_who_was_asked_by_the_host_needs_no_page() -> None:
    site, action = Pages(), FakeAction(FakeRun())
    answer = await replace(site.guard(), policy="auto").carry_out(
        action, channels(FakePerson(Reply(RIGHT)), site.browser), ""
    )
    assert isinstance(answer, ActionReport)
    assert answer.outcome == "done"
    assert site.browser.shown == []
