"""What people and models read about a destructive call, in plain words."""

from typing import Final

from runs_mcp.confirmation.question import TYPED_CHARS
from runs_mcp.confirmation.report import Outcome
from runs_mcp.confirmation.tokens import TOKEN_SECONDS
from runs_mcp.settings import ActionName

NOTHING_CHANGED: Final = "Nothing was changed."

_NEXT_STEPS: Final[dict[Outcome, str]] = {
    "done": "It is done; no further call is needed.",
    "already_done": "{already_done} Nothing was written; no further call is needed.",
    "confirmation_required": (
        f"{NOTHING_CHANGED} Show preview and effect to the person. Only if they agree, call "
        "{tool} again with the same arguments and this confirmation_token, within "
        f"{TOKEN_SECONDS} s."
    ),
    "changed": (
        f"{NOTHING_CHANGED} The run is no longer what was shown. Look at it as it is now, and "
        "call {tool} again only if it is still wanted."
    ),
    "declined": (
        f"{NOTHING_CHANGED} The person did not confirm. Do not call again unless they ask for it."
    ),
    "no_answer": (
        f"{NOTHING_CHANGED} Nobody answered. Tell the person that a question waits in their "
        "host; if it shows none, the operator can set RUNS_MCP_CONFIRM=token."
    ),
    "refused": (
        f"{NOTHING_CHANGED} A person has to confirm, and this host cannot ask one. The operator "
        "can allow it: RUNS_MCP_CONFIRM=auto or token for a two-step confirmation, or "
        "RUNS_MCP_PREAPPROVE={action} for unattended use."
    ),
    "unknown": (
        "{lost} Reading the run again did not settle it. Read it in a while before anything "
        "else; do not simply repeat the call."
    ),
}
_CONFIRMATION_SPENT: Final = (
    f"{NOTHING_CHANGED} That confirmation was used before. Call {{tool}} again."
)


def question_message(action: ActionName, description: str, effect: str, target: str) -> str:
    """Returns what a person is asked before the action.

    Args:
        action: What is to be done.
        description: The run, its state, counts and age.
        effect: What the action does, and whether it can be undone.
        target: The ID whose last characters they type.
    """
    return (
        f"{action.capitalize()} this test run?\n{description}\n{effect}\n"
        f"To confirm, type the last {TYPED_CHARS} characters of {target}."
    )


def next_step(
    outcome: Outcome, action: ActionName, tool: str, *, already_done: str, lost: str, token: str
) -> str:
    """Returns what a model should do after this outcome.

    Args:
        outcome: What came of the call.
        action: What was to be done.
        tool: The tool that was called.
        already_done: Why nothing was left to do.
        lost: How the answer to the write was lost.
        token: The token in the answer; without one, a confirmation is required because the one
            that was given had been used before.
    """
    spent = outcome == "confirmation_required" and not token
    step = _CONFIRMATION_SPENT if spent else _NEXT_STEPS[outcome]
    return step.format(action=action, tool=tool, already_done=already_done, lost=lost)
