"""The tool that says why a run failed."""

from typing import Annotated, NamedTuple, Protocol

from mcp_types import CallToolResult
from pydantic import Field

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.triage_pages import TriageAnswer
from runs_mcp.answers.triage_reports import BaselineReport
from runs_mcp.deadline import Deadline
from runs_mcp.errors import RunsError
from runs_mcp.model import Run
from runs_mcp.providers.reading_at_once import read_at_once
from runs_mcp.providers.run_reader import Baseline, Progress, RunReader
from runs_mcp.providers.tool_arguments import Cursor
from runs_mcp.server.context_functions import Ctx
from runs_mcp.server.tools.progress import ReadingProgress
from runs_mcp.server.tools.run_references import RunReference, open_run
from runs_mcp.server.tools.served_tool import answer
from runs_mcp.services import Services
from runs_mcp.triage.findings import Findings
from runs_mcp.triage.grouping import group_by_cause

BaselineReference = Annotated[
    str,
    Field(
        description="A run to tell new causes from known ones; by default the last completed "
        "run on the default branch before this one.",
        max_length=2048,
    ),
]


Fingerprint = Annotated[
    str,
    Field(description="One cause of the run, to see all of its tests.", max_length=64),
]


async def triage_run(
    ctx: Ctx,
    run: RunReference,
    baseline: BaselineReference = "",
    fingerprint: Fingerprint = "",
    cursor: Cursor = "",
) -> CallToolResult:
    """Say why a run failed: its failed tests grouped by root cause, an example of each.

    Start here for "why did it fail". It reads every failure, tells new causes from known ones,
    and keeps flaky tests apart. First come all causes, the most frequent first, then examples;
    with a fingerprint, that cause alone with all of its tests.
    """
    services = ctx.request_context.lifespan_context
    deadline = services.deadline()
    triage = await read_triage(services, run, baseline, deadline, ReadingProgress(ctx))
    request = PageRequest(
        ("triage_run", *triage.references, fingerprint), cursor, services.settings.result_bytes
    )
    return answer(
        await services.compute(lambda: triage.answer(fingerprint).page(request), deadline)
    )


class Parts(Protocol):
    """Whom the readers of a triage tell how far they are."""

    def part(self) -> Progress:
        """Returns what one more reader reports to."""


class Triage(NamedTuple):
    """What was read for a triage.

    Args:
        findings: What went wrong in the run.
        before: The baseline as far as it was read.
        found: How the run was found, if it was not named.
        references: The references to the run and to the baseline that was named.
    """

    findings: Findings
    before: "_Before"
    found: str
    references: tuple[str, str]

    def answer(self, fingerprint: str = "") -> TriageAnswer:
        """Returns the failures by cause; takes long where there are many.

        Args:
            fingerprint: The cause to show alone; empty for all.
        """
        findings, before = self.findings, self.before
        groups = group_by_cause(findings.failures, before.findings)
        missing = before.missing if findings.failures else ""
        return TriageAnswer(findings, groups, before.report, missing, fingerprint, self.found)


async def read_triage(
    services: Services, run: str, baseline: str, deadline: Deadline, progress: Parts
) -> Triage:
    """Reads a run, and the run that tells its new causes from known ones.

    Args:
        services: What the call works with.
        run: A reference to the run.
        baseline: A reference to the run to compare it with; empty for one of the provider's choice.
        deadline: The deadline of the call.
        progress: Whom to tell how far it is.

    Raises:
        RunsError: The run cannot be read.
    """
    reader, found = await open_run(run, services, deadline)
    named, chosen = None, ""
    if baseline:
        named, chosen = await open_run(baseline, services, deadline)
    findings, before = await _read_with_baseline(reader, named, chosen or "as asked for", progress)
    references = (reader.reference, named.reference if named else "")
    return Triage(findings, before, found, references)


class _Before(NamedTuple):
    """The baseline as far as it was read: its findings, how it was chosen, or why there is none."""

    findings: Findings | None = None
    report: BaselineReport | None = None
    missing: str = ""


async def _read_with_baseline(
    reader: RunReader, named: RunReader | None, chosen: str, progress: Parts
) -> tuple[Findings, _Before]:
    """Reads the run and its baseline, both at once."""
    run, _ = await reader.state()
    return await read_at_once(
        lambda: reader.findings(progress.part()),
        lambda: _read_baseline(reader, Baseline(named, chosen) if named else None, run, progress),
    )


async def _read_baseline(
    reader: RunReader, named: Baseline | None, run: Run, progress: Parts
) -> _Before:
    """Reads the baseline that is named, or the one that the provider chooses for the run."""
    if not named and run.status == "passed":
        return _Before(missing="The run passed, so that no baseline was looked for.")
    try:
        chosen = named or await reader.baseline(run)
        if chosen is None:
            none = "No completed run on the default branch before this one was found."
            return _Before(missing=none)
        findings = await chosen.reader.findings(progress.part(), causes_only=True)
    except RunsError as error:
        return _Before(missing=f"The baseline could not be read: {error.what}")
    unread = len(findings.unread) + len(findings.unreadable)
    return _Before(
        findings,
        BaselineReport(run=chosen.reader.reference, chosen=chosen.chosen),
        f"{unread} parts of the baseline could not be read." if unread else "",
    )
