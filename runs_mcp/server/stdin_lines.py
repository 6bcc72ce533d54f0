"""The lines of stdin, read by a thread that holds nothing up."""

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import anyio

from runs_mcp.server.json_rpc_lines import LINE_BYTES

_STDIN: Final = 0
_CHUNK_BYTES: Final = 65536


class StdinLines:
    """The lines of a file descriptor, without their ends.

    The thread is a daemon, and takes no lock of `sys.stdin`, on which the interpreter would wait
    at its end.
    """

    def __init__(self) -> None:
        self._sender, self._receiver = anyio.create_memory_object_stream[bytes](0)
        self._loop = asyncio.get_running_loop()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._receiver

    def read_in_thread(self, descriptor: int) -> None:
        """Begins to read a file descriptor."""
        read = threading.Thread(target=self._read, args=(descriptor,), name="stdin", daemon=True)
        read.start()

    def close(self) -> None:
        """Ends the lines."""
        self._sender.close()
        self._receiver.close()

    def _read(self, descriptor: int) -> None:
        with suppress(RuntimeError, concurrent.futures.CancelledError):  # the loop has ended
            for line in lines_of(descriptor):
                # Waits until the line is taken: what a host sends does not pile up here.
                sending = self._send(line)
                if not asyncio.run_coroutine_threadsafe(sending, self._loop).result():
                    return
            self._loop.call_soon_threadsafe(self._sender.close)

    async def _send(self, line: bytes) -> bool:
        try:
            await self._sender.send(line)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            return False
        return True


def lines_of(descriptor: int) -> Iterator[bytes]:
    """Yields the lines of a file descriptor; of one longer than LINE_BYTES its begin and its end.

    What is left of such a line is longer than LINE_BYTES, too.
    """
    line = bytearray()
    with suppress(OSError):  # as at the end of stdin
        while chunk := os.read(descriptor, _CHUNK_BYTES):
            *ended, rest = chunk.split(b"\n")
            for part in ended:
                yield bytes(line + part)
                line.clear()
            line += rest
            if len(line) > LINE_BYTES + 2 * _CHUNK_BYTES:
                del line[LINE_BYTES:-_CHUNK_BYTES]
    if line:
        yield bytes(line)


@contextmanager
def private_stdin() -> Iterator[int]:
    """Yields a descriptor of what is stdin, and has children read nothing from it meanwhile."""
    try:
        private = os.dup(_STDIN)
    except OSError:  # it is closed
        private = os.open(os.devnull, os.O_RDONLY)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, _STDIN)
    if nothing != _STDIN:
        os.close(nothing)
    try:
        yield private
    finally:
        # The descriptor stays open: the thread may still read it.
        os.dup2(private, _STDIN)
