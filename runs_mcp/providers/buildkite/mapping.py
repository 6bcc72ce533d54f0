"""From what the Buildkite Test Engine API sends to the model."""

import re
from typing import Final

from msgspec.structs import asdict

from runs_mcp import model
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.references import (
    BuildkiteRun,
    BuildkiteSuite,
    buildkite_run_url,
    buildkite_suite_url,
)
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
from runs_mcp.stack_frames import checkout_root_of, is_frame, read_stack
from runs_mcp.text import plain, without_url_secrets

_STACK_CHARS: Final = 800
_TAG_CHARS: Final = 100
_TAGS: Final = 12
_URL_CHARS: Final = 500
_COMPLETION: Final = {"finished": "complete", "running": "in_progress"}
_NOTES: Final = {
    ("passed", "in_progress"): "Not final: more results may come, and it can still fail.",
    ("pending", "in_progress"): "No result has come yet.",
    ("failed", "in_progress"): "More failures may come; that it failed is final.",
}
_STALE: Final = "No results came in time."
# «AssertionError: …», «urllib.error.URLError: …»; RSpec writes «KeyError:» on a line of its own.
_ERROR_NAME = re.compile(
    r"\s*(?P<name>(?:[A-Za-z_]\w*(?:\.|::))*(?:[A-Z]\w*)?(?:Error|Exception|Failure|Timeout|Exit)|Errno::[A-Z][A-Z0-9]+)\b:"
)
_RSPEC_REASON: Final = "Failure/Error:"


def suite(sent: wire.WireSuite, organization: str) -> model.Suite:
    """Returns a suite of an organization."""
    slug = identifier(sent.slug)
    return model.Suite(
        organization=organization,
        suite=slug,
        name=line(sent.name),
        default_branch=line(sent.default_branch, PATH_CHARS),
        url=buildkite_suite_url(BuildkiteSuite(organization, slug)) if slug else "",
    )


def run(sent: wire.WireRun, suite_of_run: BuildkiteSuite) -> model.Run:
    """Returns a run: its status is the API's result, its completion the API's state."""
    run_id = identifier(sent.id)
    status = line(sent.result, 32).lower()
    state = line(sent.state, 32).lower()
    completion = _COMPLETION.get(state, state)
    url = buildkite_run_url(BuildkiteRun(*suite_of_run, run_id)) if run_id else ""
    return model.Run(
        provider="buildkite",
        id=run_id,
        url=url,
        organization=suite_of_run.organization,
        suite=suite_of_run.suite,
        status=status,
        completion=completion,
        created_at=timestamp(sent.created_at),
        branch=line(sent.branch, PATH_CHARS),
        commit=line(sent.commit_sha, 64),
        ci_build_id=identifier(sent.build_id),
        note=_STALE if status == "stale" else _NOTES.get((status, completion), ""),
    )


def listed_run(sent: wire.WireRun, suite_of_run: BuildkiteSuite) -> model.ListedRun:
    """Returns a run as a row of a list. The API does not count its tests."""
    return model.ListedRun(**asdict(run(sent, suite_of_run)))


def failure(sent: wire.WireFailedExecution) -> model.Failure:
    """Returns a failed execution, with its expanded text and stack where they were sent."""
    location = line(sent.location, PATH_CHARS + 10).removeprefix("./")
    spec = location.rpartition(":")[0] or location
    parts = present(sent.failure_expanded)
    expanded = [text for part in parts for text in present(part.expanded)]
    trace = [text for part in parts for text in present(part.backtrace)]
    # Some frameworks put their frames into the text.
    framed = any(is_frame(plain(text)) for text in trace)
    stack_text = without_url_secrets(plain("\n".join(trace if framed else expanded)))
    stack = read_stack(stack_text, checkout_root_of(stack_text, spec))
    said = [text for text in expanded if not is_frame(plain(text))]
    return model.Failure(
        test=line(sent.test_name, PATH_CHARS),
        status="failed",
        spec=path(spec),
        location=location,
        error=model.Error(
            name=_error_name(sent.failure_reason or "", expanded),
            message=message_of("\n".join(filter(None, [sent.failure_reason, *said]))),
            frame=path(str(stack.top)) if stack.top else "",
            stack=block(stack.head, _STACK_CHARS),
        ),
        duration_ms=count(sent.duration * 1000) if sent.duration is not None else 0,
        execution_id=identifier(sent.execution_id),
        tags=_tags(sent.tags or {}),
        url=line(sent.test_execution_url, _URL_CHARS),
        test_url=line(sent.test_url, _URL_CHARS),
    )


def _error_name(reason: str, expanded: list[str]) -> str:
    lines = expanded if reason.startswith(_RSPEC_REASON) else [reason]
    named = _ERROR_NAME.match(plain(lines[0])) if lines else None
    return line(named["name"]) if named else ""


def _tags(sent: dict[str, wire.Scalar | None]) -> tuple[str, ...]:
    tags = [f"{name}={value}" for name, value in sent.items() if value is not None]
    return tuple(line(tag, _TAG_CHARS) for tag in tags[:_TAGS])
