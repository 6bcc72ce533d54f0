"""The groups and specs of a run: from the records of the Currents API to those of the model."""

from typing import Final

from runs_mcp import model
from runs_mcp.providers.currents.mapping.environment import platform
from runs_mcp.providers.currents.wire import runs as wire
from runs_mcp.providers.field_values import count, distinct_line, identifier, path

_NO_STATS: Final = wire.WireStats()


def group_of(sent: wire.WireGroup) -> model.Group:
    """Returns a group with its counts."""
    tests = sent.tests or wire.WireTestCounts()
    specs = sent.instances or wire.WireInstanceCounts()
    return model.Group(
        group=distinct_line(sent.group_id),
        platform=platform(sent.platform),
        tests=model.TestCounts(
            overall=max(count(tests.overall), count(tests.tests)),
            passed=count(tests.passes),
            failed=count(tests.failures),
            pending=count(tests.pending),
            skipped=count(tests.skipped),
            flaky=count(tests.flaky),
            retries=count(tests.retries),
        ),
        specs=model.SpecCounts(
            overall=count(specs.overall),
            claimed=count(specs.claimed),
            complete=count(specs.complete),
            passed=count(specs.passes),
            failed=count(specs.failures),
        ),
    )


def spec_of(sent: wire.WireSpec, *, run_is_over: bool) -> model.Spec:
    """Returns a spec with its status and counts; one that hangs is idle once the run is over."""
    results = sent.results
    stats = (results.stats if results else None) or _NO_STATS
    return model.Spec(
        spec=path(sent.spec),
        status=_spec_status(sent, run_is_over=run_is_over),
        instance_id=identifier(sent.instance_id),
        group=distinct_line(sent.group_id),
        machine_id=identifier(sent.machine_id),
        tests=max(count(stats.tests), count(stats.overall)),
        passed=count(stats.passes),
        failed=count(stats.failures),
        pending=count(stats.pending),
        skipped=count(stats.skipped),
        flaky=_flaky(results),
        duration_ms=count(stats.wall_clock_duration),
    )


def _spec_status(sent: wire.WireSpec, *, run_is_over: bool) -> model.SpecStatus:
    if sent.completed_at is None:
        if sent.claimed_at is None:
            return "unclaimed"
        return "idle" if run_is_over else "running"
    if sent.results and sent.results.exception:
        return "failed"
    stats = sent.results.stats if sent.results else None
    if sent.results is None or stats is None or stats == _NO_STATS:
        return "unknown"
    # The vendor's rule: a spec failed if a test failed or could not run.
    if count(stats.failures) or count(stats.skipped):
        return "failed"
    return "flaky" if _flaky(sent.results) else "passed"


def _flaky(results: wire.WireSpecResults | None) -> int:
    if results is None:
        return 0
    return max(count(results.flaky), count(results.stats.flaky) if results.stats else 0)
