"""Instances, that is executions of spec files: from what the Currents API sends to the model."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qs

from runs_mcp import model
from runs_mcp.providers.currents import wire
from runs_mcp.providers.currents.references import currents_instance_url
from runs_mcp.providers.currents.run_mapping import framework, platform
from runs_mcp.providers.failure_message import message_of
from runs_mcp.providers.field_values import (
    PATH_CHARS,
    block,
    count,
    identifier,
    line,
    path,
    present,
    timestamp,
)
from runs_mcp.stack_frames import checkout_root, checkout_root_of, read_stack
from runs_mcp.text import plain, without_url_secrets

_CODE_CHARS: Final = 800
_URL_CHARS: Final = 2000
_LINE_NUMBER_CHARS: Final = 10  # behind a path that is whole up to 300 characters
_RAW_FAILURES: Final[dict[str, model.FailureStatus]] = {
    "timedout": "timed_out",
    "interrupted": "interrupted",
}


class _TestAsset(NamedTuple):
    test_id: str
    asset: model.Asset


def full_instance(sent: wire.WireInstance, upstream_bytes: int) -> model.FullInstance:
    """Returns a spec file's execution with all its tests."""
    results = sent.results or wire.WireInstanceResults()
    tests = present(results.tests)
    assets = _assets(results, {test.test_id: _title(test) for test in tests if test.test_id})
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
    failures = []
    for test in tests:
        if status := _failure_status(test):
            own = [held.asset for held in assets if held.test_id and held.test_id == test.test_id]
            failures.append(_failure(test, status, instance, _artifacts(own)))
    return model.FullInstance(
        instance=instance,
        totals=_totals(results.stats, tests),
        exception=_exception(results.exception),
        artifacts=_artifacts([held.asset for held in assets]),
        failures=tuple(failures),
        passed=tuple(
            model.PassedTest(test=_title(test), duration_ms=_duration_ms(test))
            for test in tests
            if test.state == "passed" and not _failure_status(test)
        ),
        skipped=tuple(_title(test) for test in tests if test.state in ("skipped", "pending")),
        assets=tuple(held.asset for held in assets),
        upstream_bytes=upstream_bytes,
    )


def _title(test: wire.WireTest) -> str:
    parts = [test.title] if isinstance(test.title, str) else present(test.title)
    return line(" › ".join(parts), PATH_CHARS)


def _failure_status(test: wire.WireTest) -> model.FailureStatus | None:
    """Returns how a test failed, or None. A failed and a passed attempt together are flaky."""
    states = {attempt.state for attempt in present(test.attempts)}
    if test.is_flaky or {"failed", "passed"} <= states:
        return "flaky"
    if test.state != "failed":
        return None
    failed = _last_failed(test)
    return _RAW_FAILURES.get((failed.raw_status or "").lower(), "failed") if failed else "failed"


def _last_failed(test: wire.WireTest) -> wire.WireAttempt | None:
    failed = [attempt for attempt in present(test.attempts) if attempt.state == "failed"]
    return failed[-1] if failed else None


def _failure(
    test: wire.WireTest,
    status: model.FailureStatus,
    instance: model.Instance,
    artifacts: model.Artifacts,
) -> model.Failure:
    attempt = _last_failed(test)
    error = attempt.error if attempt else None
    if isinstance(error, str):
        error = wire.WireError(message=error)
    if error is None or not (error.message or error.stack):
        error = wire.WireError(message=test.display_error, name=error.name if error else None)
    code_frame = error.code_frame or wire.WireCodeFrame()
    root = _root(error, instance.spec)
    stack = read_stack(without_url_secrets(plain(error.stack or "")), root)
    location = f"{stack.top.file}:{stack.top.line}" if stack.top else ""
    if code_frame.line is not None:
        file = code_frame.relative_file or code_frame.original_file or code_frame.file
        location = f"{(file or instance.spec).removeprefix(root)}:{count(code_frame.line)}"
    return model.Failure(
        test=_title(test),
        status=status,
        spec=instance.spec,
        location=line(location, PATH_CHARS + _LINE_NUMBER_CHARS),
        error=model.Error(
            name=line(error.name),
            message=message_of(error.message),
            frame=path(str(stack.top)) if stack.top else "",
            code_frame=block(code_frame.frame, _CODE_CHARS),
            stack=block(stack.head, _CODE_CHARS),
        ),
        attempts=len(present(test.attempts)),
        duration_ms=_duration_ms(test),
        instance_id=instance.instance_id,
        artifacts=artifacts,
        url=currents_instance_url(instance.instance_id) if instance.instance_id else "",
    )


