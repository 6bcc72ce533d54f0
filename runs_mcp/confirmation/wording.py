"""What people and models read about a destructive call, in plain words."""

from typing import Final

from runs_mcp.confirmation.action import LINE_COLUMNS, Action, Summary
from runs_mcp.confirmation.question import TYPED_CHARS, NoAnswer
from runs_mcp.confirmation.report import Offer, Outcome
from runs_mcp.text import clip_to_columns

NOTHING_CHANGED: Final = "Nothing was changed."

_NEXT_STEPS: Final[dict[Outcome, str]] = {
    "done": "It is done; no further call is needed.",
    "already_done": "{already_done} Nothing was written; no further call is needed.",
    "confirmation_required": (
        f"{NOTHING_CHANGED} That confirmation was used before. If it is still wanted, call "
        "{tool} again for a new one."
    ),
    "changed": (
        f"{NOTHING_CHANGED} The run is no longer what was shown. Show it to the person as it is "
        "now; only if it is still wanted, "
    ),
    "declined": (
        f"{NOTHING_CHANGED} The person did not confirm. Do not call again unless they ask for it."
    ),
    "no_answer": (
        f"{NOTHING_CHANGED} {{why}} Tell the person; do not simply repeat the call. If their host "
        "does not show the question, the operator can set RUNS_MCP_CONFIRM=page: it is then asked "
        "on a page in the browser."
    ),
    "refused": (
        f"{NOTHING_CHANGED} A person has to confirm, and none can be asked here: the host cannot "
        "ask, and no page may be shown. The operator can set RUNS_MCP_CONFIRM=page for a server "
        "that goes on running (over HTTP also RUNS_MCP_PUBLIC_URL), or, for unattended use, "
        "RUNS_MCP_PREAPPROVE={action}."
    ),
    "unknown": (
        "{lost} Reading the run again did not settle it. Read it in a while before anything "
        "else; do not simply repeat the call."
    ),
}
_CALL_AGAIN_WITH_IT: Final = (
    "call {tool} again with the same arguments and this confirmation_token, within {seconds} s."
)
_ON_PAGE: Final = (
    "they confirm there, not you; then call {tool} again with the same arguments, within "
    "{seconds} s. This server has to go on running until then."
)
_WAYS_TO_CONFIRM: Final = {
    "token": f"{NOTHING_CHANGED} Show preview and effect to the person. Only if they agree, "
    f"{_CALL_AGAIN_WITH_IT}",
    "page": f"{NOTHING_CHANGED} A page with the question was opened in the person's browser: "
    f"{_ON_PAGE}",
    "url": f"{NOTHING_CHANGED} Give the person confirmation_url to open in a browser on the "
    f"machine of this server: {_ON_PAGE}",
}
_WHY_NO_ANSWER: Final[dict[NoAnswer, str]] = {
    "no reply in time": "Nobody answered in time.",
    "late reply": "The answer came too late to count.",
    "error": "The host answered the question with an error.",
    "instant refusal": (
        "The host refused faster than a person can read: it seems to have answered by itself."
    ),
}
_NOT_RECORDED: Final = " The audit log could not be written: tell the operator."


def question_message(summary: Summary, target: str, seconds: float) -> str:
    """Returns what a person is asked before an action: four lines that no host cuts off.

    Args:
        summary: What would be done to which run.
        target: The ID whose last characters they type.
        seconds: How long there is to answer.
    """
    before, after = f"To confirm, type the last {TYPED_CHARS} characters of ", f" in {seconds:g} s."
    room = LINE_COLUMNS - len(before) - len(after)
    shown = target if len(target) <= room else f"…{target[1 - room :]}"
    lines = (clip_to_columns(line, LINE_COLUMNS) for line in summary)
    return "\n".join((*lines, f"{before}{shown}{after}"))


def next_step(
    outcome: Outcome,
    action: Action,
    *,
    offer: Offer | None = None,
    no_answer: NoAnswer | None = None,
    already_done: str = "",
    lost: str = "",
    is_recorded: bool = True,
) -> str:
    """Returns what a model should do after this outcome.

    Args:
        outcome: What came of the call.
        action: What was to be done.
        offer: How the same call can still be confirmed; without one, a confirmation is required
            because the one that was given had been used before.
        no_answer: Why no person answered.
        already_done: Why nothing was left to do.
        lost: How the answer to the write was lost.
        is_recorded: Whether the audit log has the outcome.
    """
    step = _NEXT_STEPS[outcome]
    if outcome == "changed":
        step += _CALL_AGAIN_WITH_IT if offer else "call {tool} again for a new confirmation."
    elif offer:
        step = _WAYS_TO_CONFIRM["token" if offer.token else "url" if offer.url else "page"]
    text = step.format(
        action=action.name,
        tool=action.tool,
        already_done=already_done,
        lost=lost,
        why=_WHY_NO_ANSWER[no_answer or "no reply in time"],
        seconds=offer.seconds if offer else 0,
    )
    return text if is_recorded else text + _NOT_RECORDED
