"""From what the Buildkite Test Engine API sends to the model."""

import re
from typing import Final, NamedTuple

from msgspec.structs import asdict

from runs_mcp import model
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.mapping.failure_text import failure_text, without_checkout
from runs_mcp.providers.buildkite.references import (
    BuildkiteRunRef,
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
    timestamp,
    title,
    whole_title,
)
from runs_mcp.providers.nested_errors import causes_shown, nested_causes
from runs_mcp.providers.stack_frames import checkout_root_of, read_stack
from runs_mcp.text import one_line, plain, without_url_secrets

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
# Collectors add these by themselves; of a failure they tell nothing that a person looks for.
_AUTOMATIC_TAGS: Final = frozenset(
    {
        *("build.id", "build.job_id", "build.step_id", "ci.worker.id", "code.file.path"),
        *("cloud.provider", "cloud.region", "collector.name", "collector.version"),
        *("host.arch", "host.name", "host.type", "language.name", "language.version"),
        *("result", "scm.branch", "scm.commit_sha", "test.framework.name"),
        *("test.framework.version", "test.selector.primary"),
    }
)
_JOB_TAG: Final = "build.job_id"
_JOB_ID: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
_TEST_ADDRESS: Final = re.compile(r"/tests/(?P<id>[\w-]{1,64})(?:[/?#]|\Z)", re.ASCII)
_PLACE: Final = re.compile(
    r"(?P<file>.+?)(?:\[[0-9:]+\])?(?::(?:None|(?P<line>[0-9]{1,9})(?::[0-9]{1,9})?))?"
)
_IS_FILE: Final = re.compile(r"[/\\]|\.\w+$")


class FailedExecution(NamedTuple):
    """One execution of a test that failed.

    Args:
        key: What tells the test from others: its ID, else its file and title.
        failure: What went wrong.
        job_id: The job that it ran in, where it is tagged with that.
        created_at: When it was recorded.
    """

    key: tuple[str, ...]
    failure: model.Failure
    job_id: str
    created_at: str


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
    url = buildkite_run_url(BuildkiteRunRef(*suite_of_run, run_id)) if run_id else ""
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


def failed_execution(sent: wire.WireFailedExecution, organization: str) -> FailedExecution:
    """Returns a failed execution, with its expanded text and stack where they were sent."""
    spec, location = place_of(sent.location, organization)
    said = failure_text(sent, organization)
    stack_text = without_url_secrets(plain(said.stack))
    stack = read_stack(stack_text, checkout_root_of(stack_text, spec))
    tags = sent.tags or {}
    name = title(sent.test_name)
    failure = model.Failure(
        test=name,
        status="failed",
        spec=path(spec),
        location=location,
        error=model.Error(
            name=said.name,
            message=message_of(said.message),
            frame=path(str(stack.top)) if stack.top else "",
            stack=block(stack.head, _STACK_CHARS),
            causes=causes_shown(said.message, [*nested_causes(said.stack), *said.further]),
        ),
        duration_ms=count(sent.duration * 1000) if sent.duration is not None else 0,
        execution_id=identifier(sent.execution_id),
        tags=_tags(tags),
        url=line(sent.test_execution_url, _URL_CHARS),
        test_url=line(sent.test_url, _URL_CHARS),
    )
    job = tags.get(_JOB_TAG)
    return FailedExecution(
        key=test_key(sent.test_id, sent.test_url, spec, sent.test_name),
        failure=failure,
        job_id=job if isinstance(job, str) and _JOB_ID.fullmatch(job) else "",
        created_at=timestamp(sent.created_at),
    )


def test_key(
    test_id: str | int | None, url: str | None, file: str, name: str | None
) -> tuple[str, ...]:
    """Returns what tells a test from others: its ID, be it in its URL, else its file and title."""
    in_address = _TEST_ADDRESS.search(url or "")
    told = identifier(str(test_id or "")) or (in_address["id"] if in_address else "")
    return (told,) if told else ("", file, whole_title(name))


def place_of(sent: str | None, organization: str) -> tuple[str, str]:
    """Returns the file of a location, and the location as `file:line` where it has a line.

    Collectors send `file:line`, Playwright's `file:line:column`, some a file or a class alone,
    pytest's sometimes `file:None`; RSpec adds the ID of an example in brackets.
    """
    whole = without_checkout(without_url_secrets(one_line(sent or "")), organization)
    whole = whole.removeprefix("./")
    placed = _PLACE.fullmatch(whole)
    if placed is None or not _IS_FILE.search(placed["file"]):
        return path(whole), path(whole)
    file = path(placed["file"])
    return file, f"{file}:{placed['line']}" if placed["line"] else file


def _tags(sent: dict[str, wire.Scalar | None]) -> tuple[str, ...]:
    tags = [
        f"{name}={value}"
        for name, value in sent.items()
        if value is not None and name not in _AUTOMATIC_TAGS
    ]
    more = [f"+{len(tags) - _TAGS} more"] if len(tags) > _TAGS else []
    return tuple(line(tag, _TAG_CHARS) for tag in [*tags[:_TAGS], *more])
