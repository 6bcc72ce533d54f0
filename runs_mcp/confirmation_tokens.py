"""Tokens that confirm one destructive call: signed, timed, and worth nothing for any other.

They need no store: a token holds for the run as it was shown, and after the write the run differs.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer

_SALT: Final = "runs-mcp confirmation"
_CALLER_SALT: Final = b"runs-mcp caller"


class Claim(NamedTuple):
    """What a token holds for.

    Args:
        call: A digest of tool, arguments and caller.
        shown: A digest of what decides, as the run was shown.
    """

    call: str
    shown: str


class ConfirmationTokens:
    """Signs and reads tokens. The first key signs, all of them verify."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        # The serializer signs with the last of its keys.
        self._serializer = URLSafeTimedSerializer(
            list(reversed(keys)), salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._caller_key = keys[0]

    def sign(self, claim: Claim) -> str:
        """Returns a token for this claim, its time starting now."""
        return str(self._serializer.dumps(list(claim)))

    def read(self, token: str, *, max_age_s: float) -> Claim | None:
        """Returns the claim of a token, or None: forged, of other keys, or older than that."""
        try:
            claim = self._serializer.loads(token, max_age=int(max_age_s))
        except BadData:
            return None
        match claim:
            case [str(call), str(shown)]:
                return Claim(call, shown)
            case _:
                return None

    def caller(self, key: str) -> str:
        """Returns a keyed hash that names the holder of an API key, and does not tell the key."""
        return hmac.new(self._caller_key, _CALLER_SALT + key.encode(), "sha256").hexdigest()[:16]


def digest(*parts: object) -> str:
    """Returns a short digest of values that can be written as JSON."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]
