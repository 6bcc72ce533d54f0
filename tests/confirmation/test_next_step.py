"""What a model should do after each outcome, and what a person is asked before an action."""

from typing import get_args

import pytest

from runs_mcp.confirmation.report import Outcome
from runs_mcp.confirmation.wording import next_step, question_message

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


def step_after(outcome: Outcome, token: str = "token") -> str:  # noqa: S107 - no secret
    return next_step(
        outcome,
        "delete",
        "currents_delete_run",
        already_done="It {was} deleted.",
        lost="The {answer} was lost.",
        token=token,
    )


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_has_a_next_step_that_says_whether_anything_was_changed(
    outcome: Outcome,
) -> None:
    step = step_after(outcome)
    unchanged = "Nothing was changed." in step
    assert unchanged is (outcome not in ("done", "already_done", "unknown"))


@pytest.mark.parametrize(
    ("outcome", "part"),
    [
        ("already_done", "It {was} deleted."),
        ("confirmation_required", "call currents_delete_run again"),
        ("confirmation_required", "within 300 s"),
        ("changed", "call currents_delete_run again"),
        ("no_answer", "RUNS_MCP_CONFIRM=token"),
        ("refused", "RUNS_MCP_CONFIRM=auto"),
        ("refused", "RUNS_MCP_PREAPPROVE=delete"),
        ("unknown", "The {answer} was lost."),
        ("unknown", "do not simply repeat the call"),
    ],
)
def test_a_next_step_names_what_helps(outcome: Outcome, part: str) -> None:
    assert part in step_after(outcome)


def test_a_confirmation_that_was_used_before_is_called_that() -> None:
    assert "was used before" in step_after("confirmation_required", token="")


def test_a_question_has_a_line_for_the_run_one_for_the_effect_and_says_what_to_type() -> None:
    question = question_message("cancel", "Run 7: running.", "It stops.", "run-7")
    first, run, effect, last = question.splitlines()
    assert (first, run, effect) == ("Cancel this test run?", "Run 7: running.", "It stops.")
    assert last == "To confirm, type the last 6 characters of run-7."
