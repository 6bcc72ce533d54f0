"""What tools work with while the server lives: the settings, the connections, the guard's parts.

A client belongs to one call: it has that caller's key and that call's deadline. Only the
connections are shared.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import anyio

from runs_mcp.api_client import ApiClient, Pool, connection_pool
from runs_mcp.audit import AuditLog
from runs_mcp.confirm import Guard
from runs_mcp.confirm_wording import ANSWER_SECONDS
from runs_mcp.confirmation_tokens import ConfirmationTokens
from runs_mcp.providers.currents import CurrentsClient
from runs_mcp.settings import Provider, Settings


@dataclass(frozen=True)
class Services:
    """The settings, the pool of connections of each provider, and what the guard needs.

    Args:
        settings: What the operator set.
        currents_pool: Connections to the Currents API.
        tokens: Signs what was shown before a destructive call.
        answer_seconds: How long a person has to answer.
    """

    settings: Settings
    currents_pool: Pool
    tokens: ConfirmationTokens
    answer_seconds: float
    _turns: WeakValueDictionary[str, anyio.Lock] = field(default_factory=WeakValueDictionary)

    def currents(self) -> CurrentsClient:
        """Returns a client for one call, its deadline starting now."""
        settings = self.settings
        return CurrentsClient(
            ApiClient(
                self.currents_pool,
                api="Currents",
                base_url=settings.currents_api_url,
                key=settings.key_of("currents"),
                key_setting="CURRENTS_API_KEY",
                timeout_s=settings.timeout_s,
                max_bytes=settings.max_download_bytes,
            )
        )

    def guard(self, provider: Provider) -> Guard:
        """Returns the guard of this caller's destructive calls."""
        return Guard(
            policy=self.settings.confirm,
            preapproved=self.settings.preapprove,
            tokens=self.tokens,
            audit=AuditLog(self.settings.audit_log),
            turn=self._turn,
            key=self.settings.key_of(provider),
        )

    @asynccontextmanager
    async def _turn(self, run: str) -> AsyncIterator[None]:
        """Lets one call at a time act on a run, so that the next one reads what it did."""
        lock = self._turns.setdefault(run, anyio.Lock())
        async with lock:
            yield


@asynccontextmanager
async def open_services(
    settings: Settings, keys: Sequence[bytes] = (), answer_seconds: float = ANSWER_SECONDS
) -> AsyncIterator[Services]:
    """Opens the connections, and closes them at the end.

    Args:
        settings: What the operator set.
        keys: Sign what was shown; without any, keys of the settings or new ones.
        answer_seconds: How long a person has to answer a question.
    """
    tokens = ConfirmationTokens(keys or settings.signing_keys())
    async with connection_pool(settings.currents_api_url) as pool:
        yield Services(settings, pool, tokens, answer_seconds)
