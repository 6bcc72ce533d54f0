"""Which tokens were used."""

import time
from typing import Final

_REMEMBERED_SECONDS: Final = 3600.0  # longer than any token is valid


class SpentTokens:
    """Remembers the tokens that were used, in this process."""

    def __init__(self) -> None:
        self._used_at: dict[str, float] = {}

    def add(self, token_id: str) -> bool:
        """Marks a token as used; returns False where it already was."""
        now = time.monotonic()
        self._used_at = {
            used: at for used, at in self._used_at.items() if now - at < _REMEMBERED_SECONDS
        }
        if token_id in self._used_at:
            return False
        self._used_at[token_id] = now
        return True
