"""`runs-mcp report`: the whole triage of one run, for a pipeline or a person."""

import json
from pathlib import Path
from typing import Final, Literal

import anyio

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.encoding import structured_content
from runs_mcp.answers.history_reports import HistoryReport
from runs_mcp.answers.markdown_report import markdown_report
from runs_mcp.answers.triage_reports import TriageReport
from runs_mcp.configuration import Configuration
from runs_mcp.errors import RunsError, SettingsError
from runs_mcp.providers.run_reader import Progress, no_progress
from runs_mcp.server.tools.failure_history import asked_causes
from runs_mcp.server.tools.history_reading import HistoryQuestion, read_history
from runs_mcp.server.tools.run_references import open_run
from runs_mcp.server.tools.triage_run import Triage, read_triage
from runs_mcp.services import Services, open_services
from runs_mcp.standard_streams import write_error, write_json, write_out

_RUNS: Final = 10
"""How many runs before it are looked at, for since when."""
_REQUESTS_PER_RUN: Final = 30
_BYTES: Final = 50_000_000
"""A report has no budget, but for what a page of an answer can have at all."""


def report_run(
    configuration: Configuration,
    run: str,
    *,
    baseline: str,
    output: Literal["markdown", "json"],
    path: str,
) -> int:
    """Writes why a run failed, all of it; returns 0, or 1 if the run could not be read.

    Args:
        configuration: Where to read it.
        run: A reference to the run.
        baseline: A reference to the run to compare it with, or empty.
        output: The form of the report.
        path: The file to write it to; empty for stdout.

    Raises:
        SettingsError: The file cannot be written.
    """
    try:
        report, history = anyio.run(_read, configuration, run, baseline)
    except RunsError as error:
        write_error(f"{error}\n")
        return 1
    fields = structured_content(report)
    if history:
        fields["history"] = structured_content(history)
    if path:
        as_json = f"{json.dumps(fields, ensure_ascii=False, indent=2)}\n"
        _write(Path(path), as_json if output == "json" else markdown_report(report, history))
    elif output == "json":
        write_json(fields)
    else:
        write_out(markdown_report(report, history))
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"--out: cannot be written ({error.strerror})") from error


async def _read(
    configuration: Configuration, run: str, baseline: str
) -> tuple[TriageReport, HistoryReport | None]:
    """Returns the triage of a run, and since when its causes are there, if that can be told."""
    async with open_services(configuration) as services:
        deadline = services.deadline()
        triage = await read_triage(services, run, baseline, deadline, _Silent())
        request = PageRequest(("report",), "", _BYTES)
        report = await services.compute(lambda: triage.answer().page(request), deadline)
        if not report.groups:
            return report, None
        try:
            return report, await _read_history(services, triage, request)
        except RunsError as error:
            write_error(f"Since when it fails could not be told. {error}\n")
            return report, None


async def _read_history(services: Services, triage: Triage, request: PageRequest) -> HistoryReport:
    # With a deadline of its own: the triage has had its time.
    deadline = services.deadline()
    reader, _ = await open_run(triage.references[0], services, deadline)
    causes = await services.compute(lambda: asked_causes(triage.findings, "", ""), deadline)
    question = HistoryQuestion(causes, _RUNS, len(causes), _REQUESTS_PER_RUN)
    history = await read_history(services, reader, triage.findings, question, deadline, no_progress)
    return await services.compute(lambda: history.page(request), deadline)


class _Silent:
    """Tells nobody how far a reading is."""

    def part(self) -> Progress:
        """Returns what does nothing."""
        return no_progress
