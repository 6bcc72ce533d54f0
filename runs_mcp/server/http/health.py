"""Whether the server lives, and whether it can do its work: for load balancers and people."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse

_KEPT_SECONDS: Final = 5.0
_CHECK_SECONDS: Final = 5.0

Check = Callable[[], Awaitable[bool]]


async def healthz(request: Request) -> JSONResponse:
    """Says that the process answers."""
    del request
    return JSONResponse({"status": "ok"})


class Readiness:
    """Says whether everything can be reached that requests need; what it found is kept for 5 s.

    Args:
        checks: For the name of each thing, what tells whether it can be reached.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._lock = anyio.Lock()
        self._checked_at = float("-inf")
        self._found: dict[str, bool] = {}

    async def readyz(self, request: Request) -> JSONResponse:
        """Answers 200 if all can be reached, else 503; names each."""
        del request
        async with self._lock:
            if time.monotonic() - self._checked_at > _KEPT_SECONDS:
                self._found = await self._check()
                self._checked_at = time.monotonic()
        is_ready = all(self._found.values())
        states = {name: "ok" if found else "unreachable" for name, found in self._found.items()}
        return JSONResponse(
            {"status": "ok" if is_ready else "unavailable", **states},
            status_code=200 if is_ready else 503,
        )

    async def _check(self) -> dict[str, bool]:
        found = dict.fromkeys(self._checks, False)

        async def check(name: str) -> None:
            with anyio.move_on_after(_CHECK_SECONDS):
                found[name] = await self._checks[name]()

        async with anyio.create_task_group() as tasks:
            for name in self._checks:
                tasks.start_soon(check, name)
        return found
