"""Telling the host how far a call is."""

import math
from typing import Final

import anyio

from runs_mcp.providers.run_reader import Progress
from runs_mcp.server.context_functions import Ctx

_PAUSE_S: Final = 0.25


class ReadingProgress:
    """Adds up how far several readers are, and tells the host, at most a few times a second."""

    def __init__(self, ctx: Ctx) -> None:
        self._ctx = ctx
        self._parts: list[tuple[int, int]] = []
        self._reported_at = -math.inf

    def part(self) -> Progress:
        """Returns what one more reader reports to."""
        place = len(self._parts)
        self._parts.append((0, 0))

        async def report(done: int, total: int) -> None:
            self._parts[place] = (done, total)
            now = anyio.current_time()
            if done < total and now < self._reported_at + _PAUSE_S:
                return
            self._reported_at = now
            all_done, all_total = map(sum, zip(*self._parts, strict=True))
            await self._ctx.report_progress(all_done, all_total, "Reading failed specs.")

        return report
