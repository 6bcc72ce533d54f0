"""What people and models are told about a destructive call, in plain words."""

from typing import Final

from runs_mcp.confirmation.report import Outcome
from runs_mcp.settings import ActionName

ANSWER_SECONDS: Final = 120.0
TOKEN_SECONDS: Final = 300
TYPED_CHARS: Final = 6
NOTHING_CHANGED: Final = "Nothing was changed."


def question_of(action: ActionName, preview: str, effect: str, target: str) -> str:
    """Returns what the person is asked before the action."""
    return (
        f"{action.capitalize()} this test run?\n{preview}\n{effect}\n"
        f"To confirm, type the last {TYPED_CHARS} characters of {target}."
    )


def what_next(
    outcome: Outcome, action: ActionName, tool: str, *, done_already: str, lost: str, token: str
) -> str:
    """Returns what a model should do after this outcome.

    Args:
        outcome: What came of the call.
        action: What was to be done.
        tool: The tool that was called for it.
        done_already: How it was done before the call.
        lost: How the answer of the write was lost.
        token: The token that is given, if one is.
    """
    match outcome:
        case "done":
            return "It is done; no further call is needed."
        case "already_done":
            return f"{done_already} Nothing was written; no further call is needed."
        case "confirmation_required" if not token:
            return f"{NOTHING_CHANGED} That confirmation was used before. Call {tool} again."
        case "confirmation_required":
            return (
                f"{NOTHING_CHANGED} Show preview and effect to the person. Only if they agree, "
                f"call {tool} again with the same arguments and this confirmation_token, within "
                f"{TOKEN_SECONDS} s."
            )
        case "changed":
            return (
                f"{NOTHING_CHANGED} The run is no longer what was shown. Look at it as it is now, "
                f"and call {tool} again only if it is still wanted."
            )
        case "declined":
            return (
                f"{NOTHING_CHANGED} The person did not confirm. Do not call again unless they "
                "ask for it."
            )
        case "no_answer":
            return (
                f"{NOTHING_CHANGED} Nobody answered. Tell the person that a question waits in "
                "their host; if it shows none, the operator can set RUNS_MCP_CONFIRM=token."
            )
        case "refused":
            return (
                f"{NOTHING_CHANGED} A person has to confirm, and this host cannot ask one. The "
                "operator can allow it: RUNS_MCP_CONFIRM=auto or token for a two-step "
                f"confirmation, or RUNS_MCP_PREAPPROVE={action} for unattended use."
            )
        case "unknown":
            return (
                f"{lost} Reading the run again did not settle it. Read it in a while before "
                "anything else; do not simply repeat the call."
            )
