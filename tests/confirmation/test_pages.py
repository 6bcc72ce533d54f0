"""Confirmation on a page: what it is valid for, for how long, and how often."""

import pytest
from confirmation.fake_action import ACTIONS, RUN_ID, FakeAction, FakeRun
from confirmation.guard_setup import (
    KEYS,
    TOKEN_S,
    Clock,
    FakeBrowser,
    pages_with,
)
from confirmation.page_setup import RIGHT, Pages

from runs_mcp.confirmation.store import SqliteStore
from runs_mcp.settings import ActionName

every_action = pytest.mark.parametrize("name", ACTIONS)


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
    assert one == other
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
    assert site.last != left
    assert action.writes == []


async def test_a_page_is_decided_on_once() -> None:
    site, action = Pages(), FakeAction(FakeRun())
    await site.call(action)
    await site.pages.decline(site.last)
    assert await site.pages.find(site.last.page_id) is None


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
    assert await site.pages.find(expired.page_id) is None
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
    assert site.last != old
    assert await site.pages.find(old.page_id) is None
    assert await site.pages.find(site.last.page_id) == site.last


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


class OpenStore:
    """A store that a test reads and writes as an intruder would."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.entries.get(key)

    async def put(self, key: str, value: str, seconds: float) -> None:
        del seconds
        self.entries[key] = value

    async def add(self, key: str, value: str, seconds: float) -> bool:
        del seconds
        return self.entries.setdefault(key, value) is value

    async def check(self) -> None:
        """Does nothing."""


async def test_an_intruder_in_the_store_learns_nothing_and_confirms_nothing() -> None:
    store = OpenStore()
    site, action = Pages(store), FakeAction(FakeRun())
    other = FakeAction(FakeRun(), target="other" + RUN_ID)
    await site.call(other, key="the key of another caller")
    assert await site.pages.confirm(site.last, RIGHT)
    await site.call(action)
    page = site.last
    kept = str(store.entries)
    for secret in (page.page_id, page.form_token, page.token, page.claim.call, RUN_ID, page.effect):
        assert secret not in kept

    before = dict(store.entries)
    await site.pages.confirm(page, RIGHT)
    (place,) = set(store.entries) - set(before)
    foreign = OpenStore()
    pages = pages_with([KEYS["foreign"]], foreign)
    await pages.confirm(page, RIGHT)
    (sealed_elsewhere,) = foreign.entries.values()
    for forged in (*before.values(), sealed_elsewhere, "confirmed", "", "\ud800", "." * 90):
        store.entries = {**before, place: forged}
        assert (await site.call(action)).outcome == "confirmation_required"
    assert action.writes == []


async def test_pages_are_found_while_replicas_are_given_a_new_key_one_after_the_other() -> None:
    store, action = SqliteStore(), FakeAction(FakeRun())
    old, both = Pages(store), Pages(store)
    both.pages = pages_with([KEYS["foreign"], KEYS["ours"]], store)
    await old.call(action)
    assert await both.pages.find(old.last.page_id) == old.last
    assert await both.pages.confirm(old.last, RIGHT)
    # What the new key signs, those with the old one alone cannot read: they ask again.
    assert (await old.call(action)).outcome == "confirmation_required"
    assert (await both.call(action)).outcome == "done"
    assert len(action.writes) == 1


async def test_of_two_decisions_at_two_processes_the_first_counts() -> None:
    store, action = SqliteStore(), FakeAction(FakeRun())
    one, other = Pages(store), Pages(store)
    await one.call(action)
    page = await other.pages.find(one.last.page_id)
    assert page is not None
    await other.pages.decline(page)
    assert await one.pages.confirm(one.last, RIGHT)
    assert (await one.call(action)).outcome == "declined"
    assert action.writes == []


async def test_a_read_that_fails_after_the_confirmation_does_not_use_it_up() -> None:
    site, run = Pages(), FakeRun()
    await site.call(FakeAction(run))
    assert await site.pages.confirm(site.last, RIGHT)
    failing = FakeAction(run, reads_until_failure=1)
    with pytest.raises(Exception, match=r"Nothing was changed\."):
        await site.call(failing)
    assert (await site.call(FakeAction(run))).outcome == "done"
