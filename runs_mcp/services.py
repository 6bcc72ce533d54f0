"""What tools share while the server runs: configuration, connections, and tokens.

A client belongs to one call: it has that caller's key and that call's deadline. Only the
connections are shared.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import anyio
from platformdirs import user_state_path

from runs_mcp.api.client import ApiClient
from runs_mcp.api.connections import Pool, is_reachable, open_pool
from runs_mcp.api.record_cache import RecordCache
from runs_mcp.configuration import Configuration, ConfiguredProvider
from runs_mcp.confirmation.audit import AuditLog
from runs_mcp.confirmation.by_page import PageServer, no_pages
from runs_mcp.confirmation.claims import Account, digest
from runs_mcp.confirmation.guard import Guard
from runs_mcp.confirmation.pages import ConfirmationPages
from runs_mcp.confirmation.question import ANSWER_SECONDS
from runs_mcp.confirmation.sealed_records import SealedRecords
from runs_mcp.confirmation.store import SqliteStore, Store
from runs_mcp.confirmation.tokens import ConfirmationTokens
from runs_mcp.deadline import Deadline
from runs_mcp.errors import DeadlineExceeded, RunsError, Unauthorized
from runs_mcp.providers.definition import Call
from runs_mcp.running_calls import RunningCalls
from runs_mcp.settings import Settings

T = TypeVar("T")

ServePages: TypeAlias = Callable[[ConfirmationPages], AbstractAsyncContextManager[PageServer]]


@dataclass(frozen=True)
class Services:
    """The configuration, the connections, and what the guard needs.

    Args:
        configuration: The configuration of the server.
        pools: For the name of each served provider, the connections to its API.
        cache: What was read of runs that are over.
        store: Remembers what was confirmed, and what of it was used.
        tokens: Signs the preview of a destructive call.
        pages: The pages on which people confirm.
        page_server: Serves them.
        answer_seconds: How long a person has to answer.
        calls: The calls under way.
    """

    configuration: Configuration
    pools: Mapping[str, Pool]
    cache: RecordCache
    store: Store
    tokens: ConfirmationTokens
    pages: ConfirmationPages
    page_server: PageServer
    answer_seconds: float
    calls: RunningCalls
    _turns: WeakValueDictionary[str, anyio.Lock] = field(default_factory=WeakValueDictionary)

    @property
    def settings(self) -> Settings:
        """The server's settings."""
        return self.configuration.settings

    def deadline(self) -> Deadline:
        """Returns the deadline of one call, starting now."""
        return self.calls.deadline(self.settings.timeout_s)

    async def compute(self, work: Callable[[], T], deadline: Deadline) -> T:
        """Returns what `work` makes of all that was read, in a thread: other calls go on.

        Args:
            work: Pure functions; `stop_when_late` ends them.
            deadline: That of the call.

        Raises:
            DeadlineExceeded: It took too long.
        """
        try:
            return await deadline.run_in_thread(work)
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"What was read could not be put in order within {deadline.seconds:g} s, the "
                "deadline of one call."
            ) from error

    def call(
        self,
        provider: ConfiguredProvider,
        deadline: Deadline | None = None,
        *,
        fresh: bool = False,
    ) -> Call[Any]:
        """Returns what a provider works with in one call.

        Args:
            provider: The provider.
            deadline: The deadline of the call; by default one that starts now.
            fresh: Whether all must be read now, whatever was read before.

        Raises:
            Unauthorized: The caller has sent no key for the provider.
        """
        definition, own = provider
        if not own.key:
            raise Unauthorized(
                f"The request has no key of the {definition.title} API.",
                next_step=f"The person sends it in the header {own.key_header}, which the host's "
                "configuration of this server sets.",
            )
        api = ApiClient(
            self.pools[definition.name],
            api=definition.title,
            base_url=own.api_url,
            key=own.key,
            key_setting=own.key_setting,
            url_setting=own.url_setting,
            deadline=deadline or self.deadline(),
            max_bytes=self.settings.max_download_bytes,
            records=self.cache.of(digest(own.key, own.api_url), fresh=fresh),
        )
        return Call(api, self.settings, own)

    def guard(self, provider: ConfiguredProvider, deadline: Deadline) -> Guard:
        """Returns the guard of a destructive call with this deadline."""
        return Guard(
            policy=self.settings.confirm,
            preapproved=self.settings.preapprove,
            tokens=self.tokens,
            pages=self.pages,
            audit=AuditLog(self.settings.audit_log),
            turn=self._turn,
            account=Account(provider.settings.key, provider.settings.api_url),
            deadline=deadline,
        )

    @asynccontextmanager
    async def _turn(self, run: str) -> AsyncIterator[None]:
        """Lets one call at a time act on a run, so that the next one sees its effect."""
        lock = self._turns.setdefault(run, anyio.Lock())
        async with lock:
            yield


def require_connections(configuration: Configuration) -> None:
    """Checks that connections could be made with these settings and this environment.

    Raises:
        SettingsError: A setting of an API, of a proxy or of certificates cannot be used.
    """
    _pools(configuration)


@asynccontextmanager
async def _open_store(configuration: Configuration) -> AsyncIterator[Store]:
    url = configuration.settings.store_url
    if url is not None:
        # Imported here, since most servers need no such store, and all should start fast.
        from runs_mcp.confirmation.redis_store import RedisStore

        store = RedisStore(url.get_secret_value())
        try:
            yield store
        finally:
            await store.aclose()
    elif configuration.is_shared:
        yield SqliteStore()
    else:
        state = user_state_path("runs-mcp", appauthor=False)
        yield SqliteStore(state / "confirmations.sqlite3")


def reachability(configuration: Configuration) -> dict[str, Callable[[], Awaitable[bool]]]:
    """Returns, for the name of each API and of the store, what tells whether it can be reached."""
    checks: dict[str, Callable[[], Awaitable[bool]]] = {
        definition.name: partial(is_reachable, settings.api_url, settings.url_setting)
        for definition, settings in configuration.served
    }
    if configuration.settings.store_url:
        checks["store"] = partial(_is_store_usable, configuration)
    return checks


async def _is_store_usable(configuration: Configuration) -> bool:
    async with _open_store(configuration) as store:
        try:
            await store.check()
        except RunsError:
            return False
        return True


def _pools(configuration: Configuration) -> dict[str, Pool]:
    return {
        definition.name: open_pool(settings.api_url, settings.url_setting)
        for definition, settings in configuration.served
    }


@asynccontextmanager
async def open_services(
    configuration: Configuration,
    answer_seconds: float = ANSWER_SECONDS,
    serve_pages: ServePages = no_pages,
    calls: RunningCalls | None = None,
) -> AsyncIterator[Services]:
    """Opens the connections, and closes them at the end.

    Args:
        configuration: The configuration of the server.
        answer_seconds: How long a person has to answer a question.
        serve_pages: Serves confirmation pages while it is open; by default none can be shown.
        calls: The calls under way.

    Raises:
        SettingsError: A setting of an API, of a proxy or of certificates cannot be used.
    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(_open_store(configuration))
        keys = configuration.signing_keys()
        tokens = ConfirmationTokens(keys, store)
        pages = ConfirmationPages(tokens, SealedRecords(keys, store))
        pools = {
            name: await stack.enter_async_context(pool)
            for name, pool in _pools(configuration).items()
        }
        page_server = await stack.enter_async_context(serve_pages(pages))
        yield Services(
            configuration,
            pools,
            RecordCache(configuration.settings.cache_bytes),
            store,
            tokens,
            pages,
            page_server,
            answer_seconds,
            calls or RunningCalls(),
        )
