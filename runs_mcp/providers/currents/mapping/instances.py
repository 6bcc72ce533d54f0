"""Instances, the executions of spec files: from the Currents API's records to the model's."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from runs_mcp import model
from runs_mcp.providers.currents.mapping.assets import artifacts, attached_files
from runs_mcp.providers.currents.mapping.environment import framework, platform
from runs_mcp.providers.currents.mapping.errors import explained, text_of
from runs_mcp.providers.currents.mapping.outcomes import Outcome, outcome_of
from runs_mcp.providers.currents.mapping.recorded_tests import RecordedTest, annotated, test_records
from runs_mcp.providers.currents.references import currents_instance_url
from runs_mcp.providers.currents.wire import instances as wire
from runs_mcp.providers.currents.wire.runs import WireStats
from runs_mcp.providers.field_values import (
    count,
    distinct_line,
    identifier,
    line,
    path,
    title,
    uncut,
    whole_line,
)

_NOTES: Final = 3
_MESSAGES: Final[dict[str, str]] = {  # of failures that have no error
    "unexpectedly_passed": "Expected to fail, but passed.",
    "interrupted": "Interrupted before it ended.",
}
_OTHER_STATES: Final = ("passed", "pending", "skipped")
_RULE_ANNOTATIONS: Final = "_currents:"  # made by the vendor's rules


class _Test(NamedTuple):
    """A test as it was sent, and how it went."""

    sent: RecordedTest
    outcome: Outcome

    @property
    def title(self) -> str:
        """Its whole title; its ID if it has none."""
        return whole_line(" › ".join(self.sent.title)) or whole_line(self.sent.test_id)


def full_instance(
    sent: wire.WireInstance, upstream_bytes: int, unreadable: tuple[str, ...] = ()
) -> model.FullInstance:
    """Returns a spec file's execution with all its tests.

    Args:
        sent: What the API sent.
        upstream_bytes: Its size, decoded.
        unreadable: For each record that could not be read, where it was and why.
    """
    results = sent.results or wire.WireInstanceResults()
    tests = [_Test(test, outcome_of(test)) for test in test_records(sent)]
    titles = {test.sent.test_id: title(test.title) for test in tests if test.sent.test_id}
    files = attached_files(results, titles)
    by_test: defaultdict[str, list[model.Asset]] = defaultdict(list)
    for test_id, asset in files:
        by_test[test_id].append(asset)
    instance = _instance(sent, results.stats)
    return model.FullInstance(
        instance=instance,
        totals=_totals(results.stats, tests),
        exception=_exception(results.exception),
        artifacts=artifacts([file.asset for file in files]),
        tests=tuple(
            _test_result(
                test,
                instance,
                artifacts(by_test[test.sent.test_id] if test.sent.test_id else ()),
            )
            for test in tests
        ),
        assets=tuple(file.asset for file in files),
        upstream_bytes=upstream_bytes,
        unreadable=unreadable,
    )


def _instance(sent: wire.WireInstance, stats: WireStats | None) -> model.Instance:
    return model.Instance(
        instance_id=identifier(sent.instance_id),
        run_id=identifier(sent.run_id),
        spec=path(sent.spec),
        group=distinct_line(sent.group_id),
        machine_id=identifier(sent.machine_id),
        platform=platform(sent.platform),
        framework=framework(sent.framework, sent.cypress_version),
        duration_ms=count(stats.wall_clock_duration) if stats else 0,
    )


def _test_result(test: _Test, instance: model.Instance, files: model.Artifacts) -> model.TestResult:
    status, failure, _ = test.outcome
    failed = _failed_test(test, failure, instance, files) if failure is not None else None
    return model.TestResult(
        test_id=test.sent.test_id,
        title=test.title,
        status=status,
        counts_as_failed=test.sent.state == "failed"
        or (status == "failed" and test.sent.state not in _OTHER_STATES),
        duration_ms=_duration_ms(test.sent),
        failure=failed.failure if failed else None,
        text=failed.text if failed else model.ErrorText(),
        did_not_run=status == "skipped" and failure is None and test.sent.state == "skipped",
    )


def _failed_test(
    test: _Test, status: model.FailureStatus, instance: model.Instance, files: model.Artifacts
) -> model.FailedTest:
    error, location, text = explained(test.sent, instance.spec, test.title)
    if status in _MESSAGES and not error.message:
        error = replace(error, message=_MESSAGES[status])
        text = text._replace(message=error.message)
    failure = model.Failure(
        test=title(test.title),
        status=status,
        quarantined=test.outcome.quarantined,
        spec=instance.spec,
        location=location,
        owner=line(", ".join(annotated(test.sent, "owner"))),
        notes=_notes(test.sent),
        error=error,
        attempts=len(test.sent.attempts),
        duration_ms=_duration_ms(test.sent),
        instance_id=instance.instance_id,
        artifacts=files,
        url=currents_instance_url(instance.instance_id) if instance.instance_id else "",
    )
    return model.FailedTest(failure, text)


def _notes(test: RecordedTest) -> tuple[str, ...]:
    """Returns the notes of a test's authors, each with its type unless that is `note`."""
    notes = [
        mark.description if mark.type == "note" else f"{mark.type}: {mark.description}"
        for mark in test.annotations
        if mark.type
        and mark.description
        and mark.type.lower() != "owner"
        and not mark.type.startswith(_RULE_ANNOTATIONS)
    ]
    return tuple(line(text) for text in dict.fromkeys(notes))[:_NOTES]


def _duration_ms(test: RecordedTest) -> int:
    return sum(count(attempt.wall_clock_duration) for attempt in test.attempts)


def _totals(stats: WireStats | None, tests: Sequence[_Test]) -> model.TestTotals:
    stats = stats or _counted(tests)
    return model.TestTotals(
        overall=max(count(stats.tests), count(stats.overall)),
        passed=count(stats.passes),
        failed=count(stats.failures),
        pending=count(stats.pending),
        skipped=count(stats.skipped),
        flaky=sum(test.outcome.status == "flaky" for test in tests),
        retries=sum(max(0, len(test.sent.attempts) - 1) for test in tests),
    )


def _counted(tests: Sequence[_Test]) -> WireStats:
    """Returns the counts that the API would send for these tests."""
    states = [test.sent.state for test in tests]
    return WireStats(
        tests=len(tests),
        passes=states.count("passed"),
        failures=states.count("failed"),
        pending=states.count("pending"),
        skipped=states.count("skipped"),
    )


def _exception(sent: wire.WireError | str | None) -> str:
    return uncut(sent if sent is None or isinstance(sent, str) else text_of(sent)).strip("\n")
