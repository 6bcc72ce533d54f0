"""Confirmation pages: what waits for a person to confirm it in a browser."""

import math
import secrets
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from runs_mcp.confirmation.action import Action, Preview
from runs_mcp.confirmation.claims import Claim
from runs_mcp.confirmation.question import confirms
from runs_mcp.confirmation.store import Store
from runs_mcp.confirmation.tokens import TOKEN_SECONDS, ConfirmationTokens
from runs_mcp.settings import ActionName

Verdict: TypeAlias = Literal["confirmed", "declined"]

_MOST_PAGES: Final = 200  # that wait at once; the oldest makes room


@dataclass(frozen=True)
class ConfirmationPage:
    """A page on which a person confirms one call, or leaves it.

    Args:
        claim: What a confirmation on it is valid for.
        token: The claim, signed when the page was made: it is valid for as long as a token.
        action: What would be done.
        target: The ID whose last characters confirm.
        preview: What the page shows.
        page_id: The secret part of its address.
        form_token: What its form has to send back.
    """

    claim: Claim
    token: str = field(repr=False)
    action: ActionName
    target: str
    preview: Preview
    page_id: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class Decision(NamedTuple):
    """What a person decided on a page.

    Args:
        verdict: Whether they confirmed.
        claim: What the page was valid for.
        token: Proves it, and is used up by what it leads to.
    """

    verdict: Verdict
    claim: Claim
    token: str


class ConfirmationPages:
    """The pages that wait for a person, and what was decided on them.

    The pages are this process's own; a decision is found by every process that has the store.

    Args:
        tokens: Signs what a page is valid for.
        store: Remembers the decisions.
    """

    def __init__(self, tokens: ConfirmationTokens, store: Store) -> None:
        self._tokens = tokens
        self._store = store
        self._waiting: dict[str, ConfirmationPage] = {}

    def waiting(self, claim: Claim) -> ConfirmationPage | None:
        """Returns the page that waits for a decision on this claim, if there is one."""
        pages = list(self._waiting.values())
        return next(
            (page for page in pages if page.claim == claim and self.seconds_left(page)), None
        )

    def add(self, claim: Claim, action: Action, preview: Preview) -> ConfirmationPage:
        """Returns a new page for this claim; one for the same call is no longer valid."""
        for page in list(self._waiting.values()):
            if page.claim.call == claim.call or not self.seconds_left(page):
                self.close(page)
        while len(self._waiting) >= _MOST_PAGES:
            del self._waiting[next(iter(self._waiting))]
        token = self._tokens.sign(claim)
        page = ConfirmationPage(claim, token, action.name, action.target, preview)
        self._waiting[page.page_id] = page
        return page

    def find(self, page_id: str) -> ConfirmationPage | None:
        """Returns the page of this address, or None: unknown, expired, or decided on."""
        page = self._waiting.get(page_id)
        return page if page and self.seconds_left(page) else None

    def seconds_left(self, page: ConfirmationPage) -> int:
        """Returns for how many seconds a page is still valid, 0 for one that is not."""
        return max(0, math.ceil(TOKEN_SECONDS - self.age_s(page)))

    def age_s(self, page: ConfirmationPage) -> float:
        """Returns how long ago a page was made, in seconds."""
        signed = self._tokens.read(page.token)
        return signed.age_s if signed else TOKEN_SECONDS

    def close(self, page: ConfirmationPage) -> None:
        """Makes a page invalid."""
        self._waiting.pop(page.page_id, None)

    async def confirm(self, page: ConfirmationPage, typed: str) -> bool:
        """Confirms what the page shows; returns False, and does nothing, for other characters."""
        if not confirms(typed, page.target):
            return False
        await self._decide(page, "confirmed")
        return True

    async def decline(self, page: ConfirmationPage) -> None:
        """Declines what the page shows."""
        await self._decide(page, "declined")

    async def decision(self, claim: Claim) -> Decision | None:
        """Returns what was decided for this call, for this run as shown or another, if it counts.

        A decision counts for as long as its page was valid, and until it was used.
        """
        verdict, _, token = (await self._store.get(_decided(claim)) or "").partition(" ")
        signed = self._tokens.read(token)
        if signed is None or signed.claim.call != claim.call or signed.age_s > TOKEN_SECONDS:
            return None
        if verdict not in ("confirmed", "declined") or await self._tokens.is_spent(signed):
            return None
        return Decision("confirmed" if verdict == "confirmed" else "declined", signed.claim, token)

    async def _decide(self, page: ConfirmationPage, verdict: Verdict) -> None:
        # Closed first: of two decisions at once, the first counts.
        self.close(page)
        await self._store.put(_decided(page.claim), f"{verdict} {page.token}", TOKEN_SECONDS)


def _decided(claim: Claim) -> str:
    return f"decided {claim.call}"
