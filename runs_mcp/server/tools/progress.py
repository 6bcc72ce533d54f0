"""Telling the host how far a call is."""

from runs_mcp.providers.run_reader import Progress
from runs_mcp.server.context_functions import Ctx


class ReadingProgress:
    """Adds up how far several readers are, and tells the host."""

    def __init__(self, ctx: Ctx) -> None:
        self._ctx = ctx
        self._parts: list[tuple[int, int]] = []

    def part(self) -> Progress:
        """Returns what one more reader reports to."""
        place = len(self._parts)
        self._parts.append((0, 0))

        async def report(done: int, total: int) -> None:
            self._parts[place] = (done, total)
            all_done, all_total = map(sum, zip(*self._parts, strict=True))
            await self._ctx.report_progress(all_done, all_total, "Reading failed specs.")

        return report
