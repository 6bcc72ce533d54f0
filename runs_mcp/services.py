"""What tools work with while the server lives: the settings, the connections, the guard's parts.

A client belongs to one call: it has that caller's key and that call's deadline. Only the
connections are shared.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import anyio

from runs_mcp.api_client import ApiClient, Pool, connection_pool
from runs_mcp.audit import AuditLog
from runs_mcp.call_time import CallTime
from runs_mcp.confirm import Guard
from runs_mcp.confirm_wording import ANSWER_SECONDS
from runs_mcp.confirmation_tokens import ConfirmationTokens
from runs_mcp.settings import Provider, Settings


@dataclass(frozen=True)
class Services:
    """The settings, the connections, and what the guard needs.

    Args:
        settings: What the operator set.
        pools: Connections to the API of each provider that is served.
        tokens: Signs what was shown before a destructive call.
        answer_seconds: How long a person has to answer.
    """

    settings: Settings
    pools: Mapping[Provider, Pool]
    tokens: ConfirmationTokens
    answer_seconds: float
    _turns: WeakValueDictionary[str, anyio.Lock] = field(default_factory=WeakValueDictionary)

    def call_time(self) -> CallTime:
        """Returns the time of one call, starting now."""
        return CallTime(self.settings.timeout_s)

    def api(self, provider: Provider, call_time: CallTime | None = None) -> ApiClient:
        """Returns a client for one call, with the time of that call, or one starting now."""
        access = self.settings.access(provider)
        return ApiClient(
            self.pools[provider],
            api=access.api,
            base_url=access.url,
            key=access.key,
            key_setting=access.key_setting,
            call_time=call_time or self.call_time(),
            max_bytes=self.settings.max_download_bytes,
        )

    def guard(self, provider: Provider, call_time: CallTime) -> Guard:
        """Returns the guard of a destructive call, which has this time."""
        return Guard(
            policy=self.settings.confirm,
            preapproved=self.settings.preapprove,
            tokens=self.tokens,
            audit=AuditLog(self.settings.audit_log),
            turn=self._turn,
            call_time=call_time,
            key=self.settings.access(provider).key,
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
    async with AsyncExitStack() as stack:
        pools = {
            provider: await stack.enter_async_context(
                connection_pool(settings.access(provider).url)
            )
            for provider in settings.served_providers
        }
        yield Services(settings, pools, tokens, answer_seconds)
