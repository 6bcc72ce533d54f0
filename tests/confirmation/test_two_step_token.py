"""Confirmation by the two-step token, which takes RUNS_MCP_CONFIRM=token, and by preapproval."""

from functools import partial
from typing import Final

import pytest
from confirmation.fake_action import ACTIONS, RUN_ID, FakeAction, FakeRun
from confirmation.guard_setup import (
    KEYS,
    TOKEN_S,
    Clock,
    MemoryAudit,
    guard,
    question_of,
    report_of,
    token_of,
)

from runs_mcp.model import Receipt
from runs_mcp.settings import ActionName, ConfirmPolicy

token_guard = partial(guard, policy="token")
POLICIES: Final[tuple[ConfirmPolicy, ...]] = ("auto", "human", "page", "token")
every_action = pytest.mark.parametrize("name", ACTIONS)


@every_action
async def test_a_token_lets_its_call_through_once(name: ActionName) -> None:
    audit, action = MemoryAudit(), FakeAction(FakeRun(), name)
    the_guard = token_guard(audit=audit)
    first = await report_of(the_guard, action)
    assert action.writes == []
    second = await report_of(the_guard, action, token=first.confirmation_token)
    again = await report_of(the_guard, action, token=first.confirmation_token)

    assert [each.outcome for each in (first, second, again)] == [
        "confirmation_required",
        "done",
        "already_done",
    ]
    assert second.upstream == Receipt(actor="api:test", time="2026-01-01T00:00:00Z")
    assert len(action.writes) == 1
    assert audit.lines == [
        ("confirmation_required", None),
        ("started", "token"),
        ("done", "token"),
        ("already_done", None),
    ]


async def test_a_token_for_any_other_call_is_worth_nothing() -> None:
    ours = token_guard()
    tokens = [
        await token_of(ours, FakeAction(FakeRun(), "reset")),
        await token_of(ours, FakeAction(FakeRun(), target="b" + RUN_ID)),
        await token_of(ours, FakeAction(FakeRun(), variant="other")),
        await token_of(token_guard(key="another"), FakeAction(FakeRun())),
        await token_of(token_guard(keys=[KEYS["foreign"]]), FakeAction(FakeRun())),
        "",
        "yes",
        "true",
        RUN_ID[-6:],
    ]
    for token in tokens:
        action = FakeAction(FakeRun())
        report = await report_of(ours, action, token=token)
        assert (report.outcome, action.writes) == ("confirmation_required", [])
        assert report.confirmation_token
        assert report.preview


async def test_the_state_of_a_question_is_no_confirmation_token() -> None:
    """Whoever gets hold of one (a log, a replica, a talkative host) has not been confirmed."""
    action = FakeAction(FakeRun())
    state = (await question_of(guard(), action)).state
    report = await report_of(token_guard(), action, token=state)
    assert (report.outcome, action.writes) == ("confirmation_required", [])


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [
        (0, "done"),
        (TOKEN_S, "done"),
        (TOKEN_S + 1, "confirmation_required"),
        (-1, "confirmation_required"),
    ],
)
async def test_a_token_is_valid_for_five_minutes(
    seconds: float, outcome: str, clock: Clock
) -> None:
    action = FakeAction(FakeRun())
    token = await token_of(token_guard(), action)
    clock.now += seconds
    assert (await report_of(token_guard(), action, token=token)).outcome == outcome
    assert len(action.writes) == (outcome == "done")


async def test_a_token_signed_before_a_rotation_of_keys_confirms_after_it() -> None:
    """RUNS_MCP_STATE_KEYS: the first signs, all verify; replicas change over one by one."""
    old, new = KEYS["foreign"], KEYS["ours"]
    action = FakeAction(FakeRun())
    token = await token_of(token_guard(keys=[old]), action)
    assert (await report_of(token_guard(keys=[new, old]), action, token=token)).outcome == "done"


async def test_a_run_that_changed_is_shown_anew_with_a_token_for_what_it_is_now() -> None:
    run = FakeRun()
    action = FakeAction(run, "reset")
    old = await token_of(token_guard(), action)
    run.change("another fails")
    changed = await report_of(token_guard(), action, token=old)

    assert changed.outcome == "changed"
    assert "this confirmation_token" in changed.next
    assert changed.preview == action.previews[-1].description
    assert (await report_of(token_guard(), action, token=old)).outcome == "changed"
    assert action.writes == []
    token = changed.confirmation_token
    assert (await report_of(token_guard(), action, token=token)).outcome == "done"


async def test_specs_that_failed_again_do_not_accept_the_token_of_the_first_time() -> None:
    run = FakeRun(completion="in_progress")
    action = FakeAction(run, "reset")
    before = dict(run.failed_specs)
    token = await token_of(token_guard(), action)
    assert (await report_of(token_guard(), action, token=token)).outcome == "done"
    run.failed_specs = before
    run.change("fails again")

    assert (await report_of(token_guard(), action, token=token)).outcome == "changed"
    assert len(action.writes) == 1


async def test_a_token_of_an_action_that_names_no_run_confirms_one_write() -> None:
    """Cancel by GitHub CI without project_id: nothing that is shown changes by the write."""
    action = FakeAction(FakeRun(), names_no_run=True)
    the_guard = token_guard()
    token = await token_of(token_guard(), action)
    assert (await report_of(the_guard, action, token=token)).outcome == "done"
    again = await report_of(the_guard, action, token=token)
    assert again.outcome in ("confirmation_required", "already_done")
    assert len(action.writes) == 1


async def test_two_confirmations_within_a_second_are_worth_a_write_each(clock: Clock) -> None:
    """What was used up is one confirmation, and not all that were given in that second."""
    the_guard = token_guard()
    for confirmed in (1, 2):
        action = FakeAction(FakeRun(), names_no_run=True)
        token = await token_of(the_guard, action)
        report = await report_of(the_guard, action, token=token)
        assert (report.outcome, len(action.writes)) == ("done", 1), (confirmed, clock.now)


@pytest.mark.parametrize("policy", ["auto", "human", "page"])
async def test_no_other_policy_gives_a_token_or_takes_one(policy: ConfirmPolicy) -> None:
    token = await token_of(guard(), FakeAction(FakeRun()))
    for given in ("", token, "yes"):
        audit, action = MemoryAudit(), FakeAction(FakeRun())
        report = await report_of(guard(policy=policy, audit=audit), action, token=given)
        assert (report.outcome, report.confirmation_token, action.writes) == ("refused", "", [])
        assert audit.lines == [("refused", None)]


@pytest.mark.parametrize("preapproved", ACTIONS)
@every_action
async def test_what_is_preapproved_is_that_action_and_no_other(
    name: ActionName, preapproved: ActionName
) -> None:
    for policy in POLICIES:
        audit, action = MemoryAudit(), FakeAction(FakeRun(), name)
        the_guard = guard(policy=policy, preapproved=(preapproved,), audit=audit)
        report = await report_of(the_guard, action)
        if name == preapproved:
            assert audit.lines == [("started", "preapproved"), ("done", "preapproved")]
            assert action.reads_before_write == [2]
        else:
            assert report.outcome in ("confirmation_required", "refused")
            assert action.writes == []
