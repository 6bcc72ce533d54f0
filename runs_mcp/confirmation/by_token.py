"""Confirmation by the two-step token, which the caller passes back."""

from runs_mcp.confirmation.action import Preview
from runs_mcp.confirmation.action_call import ActionCall, Confirmation
from runs_mcp.confirmation.claims import Claim
from runs_mcp.confirmation.report import ActionReport, Offer
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
    given = tokens.read(token)
    if given is None or given.age_s > TOKEN_SECONDS or given.claim.call != claim.call:
        return await call.report("confirmation_required", preview, offer=_offer(tokens, claim))
    if given.claim != claim:
        return await call.report("changed", preview, offer=_offer(tokens, claim))
    return Confirmation("token", token)


def _offer(tokens: ConfirmationTokens, claim: Claim) -> Offer:
    return Offer(token=tokens.sign(claim), seconds=TOKEN_SECONDS)