def _root(error: wire.WireError, spec: str) -> str:
    """Returns the folder of the checkout on the machine that ran the test, where it shows."""
    frame = error.code_frame
    if frame is not None and frame.relative_file:
        root = checkout_root(frame.absolute_file or frame.file or "", frame.relative_file)
        if root:
            return root
    return checkout_root_of(plain(error.stack or ""), spec)


def _duration_ms(test: wire.WireTest) -> int:
    return sum(count(attempt.wall_clock_duration) for attempt in present(test.attempts))


def _totals(stats: wire.WireStats | None, tests: Sequence[wire.WireTest]) -> model.TestTotals:
    flaky = sum(1 for test in tests if _failure_status(test) == "flaky")
    retries = sum(max(0, len(present(test.attempts)) - 1) for test in tests)
    if stats is None:
        states = [test.state for test in tests]
        stats = wire.WireStats(
            tests=len(tests),
            passes=states.count("passed"),
            failures=states.count("failed"),
            pending=states.count("pending"),
            skipped=states.count("skipped"),
        )
    return model.TestTotals(
        overall=count(stats.tests),
        passed=count(stats.passes),
        failed=count(stats.failures),
        pending=count(stats.pending),
        skipped=count(stats.skipped),
        flaky=flaky,
        retries=retries,
    )


def _exception(sent: wire.WireError | str | None) -> str:
    if sent is None or isinstance(sent, str):
        return block(sent)
    return block(sent.message or sent.stack or sent.name)


def _assets(results: wire.WireInstanceResults, titles: dict[str, str]) -> list[_TestAsset]:
    video = [wire.WireAsset(video_url=results.video_url)] if results.video_url else []
    kinds: list[tuple[model.AssetKind, list[wire.WireAsset]]] = [
        ("screenshot", present(results.screenshots)),
        ("video", video + present(results.videos)),
        ("trace", present(results.playwright_traces)),
        ("attachment", _attachments(results)),
    ]
    return [
        _TestAsset(sent.test_id or "", _asset(kind, sent, titles))
        for kind, items in kinds
        for sent in items
    ]


def _attachments(results: wire.WireInstanceResults) -> list[wire.WireAsset]:
    """Returns the attachments; their shape is not documented, and a bare URL is one, too."""
    return [
        wire.WireAsset(url=sent) if isinstance(sent, str) else sent
        for sent in results.attachments or ()
        if sent is not None
    ]


def _asset(kind: model.AssetKind, sent: wire.WireAsset, titles: dict[str, str]) -> model.Asset:
    url = (
        sent.screenshot_url or sent.video_url or sent.trace_url or sent.attachment_url or sent.url
    ) or ""
    usable = url.isascii() and url.isprintable() and len(url) <= _URL_CHARS
    return model.Asset(
        kind=kind,
        test=titles.get(sent.test_id or "", ""),
        attempt=count(sent.test_attempt_index),
        name=line(sent.name),
        url=url if usable else "",
        expires_at=_expiry(url) if usable else "",
    )


def _expiry(url: str) -> str:
    """Returns when a signed URL dies: `Expires` in its query, in seconds since 1970."""
    expires = parse_qs(url.partition("?")[2].partition("#")[0]).get("Expires", [""])[0]
    return timestamp(int(expires)) if re.fullmatch(r"[0-9]{1,12}", expires) else ""


def _artifacts(assets: Sequence[model.Asset]) -> model.Artifacts:
    kinds = [asset.kind for asset in assets]
    return model.Artifacts(
        screenshots=kinds.count("screenshot"),
        videos=kinds.count("video"),
        traces=kinds.count("trace"),
        attachments=kinds.count("attachment"),
    )
