"""The tool that compares two runs."""

from typing import Final

from mcp_types import CallToolResult

from runs_mcp.answers.comparison_pages import compare_page
from runs_mcp.answers.cursors import PageRequest
from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.reading_at_once import read_at_once
from runs_mcp.providers.tool_arguments import Cursor
from runs_mcp.server.context_functions import Ctx
from runs_mcp.server.tools.progress import ReadingProgress
from runs_mcp.server.tools.run_references import RunReference, open_run
from runs_mcp.server.tools.served_tool import answer
from runs_mcp.triage.comparison import compare, specs_of_interest

_ALL_SPECS_UP_TO: Final = 200


async def compare_runs(
    ctx: Ctx, base: RunReference, head: RunReference, cursor: Cursor = ""
) -> CallToolResult:
    """Compare two runs test by test: what fails newly, still, no longer, or is flaky or missing.

    For "did my change break it": base is a run before the change, head one with it.
    """
    services = ctx.request_context.lifespan_context
    deadline = services.deadline()
    before, base_found = await open_run(base, services, deadline)
    after, head_found = await open_run(head, services, deadline)
    if before.reference.partition(":")[0] != after.reference.partition(":")[0]:
        raise InvalidArgument(
            "The runs are of two providers; their tests were not read.",
            next_step="Compare two runs of one provider.",
        )
    specs = specs_of_interest(await before.specs(), await after.specs(), _ALL_SPECS_UP_TO)
    progress = ReadingProgress(ctx)
    base_tests, head_tests = await read_at_once(
        lambda: before.outcomes(progress.part(), specs),
        lambda: after.outcomes(progress.part(), specs),
    )
    remarks = [
        f"{name}: {found}" for name, found in (("base", base_found), ("head", head_found)) if found
    ]
    query = ("compare_runs", before.reference, after.reference)
    page = PageRequest(query, cursor, services.settings.result_bytes)
    return answer(
        await services.compute(
            lambda: compare_page(compare(base_tests, head_tests), page, remarks), deadline
        )
    )
