"""Traces and metrics: what they say of a call, and what they never say."""

import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hosts import ERAS, Era, structured_of
from in_process import configured, connect
from mcp import Client
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from providers.currents_runs import FAILED, RUNNING
from report_stub import KEY, Route, Stub, Told
from server.destructive_calls import FakePerson, typing

from runs_mcp.sandbox import Sandbox
from runs_mcp.server.build import build_server
from runs_mcp.telemetry import start_export

every_era = pytest.mark.parametrize("era", ERAS)
ONE_RUN: Final = {"status": "OK", "data": {"runId": "a-run", "projectId": "a-project"}}


class Recorded:
    """The spans and metrics since the last look. OpenTelemetry takes one provider in a process."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        trace.set_tracer_provider(tracers)
        metrics.set_meter_provider(MeterProvider([self.reader]))

    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def of_api(self) -> list[ReadableSpan]:
        return [span for span in self.spans() if "url.template" in (span.attributes or {})]

    def amounts(self, name: str) -> dict[tuple[tuple[str, Any], ...], float]:
        """The sum, or the number of values, of a metric by its attributes."""
        data = self.reader.get_metrics_data()
        return {
            tuple(sorted((point.attributes or {}).items())): (
                point.value if isinstance(point, NumberDataPoint) else point.count
            )
            for resource in (data.resource_metrics if data else [])
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        }


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorded]:
    recorder = Recorded()
    yield recorder
    recorder.exporter.shutdown()


@pytest.fixture
def recorded(recorder: Recorded) -> Iterator[Recorded]:
    recorder.exporter.clear()
    yield recorder
    recorder.exporter.clear()


async def call(stub: Stub, tool: str, **arguments: object) -> bool:
    """Calls a tool of a server that reads the stub; returns whether it answered."""
    server = build_server(configured(stub.environment))
    async with Client(server) as client:
        return not (await client.call_tool(tool, arguments)).is_error


@every_era
async def test_a_call_is_one_span_and_each_request_of_it_a_span_below_that(
    recorded: Recorded, story: Sandbox, era: Era
) -> None:
    async with connect(story, era=era) as client:
        structured_of(await client.call_tool("triage_run", {"run": f"currents:{FAILED}"}))
    (server,) = [
        span
        for span in recorded.spans()
        if span.name == "tools/call triage_run" and span.kind is trace.SpanKind.SERVER
    ]
    requests = recorded.of_api()
    assert {"GET /runs/{run_id}", "GET /instances/{instance_id}"} <= {s.name for s in requests}
    for span in requests:
        assert span.context
        assert server.context
        assert span.context.trace_id == server.context.trace_id
        assert dict(span.attributes or {}) == {
            "http.request.method": "GET",
            "url.template": span.name.removeprefix("GET "),
            "server.address": "127.0.0.1",
            "http.response.status_code": 200,
        }


@pytest.mark.usefixtures("no_pauses")
async def test_retries_and_kinds_of_error_are_in_the_spans(recorded: Recorded, stub: Stub) -> None:
    stub.serve([Route(path="/runs/", answers=[Told(503), Told(503), Told(404)])])
    assert not await call(stub, "currents_get_run", run_id="a-run")
    facts = [[(span.attributes or {}).get(name) for name in FACTS] for span in recorded.of_api()]
    assert facts == [
        [None, 503, "upstream_error"],
        [1, 503, "upstream_error"],
        [2, 404, "not_found"],
    ]
    assert all(not span.status.is_ok for span in recorded.of_api())


FACTS: Final = ("http.request.resend_count", "http.response.status_code", "error.type")


async def test_calls_bytes_and_kinds_of_error_are_counted(recorded: Recorded, stub: Stub) -> None:
    def counted() -> list[float]:
        tool = ("tool", "currents_get_run")
        return [
            recorded.amounts("runs_mcp.tool.calls").get((("outcome", "ok"), tool), 0),
            recorded.amounts("runs_mcp.tool.calls").get((("outcome", "not_found"), tool), 0),
            recorded.amounts("runs_mcp.tool.duration").get((tool,), 0),
            recorded.amounts("runs_mcp.tool.answer").get((tool,), 0),
            recorded.amounts("runs_mcp.api.downloaded").get((("api", "Currents"),), 0),
        ]

    stub.serve([Route(path="/runs/a-run", body=ONE_RUN)])
    before = counted()
    assert await call(stub, "currents_get_run", run_id="a-run")
    assert not await call(stub, "currents_get_run", run_id="no-run")
    more = [after - earlier for after, earlier in zip(counted(), before, strict=True)]
    size = len(b'{"status":"OK","data":{"runId":"a-run","projectId":"a-project"}}')
    assert more == [1, 1, 2, 1, size]

    assert not await call(stub, "no_such_tool_" + "x" * 80)
    names = {dict(key)["tool"] for key in recorded.amounts("runs_mcp.tool.calls")}
    assert not [name for name in names if name.startswith("no_such")]
    assert "unknown" in names


async def test_confirmations_are_counted_by_outcome(recorded: Recorded, sandbox: Sandbox) -> None:
    person = FakePerson(typing(RUNNING[-6:]))
    async with connect(sandbox, elicitation=person) as client:
        structured_of(await client.call_tool("currents_cancel_run", {"run_id": RUNNING}))
    counted = recorded.amounts("runs_mcp.confirmations")
    for outcome in ("asked", "started", "done"):
        assert counted[(("action", "cancel"), ("outcome", outcome))] == 1


async def test_no_id_no_key_and_no_query_is_in_a_span_or_a_metric(
    recorded: Recorded, stub: Stub
) -> None:
    stub.serve(
        [
            Route(path="/runs/", status=404, body={"status": "FAILED", "error": f"{KEY} a-run"}),
            Route(path="/projects/", body={"status": "OK", "data": [], "has_more": False}),
        ]
    )
    await call(stub, "currents_get_run", run_id="a-run")
    await call(stub, "currents_list_runs", project_id="a-project", search="what-is-searched")
    spans = recorded.spans()
    assert len(spans) >= 4
    said = [
        (span.name, dict(span.attributes or {}), span.status.description, span.events)
        for span in spans
    ]
    measured = [
        recorded.amounts(name) for name in ("runs_mcp.tool.calls", "runs_mcp.api.downloaded")
    ]
    for private in (KEY, "a-run", "a-project", "what-is-searched", "Bearer"):
        assert private not in f"{said} {measured}"


@pytest.mark.parametrize("disabled", ["", "true"])
def test_without_an_exporter_nothing_is_set_up(
    disabled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    if disabled:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        monkeypatch.setenv("OTEL_SDK_DISABLED", disabled)
    before = trace.get_tracer_provider()
    start_export()
    assert trace.get_tracer_provider() is before


def test_an_exporter_that_is_not_installed_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(trace, "get_tracer_provider", trace.ProxyTracerProvider)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    start_export()
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is not used" in caplog.text
    assert "runs-mcp[telemetry]" in caplog.text
