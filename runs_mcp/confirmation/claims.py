"""What a confirmation is valid for: one call, and one state of the run."""

import hashlib
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from runs_mcp.confirmation.action import Action, Preview

Purpose: TypeAlias = Literal["question", "page", "token"]


class Account(NamedTuple):
    """Whose runs an action acts on: a key, and the address of the API that knows it."""

    key: str
    api_url: str


class Claim(NamedTuple):
    """What a signed token is valid for.

    Args:
        call: A digest of purpose, tool, arguments and account.
        deciding_facts: A digest of what decides, as it was shown.
    """

    call: str
    deciding_facts: str


def claim_of(purpose: Purpose, action: Action, preview: Preview, account: Account) -> Claim:
    """Returns what a confirmation of this action has to be valid for.

    Args:
        purpose: A confirmation in one way is none in another.
        action: What is to be confirmed.
        preview: What is shown.
        account: Whose run it is.
    """
    # Not `ConfirmationTokens.caller`: that changes with the first signing key.
    call = digest(purpose, action.tool, action.arguments, digest(*account))
    return Claim(call, digest(*preview.deciding_facts))


def digest(*parts: object) -> str:
    """Returns a short digest of values that can be written as JSON."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]
