"""Traces and metrics, by OpenTelemetry: what is measured, and where it goes.

Nothing is recorded unless an exporter is configured. No name and no attribute has an ID, a key or
a query.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, StatusCode

from runs_mcp import __version__
from runs_mcp.errors import RunsError

logger = logging.getLogger(__name__)

_ENDPOINTS: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
_MOST_ATTRIBUTE_CHARS: Final = 200
_EXPORT_SECONDS: Final = 3.0
"""How long an export may take, so that a collector that is away does not hold up the end."""

_tracer: Final = trace.get_tracer("runs_mcp", __version__)
_meter: Final = metrics.get_meter("runs_mcp", __version__)
_tool_calls: Final = _meter.create_counter(
    "runs_mcp.tool.calls", "{call}", "Calls, by `tool` and `outcome`: ok, or the kind of error."
)
_tool_seconds: Final = _meter.create_histogram(
    "runs_mcp.tool.duration", "s", "How long calls took, by `tool`."
)
_answered_bytes: Final = _meter.create_histogram(
    "runs_mcp.tool.answer", "By", "The text of answers, by `tool`."
)
_downloaded_bytes: Final = _meter.create_counter(
    "runs_mcp.api.downloaded", "By", "Bodies of answers, decompressed, by `api`."
)
_cache_hits: Final = _meter.create_counter(
    "runs_mcp.cache.hits", "{record}", "Records that were not downloaded again, by `kind`."
)
_confirmations: Final = _meter.create_counter(
    "runs_mcp.confirmations",
    "{event}",
    "What came of destructive calls, by `action` and `outcome`; also questions that were asked and "
    "writes that were started.",
)


class ApiRequest:
    """A request to an API, while it is traced."""

    def __init__(self, span: trace.Span, api: str) -> None:
        self._span = span
        self._api = api

    def answered(self, status: int) -> None:
        """Notes the status of the answer."""
        self._span.set_attribute("http.response.status_code", status)

    def downloaded(self, size: int) -> None:
        """Notes the size of the answer's body, in bytes."""
        _downloaded_bytes.add(size, {"api": self._api})


@contextmanager
def api_request(
    api: str, method: str, template: str, host: str, resends: int
) -> Iterator[ApiRequest]:
    """Traces a request to an API until the end of the block.

    Args:
        api: The name of the API.
        method: The HTTP method.
        template: The template of the path.
        host: The host that is asked.
        resends: How often it was sent before.
    """
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "url.template": template,
        "server.address": host,
    }
    if resends:
        attributes["http.request.resend_count"] = resends
    with _tracer.start_as_current_span(
        f"{method} {template}",
        kind=SpanKind.CLIENT,
        attributes=attributes,
        # A message of an exception may show what is no one else's business.
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield ApiRequest(span, api)
        except BaseException as error:
            kind = error.kind if isinstance(error, RunsError) else type(error).__name__
            span.set_attribute("error.type", kind)
            span.set_status(StatusCode.ERROR)
            raise


class ToolCall:
    """A call of a tool, while it is measured.

    Attributes:
        outcome: `ok`, or the kind of error that it ended with.
        answer_bytes: The size of the text of its answer.
    """

    outcome = "abandoned"
    answer_bytes = 0


@contextmanager
def tool_call(tool: str) -> Iterator[ToolCall]:
    """Measures a call of a tool until the end of the block."""
    call = ToolCall()
    began = time.perf_counter()
    try:
        yield call
    finally:
        _tool_calls.add(1, {"tool": tool, "outcome": call.outcome})
        _tool_seconds.record(time.perf_counter() - began, {"tool": tool})
        if call.answer_bytes:
            _answered_bytes.record(call.answer_bytes, {"tool": tool})


def count_cache_hit(kind: str) -> None:
    """Counts a record that was not downloaded again, and notes it in the current span."""
    _cache_hits.add(1, {"kind": kind})
    trace.get_current_span().add_event("cache hit", {"kind": kind})


def count_confirmation(action: str, outcome: str) -> None:
    """Counts what came of a destructive call."""
    _confirmations.add(1, {"action": action, "outcome": outcome})


def start_export() -> None:
    """Exports traces and metrics from now on, if OpenTelemetry's variables say where to.

    Hosts set these variables for themselves, too: where the packages that export are not installed,
    a warning is logged, and no more.
    """
    endpoint = next((name for name in _ENDPOINTS if os.environ.get(name)), None)
    if endpoint is None or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return  # `opentelemetry-instrument` has set up its own.
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import SpanLimits, TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        logger.warning("%s is not used: exporting needs runs-mcp[telemetry]", endpoint)
        return
    name = os.environ.get("OTEL_SERVICE_NAME") or "runs-mcp"
    resource = Resource.create({"service.name": name, "service.version": __version__})
    # The SDK's spans have names and IDs as clients send them.
    limits = SpanLimits(max_span_attribute_length=_MOST_ATTRIBUTE_CHARS)
    tracers = TracerProvider(resource=resource, span_limits=limits)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=_EXPORT_SECONDS)))
    trace.set_tracer_provider(tracers)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(timeout=_EXPORT_SECONDS))
    metrics.set_meter_provider(MeterProvider([reader], resource=resource))
