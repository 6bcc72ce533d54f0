"""A small reverse proxy: each request goes to the next replica that takes it."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from story_api import NO_TLS

_OF_ONE_HOP = ("content-length", "content-encoding", "transfer-encoding", "connection")


class RoundRobinProxy:
    """Passes requests on in turn, and counts who answered.

    Args:
        replicas: Their addresses.
    """

    def __init__(self, replicas: Sequence[str]) -> None:
        self._turns = cycle(replicas)
        self._count = len(replicas)
        self.answered: Counter[str] = Counter()
        self.application = Starlette(
            routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])],
            lifespan=self._open,
        )

    @asynccontextmanager
    async def _open(self, _: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS, timeout=60) as self._client:
            yield

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        for _ in range(self._count):
            replica = next(self._turns)
            try:
                answer = await self._client.request(
                    request.method,
                    replica + request.url.path,
                    content=body,
                    headers=request.headers.raw,
                )
            except httpx.ConnectError:
                continue
            self.answered[replica] += 1
            headers = {k: v for k, v in answer.headers.items() if k not in _OF_ONE_HOP}
            return Response(answer.content, answer.status_code, headers)
        return Response("No replica is there.", 502)
