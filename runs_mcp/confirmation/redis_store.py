"""The store that processes on several machines share: Redis, or Valkey."""

from collections.abc import Awaitable
from typing import Final, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from runs_mcp.errors import Unreachable

T = TypeVar("T")

_PREFIX: Final = "runs-mcp "
_CONNECTIONS: Final = 50
_SECONDS: Final = 2.0
"""How long a command may take: a call that needs the store must not wait for one that is down."""


class RedisStore:
    """Keeps the texts in Redis, for all processes that share it.

    Every method raises `Unreachable` where it does not answer in time.

    Args:
        url: Where it is: `redis://…`, or `rediss://…` over TLS.
    """

    def __init__(self, url: str) -> None:
        # Commands wait for a connection; redis's own pool refuses them.
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_SECONDS,
            decode_responses=True,
            encoding_errors="replace",  # What is no text is no record of ours.
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
            retry=None,
        )
        self._redis = Redis.from_pool(pool)

    async def get(self, key: str) -> str | None:
        """Returns the text of a key, or None."""
        value = await _answer(self._redis.get(_PREFIX + key))
        return None if value is None else str(value)

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Sets the text of a key."""
        await _answer(self._redis.set(_PREFIX + key, value, px=_milliseconds(seconds)))

    async def add(self, key: str, value: str, seconds: float) -> bool:
        """Sets the text of a key that has none; returns False, and changes nothing, if it has."""
        done = self._redis.set(_PREFIX + key, value, px=_milliseconds(seconds), nx=True)
        return bool(await _answer(done))

    async def check(self) -> None:
        """Checks that it answers."""
        await _answer(self._redis.ping())

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()


async def _answer(command: Awaitable[T]) -> T:
    try:
        return await command
    except (RedisError, OSError, TimeoutError) as error:
        raise Unreachable(
            "The store of confirmations does not answer.",
            next_step="Reading goes on without it. Try again later; if it persists, tell the "
            "operator that RUNS_MCP_STORE_URL cannot be used.",
        ) from error


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
