"""Who is shown a page under which policy, and what hosts make of it."""

from dataclasses import replace
from unittest.mock import patch

import pytest
from confirmation.fake_action import FakeAction, FakeRun
from confirmation.guard_setup import (
    NOBODY,
    FakeBrowser,
    FakePerson,
    channels,
    confirming,
)
from confirmation.page_setup import RIGHT, Pages

from runs_mcp.confirmation.by_page import Shown
from runs_mcp.confirmation.pages import ConfirmationPage
from runs_mcp.confirmation.question import Question, Reply
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.settings import ConfirmPolicy


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
    assert await site.pages.find(host.shown[-1].page_id) is None


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
    with patch("runs_mcp.confirmation.store.MOST_ENTRIES", 20):
        for number in range(30):
            await site.call(FakeAction(FakeRun(), target=f"run-{number}"))
        waiting = [page for page in site.browser.shown if await site.pages.find(page.page_id)]
    assert len(waiting) == 10  # each with its address
    assert waiting[-1] == site.last


async def test_a_person_who_was_asked_by_the_host_needs_no_page() -> None:
    site, action = Pages(), FakeAction(FakeRun())
    answer = await replace(site.guard(), policy="auto").carry_out(
        action, channels(FakePerson(Reply(RIGHT)), site.browser), ""
    )
    assert isinstance(answer, ActionReport)
    assert answer.outcome == "done"
    assert site.browser.shown == []
