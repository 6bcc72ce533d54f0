"""Tokens that confirm one destructive call: signed, timed, and worth nothing for any other.

A token holds for the run as it was shown, and after the write the run differs.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer

_TOKEN: Final = re.compile(r"[A-Za-z0-9_.-]+")
_SALT: Final = "runs-mcp confirmation"
_REMEMBERED_SECONDS: Final = 3600.0  # longer than any token holds
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
    """Signs and reads tokens. The first key signs, all of them verify.

    After a write the run differs from what was shown, and its token fits no more. Where no run is
    known that could differ, it is remembered here that a token was used.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        # The serializer signs with the last of its keys.
        self._serializer = URLSafeTimedSerializer(
            list(reversed(keys)), salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._caller_key = keys[0]
        self._spent: dict[str, float] = {}

    def sign(self, claim: Claim) -> str:
        """Returns a token for this claim, its time starting now."""
        return str(self._serializer.dumps([*claim, secrets.token_hex(8)]))

    def read(self, token: str, *, max_age_s: float) -> Claim | None:
        """Returns the claim of a token, or None: forged, of other keys, or older than that."""
        held = self._held(token, max_age_s)
        return held[0] if held else None

    def spend(self, token: str) -> bool:
        """Uses a token up; returns False where it was used before, or is none."""
        now = time.monotonic()
        self._spent = {
            number: at for number, at in self._spent.items() if now - at < _REMEMBERED_SECONDS
        }
        held = self._held(token, None)
        if held is None or held[1] in self._spent:
            return False
        self._spent[held[1]] = now
        return True

    def _held(self, token: str, max_age_s: float | None) -> tuple[Claim, str] | None:
        """Returns the claim of a token, and what tells it from others of the same claim."""
        # Decoders read over other characters, or take them for these, or cannot encode them.
        if not _TOKEN.fullmatch(token):
            return None
        max_age = None if max_age_s is None else int(max_age_s)
        try:
            held = self._serializer.loads(token, max_age=max_age)
        except BadData:
            return None
        match held:
            case [str(call), str(shown), str(number)]:
                return Claim(call, shown), number
            case _:
                return None

    def caller(self, key: str) -> str:
        """Returns a keyed hash that names the holder of an API key, and does not tell the key."""
        return hmac.new(self._caller_key, _CALLER_SALT + key.encode(), "sha256").hexdigest()[:16]


def digest(*parts: object) -> str:
    """Returns a short digest of values that can be written as JSON."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]
