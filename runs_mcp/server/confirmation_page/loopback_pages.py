"""Serves the confirmation page on loopback, from the first time that one is needed."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import anyio
from anyio.abc import TaskGroup

from runs_mcp.confirmation.by_page import Shown
from runs_mcp.confirmation.pages import ConfirmationPage, ConfirmationPages
from runs_mcp.confirmation.tokens import TOKEN_SECONDS
from runs_mcp.server.confirmation_page.browser import has_desktop, open_in_browser

if TYPE_CHECKING:
    from runs_mcp.server.confirmation_page.page_server import LoopbackServer

_NOT_AGAIN_SECONDS: Final = 60.0  # a call that is repeated opens no second tab at once


class LoopbackPages:
    """Shows confirmation pages: in the person's browser, or by their address.

    Args:
        pages: The pages.
        tasks: In which they are served.
        opens_browser: Whether to open the person's browser where there is a desktop.
    """

    is_available = True

    def __init__(self, pages: ConfirmationPages, tasks: TaskGroup, *, opens_browser: bool) -> None:
        self._pages = pages
        self._tasks = tasks
        self._opens_browser = opens_browser
        self._starting = anyio.Lock()
        self._server: LoopbackServer | None = None
        self._opened_at: dict[str, float] = {}

    async def show(self, page: ConfirmationPage) -> Shown:
        """Opens a page in the person's browser; where that cannot be, returns its address."""
        url = await self.address(page)
        if not self._opens_browser or not has_desktop():
            return Shown(url)
        now = time.monotonic()
        if now - self._opened_at.get(page.page_id, -_NOT_AGAIN_SECONDS) < _NOT_AGAIN_SECONDS:
            return Shown()
        if not await open_in_browser(url):
            return Shown(url)
        self._opened_at = {
            **{page_id: at for page_id, at in self._opened_at.items() if now - at < TOKEN_SECONDS},
            page.page_id: now,
        }
        return Shown()

    async def address(self, page: ConfirmationPage) -> str:
        """Returns the secret address of a page, once it is served there.

        Raises:
            InternalError: It cannot be served.
        """
        # Imported here, since most servers never show a page, and all should start fast.
        from runs_mcp.server.confirmation_page.page_server import LoopbackServer

        async with self._starting:
            if self._server is None:
                self._server = await LoopbackServer.start(self._pages, self._tasks)
        return f"{self._server.base_url}{page.page_id}"

    def age_s(self, page: ConfirmationPage) -> float:
        """Returns how long ago a page was made, in seconds."""
        return self._pages.age_s(page)

    async def aclose(self) -> None:
        """Stops serving, within a few seconds."""
        if self._server is not None:
            await self._server.end()


@asynccontextmanager
async def loopback_pages(
    pages: ConfirmationPages, *, opens_browser: bool
) -> AsyncIterator[LoopbackPages]:
    """Yields what shows confirmation pages for as long as the context is open.

    Args:
        pages: The pages.
        opens_browser: Whether to open the person's browser where there is a desktop.
    """
    async with anyio.create_task_group() as tasks:
        shown = LoopbackPages(pages, tasks, opens_browser=opens_browser)
        try:
            yield shown
        finally:
            await shown.aclose()
            tasks.cancel_scope.cancel()
