"""Confirmation pages: what waits for a person to confirm it in a browser.

Pages and decisions are in the store: every process that shares it, and the keys, can show a page
that another has made, and act on what was decided there.
"""

import math
import re
import secrets
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from runs_mcp.confirmation.action import Action, Fact, Preview
from runs_mcp.confirmation.claims import Claim
from runs_mcp.confirmation.question import confirms
from runs_mcp.confirmation.sealed_records import SealedRecords
from runs_mcp.confirmation.tokens import TOKEN_SECONDS, ConfirmationTokens

Verdict: TypeAlias = Literal["confirmed", "declined"]

_KEPT_SECONDS: Final = TOKEN_SECONDS + 60  # longer than any is valid
_PAGE_ID: Final = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True)
class ConfirmationPage:
    """A page on which a person confirms one call, or leaves it.

    Args:
        claim: What a confirmation on it is valid for.
        token: The claim, signed when the page was made: it is valid for as long as a token.
        target: The ID whose last characters confirm.
        action: What would be done, in a line.
        effect: What that changes, and whether it can be undone.
        facts: All that is known of the run.
        page_id: The secret part of its address.
        form_token: What its form has to send back.
    """

    claim: Claim
    token: str = field(repr=False)
    target: str
    action: str
    effect: str
    facts: tuple[Fact, ...]
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

    Args:
        tokens: Signs what a page is valid for.
        records: Where pages and decisions are kept.
    """

    def __init__(self, tokens: ConfirmationTokens, records: SealedRecords) -> None:
        self._tokens = tokens
        self._records = records

    async def waiting(self, claim: Claim) -> ConfirmationPage | None:
        """Returns the page that waits for a decision on this claim, if there is one."""
        page = await self._page_of_call(claim.call)
        return page if page and page.claim == claim and await self._is_open(page) else None

    async def add(self, claim: Claim, action: Action, preview: Preview) -> ConfirmationPage:
        """Returns a new page for this claim; one for the same call is no longer valid."""
        page = ConfirmationPage(
            claim,
            self._tokens.sign(claim),
            action.target,
            preview.summary.action,
            preview.effect,
            preview.facts,
        )
        await self._records.put(f"address {page.page_id}", claim.call, _KEPT_SECONDS)
        place = f"page {claim.call}"
        if not await self._records.add(place, page, _KEPT_SECONDS):
            # One that another process made at this moment is as good.
            if other := await self.waiting(claim):
                return other
            await self._records.put(place, page, _KEPT_SECONDS)
        return page

    async def find(self, page_id: str) -> ConfirmationPage | None:
        """Returns the page of this address, or None: unknown, expired, or decided on."""
        if not _PAGE_ID.fullmatch(page_id):
            return None
        call = await self._records.get(f"address {page_id}", str)
        page = await self._page_of_call(call) if call else None
        is_current = page is not None and page.page_id == page_id and await self._is_open(page)
        return page if is_current else None

    def seconds_left(self, page: ConfirmationPage) -> int:
        """Returns for how many seconds a page is still valid, 0 for one that is not."""
        return max(0, math.ceil(TOKEN_SECONDS - self.age_s(page)))

    def age_s(self, page: ConfirmationPage) -> float:
        """Returns how long ago a page was made, in seconds."""
        signed = self._tokens.read(page.token)
        return signed.age_s if signed else TOKEN_SECONDS

    async def close(self, page: ConfirmationPage) -> None:
        """Makes a page invalid, unless it was decided on."""
        await self._end(page, "closed")

    async def confirm(self, page: ConfirmationPage, typed: str) -> bool:
        """Confirms what the page shows; returns False, and does nothing, for other characters."""
        if not confirms(typed, page.target):
            return False
        await self._end(page, "confirmed")
        return True

    async def decline(self, page: ConfirmationPage) -> None:
        """Declines what the page shows."""
        await self._end(page, "declined")

    async def decision(self, claim: Claim) -> Decision | None:
        """Returns what was decided for this call, for this run as shown or another, if it counts.

        A decision counts for as long as its page was valid, and until it was used.
        """
        page = await self._page_of_call(claim.call)
        signed = self._tokens.read(page.token) if page else None
        if page is None or signed is None or signed.age_s > TOKEN_SECONDS:
            return None
        verdict = await self._verdict(page)
        if verdict not in ("confirmed", "declined") or await self._tokens.is_spent(signed):
            return None
        return Decision(
            "confirmed" if verdict == "confirmed" else "declined", page.claim, page.token
        )

    async def _page_of_call(self, call: str) -> ConfirmationPage | None:
        return await self._records.get(f"page {call}", ConfirmationPage)

    async def _is_open(self, page: ConfirmationPage) -> bool:
        return self.seconds_left(page) > 0 and await self._verdict(page) is None

    async def _verdict(self, page: ConfirmationPage) -> str | None:
        return await self._records.get(f"decision {page.page_id}", str)

    async def _end(self, page: ConfirmationPage, verdict: Verdict | Literal["closed"]) -> None:
        # Of two decisions at once, the first counts.
        await self._records.add(f"decision {page.page_id}", verdict, _KEPT_SECONDS)
