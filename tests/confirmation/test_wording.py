"""What a model should do after each outcome, and what a person is asked before an action."""

from typing import get_args

import pytest
from confirmation.fake_action import FakeAction, FakeRun
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.confirmation.action import LINE_COLUMNS, Summary
from runs_mcp.confirmation.question import NoAnswer
from runs_mcp.confirmation.report import Offer, Outcome
from runs_mcp.confirmation.wording import next_step, question_message
from runs_mcp.text import columns, one_line

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
NO_ANSWERS: tuple[NoAnswer, ...] = get_args(NoAnswer)
TOKEN = Offer(300, token="token")
URL = Offer(299, url="http://127.0.0.1/confirm/x")
OPENED = Offer(300)


def step_after(outcome: Outcome, offer: Offer | None = None, no_answer: NoAnswer = "error") -> str:
    return next_step(
        outcome,
        FakeAction(FakeRun(), "delete"),
        offer=offer,
        no_answer=no_answer,
        already_done="It {was} deleted.",
        lost="The {answer} was lost.",
    )


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_has_a_next_step_that_says_whether_anything_was_changed(
    outcome: Outcome,
) -> None:
    offers = (None, TOKEN, URL, OPENED) if outcome == "confirmation_required" else (None,)
    for offer in offers:
        step = step_after(outcome, offer)
        unchanged = "Nothing was changed." in step
        assert unchanged is (outcome not in ("done", "already_done", "unknown"))


@pytest.mark.parametrize(
    ("outcome", "offer", "part"),
    [
        ("already_done", None, "It {was} deleted."),
        ("confirmation_required", TOKEN, "call currents_delete_run again with the same arguments"),
        ("confirmation_required", TOKEN, "this confirmation_token, within 300 s"),
        ("confirmation_required", URL, "Give the person confirmation_url"),
        ("confirmation_required", URL, "within 299 s"),
        ("confirmation_required", URL, "has to go on running"),
        ("confirmation_required", OPENED, "was opened in the person's browser"),
        ("confirmation_required", OPENED, "call currents_delete_run again with the same arguments"),
        ("confirmation_required", None, "was used before"),
        ("changed", None, "call currents_delete_run again for a new confirmation"),
        ("changed", TOKEN, "call currents_delete_run again with the same arguments and this conf"),
        ("no_answer", None, "RUNS_MCP_CONFIRM=page"),
        ("refused", None, "RUNS_MCP_CONFIRM=page"),
        ("refused", None, "RUNS_MCP_PREAPPROVE=delete"),
        ("unknown", None, "The {answer} was lost."),
        ("unknown", None, "do not simply repeat the call"),
    ],
)
def test_a_next_step_names_what_helps(outcome: Outcome, offer: Offer | None, part: str) -> None:
    assert part in step_after(outcome, offer)


def test_each_reason_why_nobody_answered_is_told_apart() -> None:
    assert len({step_after("no_answer", no_answer=reason) for reason in NO_ANSWERS}) == 4


def test_an_outcome_that_could_not_be_recorded_is_said_so() -> None:
    step = next_step("done", FakeAction(FakeRun()), is_recorded=False)
    assert "The audit log could not be written: tell the operator." in step


lines = st.text(max_size=200).map(one_line)


@given(action=lines, which=lines, state=lines, target=st.text("abc-_09", min_size=1, max_size=128))
def test_a_question_has_four_lines_that_no_host_cuts_and_the_last_says_what_to_type(
    action: str, which: str, state: str, target: str
) -> None:
    message = question_message(Summary(action, which, state), target, 120)
    asked = message.split("\n")
    assert len(asked) == 4
    assert max(map(columns, asked)) <= LINE_COLUMNS
    assert asked[3].startswith("To confirm, type the last 6 characters of ")
    assert asked[3].endswith(f"{target[-6:]} in 120 s.")
