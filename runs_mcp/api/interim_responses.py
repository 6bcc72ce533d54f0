"""Connections that end where an API sends more interim responses (1xx) than anyone needs.

httpx reads them until another comes, thousands at once, and no other call goes on meanwhile.
"""

import re
import select
import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import httpcore
import httpx
from httpcore import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream

if TYPE_CHECKING:
    from socket import socket

_MOST_BYTES: Final = 16_384
_FINAL_STATUS: Final = re.compile(rb"(?:\A|\n)HTTP/[0-9]\.[0-9] [^1]")


class Transport(httpx.AsyncHTTPTransport):
    """httpx's own transport, on connections that bound what comes before a response.

    Args:
        tls: What HTTPS is verified with.
        limits: How many connections there may be.
        proxy: The address of a proxy, if one is used.
    """

    def __init__(self, tls: ssl.SSLContext, limits: httpx.Limits, proxy: str | None) -> None:
        super().__init__(verify=tls, limits=limits, proxy=proxy, trust_env=False)
        # httpx has no argument for it.
        self._pool._network_backend = _Backend()  # noqa: SLF001


class _Backend(AsyncNetworkBackend):
    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # as httpcore has it
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream)


class _Stream(AsyncNetworkStream):
    def __init__(self, stream: AsyncNetworkStream) -> None:
        self._stream = stream
        self._socket: socket = stream.get_extra_info("socket")
        self._before_response: bytearray | None = bytearray()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._before_response is None:
            return await self._stream.read(max_bytes, timeout)
        data = await self._stream.read(min(max_bytes, _MOST_BYTES), timeout)
        self._before_response += data
        if _FINAL_STATUS.search(self._before_response):
            self._before_response = None
        elif len(self._before_response) > _MOST_BYTES:
            raise httpcore.RemoteProtocolError("too much came before the response")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._before_response = bytearray()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> AsyncNetworkStream:
        return _Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable":
            # Asked of every idle connection at every request; the backend takes 20 times as long.
            return _is_readable(self._socket)
        return self._stream.get_extra_info(info)


def _is_readable(connection: "socket") -> bool:
    if not hasattr(select, "poll"):  # Windows, where `select` takes any socket
        return bool(select.select([connection], [], [], 0)[0])
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
