"""`runs-mcp report`: the whole triage of one run, for a pipeline or a person."""

import json
from pathlib import Path
from typing import Final, Literal

import anyio

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.encoding import structured_content
from runs_mcp.answers.markdown_report import markdown_report
from runs_mcp.answers.triage_reports import TriageReport
from runs_mcp.configuration import Configuration
from runs_mcp.errors import RunsError, SettingsError
from runs_mcp.providers.run_reader import Progress
from runs_mcp.server.tools.triage_run import read_triage
from runs_mcp.services import open_services
from runs_mcp.standard_streams import write_error, write_json, write_out

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
        report = anyio.run(_read, configuration, run, baseline)
    except RunsError as error:
        write_error(f"{error}\n")
        return 1
    fields = structured_content(report)
    if path:
        as_json = f"{json.dumps(fields, ensure_ascii=False, indent=2)}\n"
        _write(Path(path), as_json if output == "json" else markdown_report(report))
    elif output == "json":
        write_json(fields)
    else:
        write_out(markdown_report(report))
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"--out: cannot be written ({error.strerror})") from error


async def _read(configuration: Configuration, run: str, baseline: str) -> TriageReport:
    async with open_services(configuration) as services:
        deadline = services.deadline()
        triage = await read_triage(services, run, baseline, deadline, _Silent())
        request = PageRequest(("report",), "", _BYTES)
        return await services.compute(lambda: triage.answer().page(request), deadline)


class _Silent:
    """Tells nobody how far a reading is."""

    def part(self) -> Progress:
        """Returns what does nothing."""

        async def report(done: int, total: int) -> None:
            del done, total

        return report
