"""What Currents measures of tests: from its records to those of the model."""

from runs_mcp.providers.currents.references import PROVIDER
from runs_mcp.providers.currents.wire.instances import WireError
from runs_mcp.providers.currents.wire.statistics import (
    WireExecution,
    WireMeasuredTest,
    WireTestMetrics,
)
from runs_mcp.providers.failure_message import message_of
from runs_mcp.providers.field_values import (
    count,
    identifier,
    path,
    present,
    timestamp,
    title,
)
from runs_mcp.triage.flakiness import CaseName, Flakiness, LastTime

_SEPARATOR = " > "
"""Between the parts of a title in one text, by the reference."""


def flakiness(sent: WireMeasuredTest, group: str) -> Flakiness:
    """Returns how often a test was flaky in a group; the counts are of executions."""
    metrics = sent.metrics or WireTestMetrics()
    name = title((sent.title or "").replace(_SEPARATOR, " › "))
    return Flakiness(
        CaseName(path(sent.spec), name, group),
        flaky=count(metrics.flaky),
        failed=count(metrics.failures),
        seen=count(metrics.executions),
        signature=sent.signature or "",
    )


def last_time(sent: WireExecution) -> LastTime:
    """Returns when a test was flaky, from that execution."""
    failed = [attempt.error for attempt in present(sent.attempts) if attempt.error]
    error = failed[-1] if failed else WireError()
    message = message_of(error.message or sent.display_error or error.stack)
    run_id = identifier(sent.run_id)
    return LastTime(f"{PROVIDER}:{run_id}" if run_id else "", timestamp(sent.created_at), message)
