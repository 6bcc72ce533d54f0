"""Confirmation by a question: who is asked, and which answer counts for which call."""

import pytest
from confirmation.fake_action import ACTIONS, RUN_ID, FakeAction, FakeRun
from confirmation.guard_setup import (
    ANSWER_S,
    KEYS,
    TOKEN_S,
    Clock,
    EventfulDeadline,
    FakePerson,
    MemoryAudit,
    answering,
    confirming,
    guard,
    question_of,
    report_of,
    right,
    token_of,
)

from runs_mcp.confirmation.question import Answer, Question, Reply
from runs_mcp.settings import ActionName, ConfirmPolicy


@pytest.mark.parametrize("name", ACTIONS)
async def test_a_question_says_what_would_be_done_to_which_run_and_what_to_type(
    name: ActionName,
) -> None:
    person = confirming()
    report = await report_of(guard(), FakeAction(FakeRun(), name), person)

    assert report.outcome == "done"
    (question,) = person.questions
    action, which, state, typing = question.message.splitlines()
    assert (action, which, state) == ("Do it?", f"Run {RUN_ID}", "in_progress")
    assert typing == f"To confirm, type the last 6 characters of {RUN_ID} in 120 s."


@pytest.mark.parametrize("typed", [None, "", "wrong!", RUN_ID])
async def test_any_other_answer_is_declined(typed: str | None) -> None:
    audit, action = MemoryAudit(), FakeAction(FakeRun())
    report = await report_of(guard(audit=audit), action, FakePerson(Reply(typed)))

    assert report.outcome == "declined"
    assert action.writes == []
    assert audit.lines == [("asked", None), ("declined", None)]


@pytest.mark.parametrize("policy", ["auto", "human"])
async def test_a_person_who_does_not_answer_is_no_reason_for_a_token(
    policy: ConfirmPolicy,
) -> None:
    silence = Reply(problem="no reply in time")
    for reply, outcome in ((silence, "no_answer"), (Reply(None), "declined")):
        action = FakeAction(FakeRun())
        report = await report_of(guard(policy=policy), action, FakePerson(reply))
        assert (report.outcome, report.confirmation_token) == (outcome, "")


async def test_the_right_characters_without_an_answer_do_not_confirm() -> None:
    action = FakeAction(FakeRun())
    reply = Reply(RUN_ID[-6:], problem="error")
    report = await report_of(guard(), action, FakePerson(reply))
    assert (report.outcome, action.writes) == ("no_answer", [])


async def test_where_a_person_can_be_asked_no_token_is_taken() -> None:
    token = await token_of(guard(), FakeAction(FakeRun()))
    for policy in ("auto", "human"):
        action = FakeAction(FakeRun())
        person = FakePerson(Reply(None))
        report = await report_of(guard(policy=policy), action, person, token)
        assert (report.outcome, action.writes, len(person.questions)) == ("declined", [], 1)


async def test_the_policy_token_never_asks_even_where_it_could() -> None:
    action, person = FakeAction(FakeRun()), confirming()
    report = await report_of(guard(policy="token"), action, person)
    assert (report.outcome, person.questions, action.writes) == ("confirmation_required", [], [])


async def test_a_question_that_was_returned_is_answered_by_the_call_that_comes_again() -> None:
    audit, action = MemoryAudit(), FakeAction(FakeRun())
    the_guard = guard(audit=audit)
    person = answering((await question_of(the_guard, action)).state)
    report = await report_of(the_guard, action, person)

    assert report.outcome == "done"
    assert person.questions == []
    assert audit.lines == [
        ("asked", None),
        ("started", "elicitation"),
        ("done", "elicitation"),
    ]


@pytest.mark.parametrize("seconds", [0, ANSWER_S])
async def test_an_answer_in_time_counts(seconds: float, clock: Clock) -> None:
    action = FakeAction(FakeRun())
    state = (await question_of(guard(), action)).state
    clock.now += seconds
    assert (await report_of(guard(), action, answering(state))).outcome == "done"


@pytest.mark.parametrize("seconds", [ANSWER_S + 1, TOKEN_S, 10**7])
async def test_a_late_answer_is_no_answer_and_says_so(seconds: float, clock: Clock) -> None:
    audit, action = MemoryAudit(), FakeAction(FakeRun())
    the_guard = guard(audit=audit)
    state = (await question_of(the_guard, action)).state
    clock.now += seconds
    report = await report_of(the_guard, action, answering(state))
    assert (report.outcome, action.writes) == ("no_answer", [])
    assert "came too late" in report.next
    assert audit.lines == [("asked", None), ("no_answer", None)]


async def test_an_answer_to_a_question_of_the_future_is_asked_again(clock: Clock) -> None:
    action = FakeAction(FakeRun())
    state = (await question_of(guard(), action)).state
    clock.now -= 1
    await question_of(guard(), action, Answer(state, right()))
    assert action.writes == []


@pytest.mark.parametrize(
    ("after_s", "outcome"), [(0.0, "no_answer"), (0.99, "no_answer"), (1.01, "declined")]
)
@pytest.mark.parametrize("modern", [False, True])
async def test_a_refusal_faster_than_a_person_reads_is_the_hosts_own(
    after_s: float, outcome: str, modern: bool, clock: Clock
) -> None:
    audit, action = MemoryAudit(), FakeAction(FakeRun())
    the_guard = guard(audit=audit)
    person = FakePerson(Reply(None, after_s))
    if modern:
        state = (await question_of(the_guard, action)).state
        clock.now += after_s
        person = FakePerson(modern=True, earlier=Answer(state, Reply(None)))
    report = await report_of(the_guard, action, person)
    assert (report.outcome, action.writes) == (outcome, [])
    assert ("RUNS_MCP_CONFIRM=page" in report.next) is (outcome == "no_answer")
    assert audit.lines == [("asked", None), (outcome, None)]


