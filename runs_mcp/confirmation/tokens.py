"""Signed tokens: each confirms one destructive call, for a few minutes, and no other call."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from runs_mcp.confirmation.claims import Claim
from runs_mcp.confirmation.store import Store

TOKEN_SECONDS: Final = 300

_TOKEN: Final = re.compile(r"[A-Za-z0-9_.-]+")
_SALT: Final = "runs-mcp confirmation"
_CALLER_SALT: Final = b"runs-mcp caller"
_REMEMBERED_SECONDS: Final = 7 * 86400.0  # longer than any token is valid


class SignedClaim(NamedTuple):
    """What a token says.

    Args:
        claim: What it is valid for.
        token_id: Tells it from another token with the same claim.
        age_s: How long ago it was signed, in seconds.
    """

    claim: Claim
    token_id: str
    age_s: float


class ConfirmationTokens:
    """Signs and reads tokens. The first key signs, all of them verify.

    After a write the run differs from what was shown, so its token is no longer valid. That a
    token was used is remembered as well: where no run is known, nothing differs after the write.

    Args:
        keys: The signing keys.
        store: Remembers which tokens were used.
    """

    def __init__(self, keys: Sequence[bytes], store: Store) -> None:
        # The serializer signs with the last of its keys.
        self._serializer = URLSafeSerializer(
            list(reversed(keys)), salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._caller_key = keys[0]
        self._store = store

    def sign(self, claim: Claim) -> str:
        """Returns a token for this claim, signed now."""
        now_ms = round(time.time() * 1000)
        return str(self._serializer.dumps([*claim, secrets.token_hex(8), now_ms]))

    def read(self, token: str) -> SignedClaim | None:
        """Returns what a token says, or None if it is forged, of other keys, or of the future."""
        # base64 decoders skip or map other characters, or cannot encode them: reject them first.
        if not _TOKEN.fullmatch(token):
            return None
        try:
            signed = self._serializer.loads(token)
        except BadData:
            return None
        match signed:
            case [str(call), str(deciding_facts), str(token_id), int(signed_ms)]:
                age_s = time.time() - signed_ms / 1000
                claim = Claim(call, deciding_facts)
                return SignedClaim(claim, token_id, max(0.0, age_s)) if age_s > -0.001 else None
            case _:
                return None

    async def spend(self, token: str) -> bool:
        """Uses a token up; returns False where it was used before, or is forged.

        Raises:
            InternalError: It could not be remembered.
        """
        signed = self.read(token)
        return signed is not None and await self._store.add(
            _spent(signed), "spent", _REMEMBERED_SECONDS
        )

    async def is_spent(self, signed: SignedClaim) -> bool:
        """Returns whether a token was used."""
        return await self._store.get(_spent(signed)) is not None

    def caller(self, key: str) -> str:
        """Returns a keyed hash that identifies the holder of an API key without revealing it."""
        return hmac.new(self._caller_key, _CALLER_SALT + key.encode(), "sha256").hexdigest()[:16]


def _spent(signed: SignedClaim) -> str:
    return f"spent {signed.token_id}"
