"""An HTTP server on loopback for the confirmation pages, in a task of this process."""

import socket
from typing import Final, Self

import anyio
import uvicorn
from anyio.abc import TaskGroup, TaskStatus

from runs_mcp.confirmation.pages import ConfirmationPages
from runs_mcp.errors import InternalError
from runs_mcp.server.confirmation_page.application import PATH, page_application

_HOST: Final = "127.0.0.1"
_END_SECONDS: Final = 3.0


class LoopbackServer(uvicorn.Server):
    """uvicorn in a task, which leaves the signals to the program.

    Attributes:
        base_url: What the secret part of a page's address is appended to.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, base_url: str) -> None:
        super().__init__(config)
        self.base_url = base_url
        self._listener = listener
        self._is_up = anyio.Event()
        self._stopping = anyio.Event()
        self._ended = anyio.Event()

    @classmethod
    async def start(cls, pages: ConfirmationPages, tasks: TaskGroup) -> Self:
        """Returns a server that serves the pages, on a port that was free.

        Args:
            pages: The pages.
            tasks: In which they are served.

        Raises:
            InternalError: They cannot be served.
        """
        try:
            listener = socket.create_server((_HOST, 0))
        except OSError as error:
            raise InternalError(
                f"The confirmation page cannot be served ({error.strerror}).",
                next_step="Ask the operator to let runs-mcp listen on loopback.",
            ) from error
        host = f"{_HOST}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            page_application(pages, (f"http://{host}",)),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        server = cls(config, listener, f"http://{host}{PATH}")
        await tasks.start(server._run)
        return server

    async def end(self) -> None:
        """Stops serving, within a few seconds, without waiting for open connections."""
        self._stopping.set()
        with anyio.CancelScope(shield=True), anyio.move_on_after(_END_SECONDS):
            await self._ended.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to serve, and says so."""
        await super().startup(sockets)
        self._is_up.set()

    async def main_loop(self) -> None:
        """Serves until the end; uvicorn's own looks for it ten times a second."""
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes everything at once; uvicorn's own waits for connections."""
        del sockets  # the listener is closed with the task
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()

    async def _run(self, *, task_status: TaskStatus[None]) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._serve, [self._listener])
                await self._is_up.wait()
                task_status.started()
        finally:
            self._listener.close()
            self._ended.set()
