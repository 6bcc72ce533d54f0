"""The tool that waits until a run is over."""

import time
from typing import Annotated, Final

import anyio
from mcp_types import CallToolResult
from msgspec import UNSET
from pydantic import Field

from runs_mcp.answers.shortening import shortened_to
from runs_mcp.answers.triage_reports import WaitReport
from runs_mcp.server.context_functions import Ctx
from runs_mcp.server.tools.run_references import RunReference, open_run
from runs_mcp.server.tools.served_tool import answer

FIRST_PAUSE_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 30.0

TimeoutSeconds = Annotated[
    int, Field(description="Seconds to wait at most; some hosts give up after 60.", ge=0, le=600)
]


async def wait_for_run(
    ctx: Ctx, run: RunReference, timeout_s: TimeoutSeconds = 50
) -> CallToolResult:
    """Wait until a run is over, and answer with where it stands, over or not.

    Call again to go on waiting.
    """
    services = ctx.request_context.lifespan_context
    began = time.monotonic()
    pause = FIRST_PAUSE_S
    reference, found = run, ""
    while True:
        reader, now_found = await open_run(reference, services, fresh=True)
        state, totals = await reader.state()
        reference, found = reader.reference, found or now_found
        waited = time.monotonic() - began
        if state.is_over or waited >= timeout_s:
            report = WaitReport(
                run=state,
                found=found,
                totals=totals or UNSET,
                finished=state.is_over,
                waited_ms=round(waited * 1000),
            )
            return answer(shortened_to(services.settings.result_bytes, report))
        await ctx.report_progress(waited, timeout_s, f"The run is {state.status}.")
        await anyio.sleep(min(pause, timeout_s - waited))
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
