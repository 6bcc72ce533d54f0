"""Signed tokens: each confirms one destructive call, for a few minutes, and no other call."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from itsdangerous import BadData, URLSafeTimedSerializer

from runs_mcp.confirmation.claims import Claim
from runs_mcp.confirmation.spent_tokens import SpentTokens

TOKEN_SECONDS: Final = 300

_TOKEN: Final = re.compile(r"[A-Za-z0-9_.-]+")
_SALT: Final = "runs-mcp confirmation"
_CALLER_SALT: Final = b"runs-mcp caller"


class _Payload(NamedTuple):
    """What is signed: a claim, and an ID, since two tokens may have the same claim."""

    claim: Claim
    token_id: str


class ConfirmationTokens:
    """Signs and reads tokens. The first key signs, all of them verify.

    After a write the run differs from what was shown, so its token is no longer valid. That a
    token was used is remembered as well: where no run is known, nothing differs after the write.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        # The serializer signs with the last of its keys.
        self._serializer = URLSafeTimedSerializer(
            list(reversed(keys)), salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._caller_key = keys[0]
        self._spent = SpentTokens()

    def sign(self, claim: Claim) -> str:
        """Returns a token for this claim, which is valid from now on."""
        return str(self._serializer.dumps([*claim, secrets.token_hex(8)]))

    def read(self, token: str, *, max_age_s: float) -> Claim | None:
        """Returns the claim of a token, or None: forged, of other keys, or older than that."""
        payload = self._payload(token, max_age_s)
        return payload.claim if payload else None

    def spend(self, token: str) -> bool:
        """Uses a token up; returns False where it was used before, or is forged."""
        payload = self._payload(token, None)
        return payload is not None and self._spent.add(payload.token_id)

    def caller(self, key: str) -> str:
        """Returns a keyed hash that identifies the holder of an API key without revealing it."""
        return hmac.new(self._caller_key, _CALLER_SALT + key.encode(), "sha256").hexdigest()[:16]

    def _payload(self, token: str, max_age_s: float | None) -> _Payload | None:
        # base64 decoders skip or map other characters, or cannot encode them: reject them first.
        if not _TOKEN.fullmatch(token):
            return None
        max_age = None if max_age_s is None else int(max_age_s)
        try:
            signed = self._serializer.loads(token, max_age=max_age)
        except BadData:
            return None
        match signed:
            case [str(call), str(deciding_facts), str(token_id)]:
                return _Payload(Claim(call, deciding_facts), token_id)
            case _:
                return None
