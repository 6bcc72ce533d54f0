"""Confirmation by the two-step token, where nobody can be asked."""

from runs_mcp.confirmation.action import Preview
from runs_mcp.confirmation.action_call import ActionCall, Confirmation
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.tokens import TOKEN_SECONDS, ConfirmationTokens


async def confirm_by_token(
    call: ActionCall, preview: Preview, token: str, tokens: ConfirmationTokens
) -> Confirmation | ActionReport:
    """Returns the confirmation if the token is valid for this call; else a report with a new one.

    Args:
        call: The call to confirm.
        preview: The run as it is now.
        token: What the caller passed; may be empty or anything else.
        tokens: Signs and reads tokens.
    """
    claim = call.claim("token", preview)
    given = tokens.read(token, max_age_s=TOKEN_SECONDS)
    if given == claim:
        return Confirmation("token", token)
    same_call = given is not None and given.call == claim.call
    return await call.report(
        "changed" if same_call else "confirmation_required", preview, token=tokens.sign(claim)
    )
