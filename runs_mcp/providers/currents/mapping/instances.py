"""Instances, that is executions of spec files: from what the Currents API sends to the model."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from runs_mcp import model
from runs_mcp.providers.currents.mapping.assets import artifacts, test_assets
from runs_mcp.providers.currents.mapping.errors import explained, text_of
from runs_mcp.providers.currents.mapping.outcomes import (
    Outcome,
    RecordedTest,
    annotated,
    outcome_of,
    test_records,
)
from runs_mcp.providers.currents.mapping.runs import framework, platform
from runs_mcp.providers.currents.references import currents_instance_url
from runs_mcp.providers.currents.wire import instances as wire
from runs_mcp.providers.currents.wire.runs import WireStats
from runs_mcp.providers.field_values import (
    PATH_CHARS,
    block,
    count,
    identifier,
    line,
    path,
    title,
    whole_title,
)

_NOTES: Final = 3
_UNTOLD: Final[dict[str, str]] = {  # What no error tells.
    "unexpectedly_passed": "Expected to fail, but passed.",
    "interrupted": "Interrupted before it ended.",
}
_OTHER_STATES: Final = ("passed", "pending", "skipped")
_OWN_ANNOTATIONS: Final = "_currents:"  # those of the vendor's rules


class _Read(NamedTuple):
    """A test, as it was sent and as it counts."""

    test: RecordedTest
    outcome: Outcome

    @property
    def title(self) -> str:
        """Its whole title; of a test without one, its ID."""
        return whole_title(" › ".join(self.test.title)) or whole_title(self.test.test_id)


def full_instance(
    sent: wire.WireInstance, upstream_bytes: int, unreadable: tuple[str, ...] = ()
) -> model.FullInstance:
    """Returns a spec file's execution with all its tests.

    Args:
        sent: What the API sent.
        upstream_bytes: How large that was.
        unreadable: For each record that could not be read, where it stood and why.
    """
    results = sent.results or wire.WireInstanceResults()
    tests = [_Read(test, outcome_of(test)) for test in test_records(sent)]
    titles = {read.test.test_id: title(read.title) for read in tests if read.test.test_id}
    assets = test_assets(results, titles)
    instance = model.Instance(
        instance_id=identifier(sent.instance_id),
        run_id=identifier(sent.run_id),
        spec=path(sent.spec),
        group=line(sent.group_id, PATH_CHARS),
        machine_id=identifier(sent.machine_id),
        platform=platform(sent.platform),
        framework=framework(sent.framework, sent.cypress_version),
        duration_ms=count(results.stats.wall_clock_duration) if results.stats else 0,
    )
    own: defaultdict[str, list[model.Asset]] = defaultdict(list)
    for test_id, asset in assets:
        own[test_id].append(asset)
    mapped = [
        _test_result(read, instance, artifacts(own[read.test.test_id] if read.test.test_id else ()))
        for read in tests
    ]
    return model.FullInstance(
        instance=instance,
        totals=_totals(results.stats, tests),
        exception=_exception(results.exception),
        artifacts=artifacts([of.asset for of in assets]),
        tests=tuple(mapped),
        assets=tuple(of.asset for of in assets),
        upstream_bytes=upstream_bytes,
        unreadable=unreadable,
    )


def _test_result(read: _Read, instance: model.Instance, files: model.Artifacts) -> model.TestResult:
    failure = None
    if read.outcome.failure is not None:
        failure = _failure(read, read.outcome.failure, instance, files)
    return model.TestResult(
        test_id=read.test.test_id,
        title=read.title,
        status=read.outcome.status,
        counts_as_failed=read.test.state == "failed"
        or (read.outcome.status == "failed" and read.test.state not in _OTHER_STATES),
        duration_ms=_duration_ms(read.test),
        failure=failure,
    )


def _failure(
    read: _Read, status: model.FailureStatus, instance: model.Instance, files: model.Artifacts
) -> model.Failure:
    test = read.test
    error, location = explained(test, instance.spec)
    if status in _UNTOLD and not error.message:
        error = replace(error, message=_UNTOLD[status])
    return model.Failure(
        test=title(read.title),
        status=status,
        quarantined=read.outcome.quarantined,
        spec=instance.spec,
        location=location,
        owner=line(", ".join(annotated(test, "owner"))),
        notes=_notes(test),
        error=error,
        attempts=len(test.attempts),
        duration_ms=_duration_ms(test),
        instance_id=instance.instance_id,
        artifacts=files,
        url=currents_instance_url(instance.instance_id) if instance.instance_id else "",
    )


def _notes(test: RecordedTest) -> tuple[str, ...]:
    """Returns what the authors of a test remark on it, by type but for plain notes."""
    said = [
        mark.description if mark.type == "note" else f"{mark.type}: {mark.description}"
        for mark in test.annotations
        if mark.type
        and mark.description
        and mark.type.lower() != "owner"
        and not mark.type.startswith(_OWN_ANNOTATIONS)
    ]
    return tuple(line(text) for text in dict.fromkeys(said))[:_NOTES]


def _duration_ms(test: RecordedTest) -> int:
    return sum(count(attempt.wall_clock_duration) for attempt in test.attempts)


def _totals(stats: WireStats | None, tests: Sequence[_Read]) -> model.TestTotals:
    flaky = sum(read.outcome.status == "flaky" for read in tests)
    retries = sum(max(0, len(read.test.attempts) - 1) for read in tests)
    if stats is None:
        states = [read.test.state for read in tests]
        stats = WireStats(
            tests=len(tests),
            passes=states.count("passed"),
            failures=states.count("failed"),
            pending=states.count("pending"),
            skipped=states.count("skipped"),
        )
    return model.TestTotals(
        overall=max(count(stats.tests), count(stats.overall)),
        passed=count(stats.passes),
        failed=count(stats.failures),
        pending=count(stats.pending),
        skipped=count(stats.skipped),
        flaky=flaky,
        retries=retries,
    )


def _exception(sent: wire.WireError | str | None) -> str:
    return block(sent if sent is None or isinstance(sent, str) else text_of(sent))
