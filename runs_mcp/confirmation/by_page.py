"""Confirmation by a person on a page in their browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol

from runs_mcp.confirmation.action import Preview
from runs_mcp.confirmation.action_call import ActionCall, Confirmation
from runs_mcp.confirmation.claims import Claim
from runs_mcp.confirmation.pages import ConfirmationPage, ConfirmationPages
from runs_mcp.confirmation.question import Question, Reply
from runs_mcp.confirmation.report import ActionReport, Offer
from runs_mcp.confirmation.tokens import ConfirmationTokens
from runs_mcp.deadline import Deadline


class Shown(NamedTuple):
    """How a page was shown.

    Args:
        url: Its address, where the person has to be given it; empty where it was opened for them.
        refusal: The reply of a host that was asked to open it and did not.
    """

    url: str = ""
    refusal: Reply | None = None


class PageChannel(Protocol):
    """A way to show a page to the person who made a call."""

    @property
    def is_available(self) -> bool:
        """Whether a page can be shown."""

    async def show(self, page: ConfirmationPage) -> Shown | Question:
        """Shows a page; returns a question where the call has to ask its host to open it."""


class PageServer(PageChannel, Protocol):
    """Serves pages, and shows them without the host."""

    async def address(self, page: ConfirmationPage) -> str:
        """Returns the secret address of a page, once it is served there.

        Raises:
            InternalError: It cannot be served.
        """

    def age_s(self, page: ConfirmationPage) -> float:
        """Returns how long ago a page was made, in seconds."""


class NoPages:
    """Serves no pages: for a process that does not stay to serve one."""

    is_available = False

    async def show(self, page: ConfirmationPage) -> Shown:
        """Does nothing."""
        del page
        return Shown()

    async def address(self, page: ConfirmationPage) -> str:
        """Returns an empty text."""
        del page
        return ""

    def age_s(self, page: ConfirmationPage) -> float:
        """Returns 0."""
        del page
        return 0.0


@asynccontextmanager
async def no_pages(pages: ConfirmationPages) -> AsyncIterator[PageServer]:
    """Yields what serves no pages."""
    del pages
    yield NoPages()


async def confirm_by_page(
    call: ActionCall,
    preview: Preview,
    channel: PageChannel,
    pages: ConfirmationPages,
    tokens: ConfirmationTokens,
    deadline: Deadline,
) -> Confirmation | ActionReport | Question:
    """Returns the confirmation that was given on the page, else a report; or a request to open it.

    Args:
        call: The call to confirm.
        preview: The run as it is now.
        channel: How the page is shown.
        pages: The pages, and what was decided on them.
        tokens: Uses decisions up.
        deadline: The deadline of the call; paused while the page is opened.
    """
    claim = call.claim("page", preview)
    if decided := await _decided(call, preview, claim, pages, tokens):
        return decided
    page = await pages.waiting(claim)
    if page is None:
        await call.record("asked")
        page = await pages.add(claim, call.action, preview)
    with deadline.paused():
        shown = await channel.show(page)
    if isinstance(shown, Question):
        return shown
    # A host may have waited for the person before it replied.
    if decided := await _decided(call, preview, claim, pages, tokens):
        return decided
    if shown.refusal:
        await pages.close(page)
        reason = shown.refusal.no_answer
        return await call.report("no_answer" if reason else "declined", preview, no_answer=reason)
    offer = Offer(url=shown.url, seconds=pages.seconds_left(page))
    return await call.report("confirmation_required", preview, offer=offer)


async def _decided(
    call: ActionCall,
    preview: Preview,
    claim: Claim,
    pages: ConfirmationPages,
    tokens: ConfirmationTokens,
) -> Confirmation | ActionReport | None:
    """Returns what follows from a decision that was made on a page, or None if there is none."""
    decision = await pages.decision(claim)
    if decision is None:
        return None
    if decision.verdict == "confirmed" and decision.claim == claim:
        return Confirmation("page", decision.token)
    await tokens.spend(decision.token)
    return await call.report("declined" if decision.verdict == "declined" else "changed", preview)
