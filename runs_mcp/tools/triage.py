"""The tools that serve every provider: why a run failed, what changed, wait for it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import anyio
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from msgspec import UNSET
from pydantic import Field

from runs_mcp.compare import compare, specs_of_interest
from runs_mcp.errors import InvalidArgument, RunsError
from runs_mcp.paging import shortened_to
from runs_mcp.providers import DASHBOARD_HOSTS, RUN_READERS
from runs_mcp.providers.pasted_links import link_path
from runs_mcp.run_reader import Baseline, Findings, Outcomes, Progress, RunReader
from runs_mcp.services import Services
from runs_mcp.settings import Provider
from runs_mcp.text import clip, one_line
from runs_mcp.tools.arguments import Cursor
from runs_mcp.tools.registry import answer
from runs_mcp.triage import group_by_cause
from runs_mcp.triage_pages import TriageAnswer, compare_page
from runs_mcp.triage_results import BaselineReport, WaitReport

Ctx = Context[Services]

RunReference = Annotated[
    str,
    Field(
        description="Dashboard URL, currents:<run ID>, or buildkite:<organization>/<suite>/<UUID>.",
        max_length=2048,
    ),
]
_ALL_SPECS_UP_TO = 200
_FIRST_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 30.0


async def triage_run(
    ctx: Ctx,
    run: RunReference,
    baseline: Annotated[
        str,
        Field(
            description="A run to tell new causes from known ones; by default the last completed "
            "run on the default branch before this one.",
            max_length=2048,
        ),
    ] = "",
    cursor: Cursor = "",
) -> CallToolResult:
    """Say why a run failed: its failed tests grouped by root cause, an example of each.

    Start here for "why did it fail". It reads every failure, tells new causes from known ones,
    and keeps flaky tests apart.
    """
    services = ctx.request_context.lifespan_context
    reader = run_reader(run, services)
    named = run_reader(baseline, services) if baseline else None
    findings, before = await _findings_and_baseline(ctx, reader, named)
    groups = group_by_cause(findings.failures, before.findings)
    missing = before.missing if findings.failures else ""
    whole = TriageAnswer(findings, groups, before.report, missing)
    query = ("triage_run", reader.reference, named.reference if named else "")
    budget = services.settings.result_bytes
    return answer(whole.page(cursor, query=query, budget=budget))


async def compare_runs(
    ctx: Ctx, base: RunReference, head: RunReference, cursor: Cursor = ""
) -> CallToolResult:
    """Compare two runs test by test: what fails newly, still, no longer, or is flaky or missing.

    For "did my change break it": base is a run before the change, head one with it.
    """
    services = ctx.request_context.lifespan_context
    before, after = run_reader(base, services), run_reader(head, services)
    if before.reference.partition(":")[0] != after.reference.partition(":")[0]:
        raise InvalidArgument(
            "The runs are of two providers; nothing was requested.",
            next_step="Compare two runs of one provider.",
        )
    specs = specs_of_interest(await before.specs(), await after.specs(), _ALL_SPECS_UP_TO)
    progress = _Progress(ctx)
    read: dict[RunReader, Outcomes] = {}

    async def read_one(reader: RunReader) -> None:
        read[reader] = await reader.outcomes(progress.part(), specs)

    async with _raising_runs_errors(), anyio.create_task_group() as tasks:
        tasks.start_soon(read_one, before)
        tasks.start_soon(read_one, after)
    query = ("compare_runs", before.reference, after.reference)
    budget = services.settings.result_bytes
    return answer(
        compare_page(compare(read[before], read[after]), cursor, query=query, budget=budget)
    )


async def wait_for_run(
    ctx: Ctx,
    run: RunReference,
    timeout_s: Annotated[
        int,
        Field(description="Seconds to wait at most; some hosts give up after 60.", ge=0, le=600),
    ] = 50,
) -> CallToolResult:
    """Wait until a run is over, and answer with where it stands, over or not.

    Call again to go on waiting.
    """
    services = ctx.request_context.lifespan_context
    began = time.monotonic()
    pause = _FIRST_PAUSE_S
    while True:
        state, totals = await run_reader(run, services).state()
        waited = time.monotonic() - began
        if state.is_over or waited >= timeout_s:
            report = WaitReport(
                run=state,
                totals=totals or UNSET,
                finished=state.is_over,
                waited_ms=round(waited * 1000),
            )
            return answer(shortened_to(services.settings.result_bytes, report))
        await ctx.report_progress(waited, timeout_s, f"The run is {state.status}.")
        await anyio.sleep(min(pause, timeout_s - waited))
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)


def run_reader(reference: str, services: Services) -> RunReader:
    """Returns the reader of the run that a reference names, in any of its forms.

    Raises:
        InvalidArgument: It names no run of a provider that is served.
    """
    served = services.settings.served_providers
    for provider in served:
        if (own := _own_reference(reference, provider, alone=len(served) == 1)) is not None:
            return RUN_READERS[provider](services.api(provider), own, services.settings)
    raise InvalidArgument(
        f'"{clip(one_line(reference), 120)}" names no run of {" or ".join(served)}; '
        "nothing was requested.",
        next_step="Pass the run's dashboard URL, currents:<run ID>, or "
        "buildkite:<organization>/<suite>/<run UUID>.",
    )


def _own_reference(reference: str, provider: Provider, *, alone: bool) -> str | None:
    """Returns a reference as this provider takes it, or None where it names another's run."""
    links = {name for name, host in DASHBOARD_HOSTS.items() if link_path(reference, host)}
    named, colon, rest = reference.strip().partition(":")
    if provider in links:
        return reference
    if colon and named in RUN_READERS:
        return rest if named == provider else None
    return reference if alone and not links else None


@dataclass
class _Before:
    """The baseline as far as it was read: its findings, how it was chosen, or why there is none."""

    findings: Findings | None = None
    report: BaselineReport | None = None
    missing: str = "No completed run on the default branch before this one was found."


async def _findings_and_baseline(
    ctx: Ctx, reader: RunReader, named: RunReader | None
) -> tuple[Findings, _Before]:
    """Reads the run and its baseline, both at once."""
    progress = _Progress(ctx)
    state, _ = await reader.state()
    before = _Before()

    async def read_baseline() -> None:
        try:
            chosen = Baseline(named, "as asked for") if named else await reader.baseline(state)
            if chosen is None:
                return
            before.findings = await chosen.reader.findings(progress.part(), causes_only=True)
            before.report = BaselineReport(run=chosen.reader.reference, chosen=chosen.chosen)
            unread = len(before.findings.unread) + len(before.findings.unreadable)
            before.missing = f"{unread} parts of the baseline could not be read." if unread else ""
        except RunsError as error:
            before.missing = f"The baseline could not be read: {error.what}"

    found: list[Findings] = []

    async def read_run() -> None:
        found.append(await reader.findings(progress.part()))

    async with _raising_runs_errors(), anyio.create_task_group() as tasks:
        tasks.start_soon(read_run)
        if named or state.status != "passed":
            tasks.start_soon(read_baseline)
        else:
            before.missing = "The run passed, so that no baseline was looked for."
    return found[0], before


class _Progress:
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


@asynccontextmanager
async def _raising_runs_errors() -> AsyncIterator[None]:
    """Lets a `RunsError` of a task group out by itself: it is what the caller is told."""
    try:
        yield
    except BaseExceptionGroup as group:
        wanted, _ = group.split(RunsError)
        if wanted is None:
            raise
        error: BaseException = wanted
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