@pytest.mark.parametrize("typed", [None, "", "wrong!"])
async def test_a_question_that_was_declined_cannot_be_answered_again(
    typed: str | None, clock: Clock
) -> None:
    action = FakeAction(FakeRun())
    the_guard = guard()
    state = (await question_of(the_guard, action)).state
    clock.now += 5
    declined = FakePerson(modern=True, earlier=Answer(state, Reply(typed)))
    assert (await report_of(the_guard, action, declined)).outcome == "declined"
    again = await report_of(the_guard, action, answering(state))
    assert (again.outcome, action.writes) == ("confirmation_required", [])
    assert "was used before" in again.next


async def test_a_refusal_counts_though_the_run_has_changed() -> None:
    run = FakeRun()
    action = FakeAction(run, "delete")
    state = (await question_of(guard(), action)).state
    run.change("more completes")
    refusing = FakePerson(modern=True, earlier=Answer(state, Reply("no")))
    assert (await report_of(guard(), action, refusing)).outcome == "declined"


async def test_an_answer_to_another_question_is_not_taken_for_this_one() -> None:
    ours, of_other_keys = guard(), guard(keys=[KEYS["foreign"]])
    states = [
        (await question_of(ours, FakeAction(FakeRun(), "reset"))).state,
        (await question_of(ours, FakeAction(FakeRun(), target="another" + RUN_ID))).state,
        (await question_of(ours, FakeAction(FakeRun(), variant="another"))).state,
        (await question_of(guard(key="another"), FakeAction(FakeRun()))).state,
        (await question_of(of_other_keys, FakeAction(FakeRun()))).state,
        "",
        "garbage",
    ]
    for state in states:
        action = FakeAction(FakeRun())
        await question_of(ours, action, Answer(state, right()))
        assert action.writes == []


async def test_a_confirmation_token_is_no_state_of_a_question() -> None:
    """Nobody was asked where a token was given, so nobody answered."""
    action = FakeAction(FakeRun())
    token = await token_of(guard(), action)
    await question_of(guard(), action, Answer(token, right()))
    assert action.writes == []


async def test_a_question_signed_before_a_rotation_of_keys_is_answered_after_it() -> None:
    """RUNS_MCP_STATE_KEYS: the first signs, all verify; replicas change over one by one."""
    old, new = KEYS["foreign"], KEYS["ours"]
    action = FakeAction(FakeRun())
    state = (await question_of(guard(keys=[old]), action)).state
    assert (await report_of(guard(keys=[new, old]), action, answering(state))).outcome == "done"


@pytest.mark.parametrize("change", ["is over", "goes on"])
async def test_a_run_that_changes_between_question_and_answer_is_left_alone(change: str) -> None:
    run = FakeRun(completion="complete" if change == "goes on" else "in_progress")
    action = FakeAction(run, "delete")
    state = (await question_of(guard(), action)).state
    run.change(change)
    report = await report_of(guard(), action, answering(state))
    assert (report.outcome, action.writes) == ("changed", [])
    assert report.preview == action.previews[-1].description
    assert "call currents_delete_run again" in report.next


async def test_a_run_that_changes_while_the_person_thinks_is_left_alone() -> None:
    run = FakeRun(changes=["nothing", "more completes"])
    action = FakeAction(run, "delete")
    report = await report_of(guard(), action, FakePerson(right(), run=run))
    assert (report.outcome, action.writes) == ("changed", [])


async def test_counts_that_do_not_decide_may_change_while_the_person_thinks() -> None:
    run = FakeRun(changes=["nothing", "more completes", "another fails"])
    action = FakeAction(run, "cancel")
    report = await report_of(guard(), action, FakePerson(right(), run=run))
    assert (report.outcome, len(action.writes)) == ("done", 1)


async def test_the_deadline_is_paused_while_the_person_thinks() -> None:
    deadline = EventfulDeadline()

    class Thinking(FakePerson):
        async def ask(self, question: Question) -> Reply | None:
            deadline.events.append("asked")
            return await super().ask(question)

    await report_of(guard(deadline=deadline), FakeAction(FakeRun()), Thinking(right()))
    assert deadline.events == ["paused", "asked", "resumed"]


async def test_an_answer_that_is_sent_twice_confirms_one_write() -> None:
    """The action names no run, so nothing that is shown changes by the write."""
    action = FakeAction(FakeRun(), names_no_run=True)
    the_guard = guard()
    state = (await question_of(the_guard, action)).state
    first = await report_of(the_guard, action, answering(state))
    second = await report_of(the_guard, action, answering(state))
    assert (first.outcome, second.outcome) == ("done", "confirmation_required")
    assert len(action.writes) == 1


async def test_two_questions_within_a_second_are_worth_a_write_each(clock: Clock) -> None:
    the_guard = guard()
    for confirmed in (1, 2):
        action = FakeAction(FakeRun(), names_no_run=True)
        report = await report_of(the_guard, action, confirming())
        assert (report.outcome, len(action.writes)) == ("done", 1), (confirmed, clock.now)


async def test_an_action_without_a_target_is_not_confirmed_by_an_empty_form() -> None:
    action = FakeAction(FakeRun(), target="")
    report = await report_of(guard(), action, FakePerson(Reply("")))
    assert (report.outcome, action.writes) == ("declined", [])
