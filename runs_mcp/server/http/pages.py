"""Confirmation pages at the public address of the server."""

from runs_mcp.confirmation.by_page import Shown
from runs_mcp.confirmation.pages import ConfirmationPage, ConfirmationPages


class PublicPages:
    """Shows confirmation pages by their address.

    Args:
        pages: The pages.
        base_url: What the secret part of a page's address is appended to.
    """

    is_available = True

    def __init__(self, pages: ConfirmationPages, base_url: str) -> None:
        self._pages = pages
        self._base_url = base_url

    async def show(self, page: ConfirmationPage) -> Shown:
        """Returns the address of a page."""
        return Shown(await self.address(page))

    async def address(self, page: ConfirmationPage) -> str:
        """Returns the secret address of a page."""
        return f"{self._base_url}{page.page_id}"

    def age_s(self, page: ConfirmationPage) -> float:
        """Returns how long ago a page was made, in seconds."""
        return self._pages.age_s(page)
