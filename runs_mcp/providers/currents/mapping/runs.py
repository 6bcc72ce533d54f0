"""Projects, runs and receipts: from the records of the Currents API to those of the model."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from runs_mcp import model
from runs_mcp.providers.currents.mapping.environment import framework
from runs_mcp.providers.currents.mapping.specs import group_of, spec_of
from runs_mcp.providers.currents.mapping.totals import totals_of
from runs_mcp.providers.currents.references import PROVIDER, currents_run_url
from runs_mcp.providers.currents.wire import runs as wire
from runs_mcp.providers.field_values import (
    PATH_CHARS,
    count,
    identifier,
    line,
    present,
    timestamp,
    when,
)
from runs_mcp.text import clip

_TAG_CHARS: Final = 64
_TAGS: Final = 12
_COMMIT_MESSAGE_CHARS: Final = 300
_LISTED_MESSAGE_CHARS: Final = 100  # rows of a list are short
_PULL_REQUEST_PAGE: Final = re.compile(
    r"(?P<page>https://[\w.:/-]{1,250}/pull/(?P<number>[0-9]{1,9}))(?:[/?#].*)?", re.ASCII
)
_NUMBER: Final = re.compile(r"(?:.*#)?(?P<number>[0-9]{1,9})", re.DOTALL)
_NO_COMMIT: Final = wire.WireCommit()


def project(sent: wire.WireProject) -> model.Project:
    """Returns a project."""
    return model.Project(
        project_id=identifier(sent.project_id),
        name=line(sent.name),
        created_at=timestamp(sent.created_at),
        default_branch=line(sent.default_branch_name, PATH_CHARS),
    )


def listed_run(sent: wire.WireRun) -> model.ListedRun:
    """Returns a run as a row of a list, with the sums of its groups' failed and flaky tests."""
    groups = [group_of(group) for group in present(sent.groups)]
    fields = asdict(run(sent))
    fields["commit_message"] = clip(fields["commit_message"], _LISTED_MESSAGE_CHARS)
    return model.ListedRun(
        **fields,
        failed=sum(group.tests.failed for group in groups),
        flaky=sum(group.tests.flaky for group in groups),
    )


def full_run(
    sent: wire.WireRun, upstream_bytes: int, unreadable: tuple[str, ...] = ()
) -> model.FullRun:
    """Returns a run with all its specs.

    Args:
        sent: What the API sent.
        upstream_bytes: Its size, decoded.
        unreadable: For each record that could not be read, where it was and why.
    """
    the_run = run(sent)
    groups = tuple(group_of(group) for group in present(sent.groups))
    specs = tuple(spec_of(spec, run_is_over=the_run.is_over) for spec in present(sent.specs))
    totals = totals_of(present(sent.groups), groups, specs)
    return model.FullRun(
        run=replace(the_run, note=_disagreement(the_run, totals.tests, specs)),
        totals=totals,
        groups=groups,
        specs=specs,
        upstream_bytes=upstream_bytes,
        last_run=_last_run(sent.pw_last_run),
        canceled_at=_canceled_at(sent.cancellation),
        repository=line(_commit_of(sent).remote_origin, PATH_CHARS),
        base_branches=_base_branches(_commit_of(sent)),
        browsers=tuple(
            line(group.platform.browser_name) if group.platform else ""
            for group in present(sent.groups)
        ),
        claimed_at=_claimed_at(sent, specs),
        completed_at=tuple(str(spec.completed_at or "") for spec in present(sent.specs)),
        unreadable=unreadable,
    )


def run_groups(sent: wire.WireRun) -> frozenset[str]:
    """Returns the names of a run's groups."""
    return frozenset(group_of(group).group for group in present(sent.groups))


def _commit_of(sent: wire.WireRun) -> wire.WireCommit:
    return (sent.meta.commit if sent.meta else None) or _NO_COMMIT


def _base_branches(commit: wire.WireCommit) -> tuple[str, ...]:
    base = commit.gha_event_data.base_ref if commit.gha_event_data else None
    names = (line(branch, PATH_CHARS) for branch in (base, commit.default_branch))
    return tuple(dict.fromkeys(filter(None, names)))


def _claimed_at(sent: wire.WireRun, specs: Sequence[model.Spec]) -> tuple[str, ...]:
    """Returns when each spec was claimed, which is needed only where one ran twice."""
    if len({(spec.spec, spec.group) for spec in specs}) == len(specs):
        return ()
    return tuple(timestamp(spec.claimed_at) for spec in present(sent.specs))


def _canceled_at(sent: wire.WireCancellation | wire.WireReceipt | None) -> str:
    return timestamp(sent.canceled_at or sent.cancelled_at) if sent else ""


def _disagreement(the_run: model.Run, counts: model.TestCounts, specs: Sequence[model.Spec]) -> str:
    """Returns how a run's counts, specs and status contradict each other; empty if they do not."""
    failed = sum(spec.failed for spec in specs)
    if counts.failed != failed:
        return f"The run counts {counts.failed} failed tests, its specs {failed}."
    quiet = all(spec.status in ("passed", "flaky") for spec in specs)
    if the_run.status == "passed" and failed:
        return f"The run has passed, though its specs count {failed} failed tests."
    if the_run.status == "failed" and the_run.completion == "complete" and not failed and quiet:
        return "The run has failed, though none of its specs has."
    return ""


def receipt(sent: wire.WireReceipt) -> model.Receipt:
    """Returns what the API answered to a write."""
    return model.Receipt(
        run_id=line(sent.run_id),
        actor=line(sent.actor),
        time=_canceled_at(sent),
        reason=line(sent.reason, PATH_CHARS),
    )


def run(sent: wire.WireRun) -> model.Run:
    """Returns a run without its specs.

    The oldest payloads have neither status nor completionState: both are derived from the rest.
    """
    meta = sent.meta or wire.WireMeta()
    commit = _commit_of(sent)
    tags = present(sent.tags)
    completion = _completion(sent)
    run_id = identifier(sent.run_id)
    return model.Run(
        provider=PROVIDER,
        id=run_id,
        url=currents_run_url(run_id) if run_id else "",
        project_id=identifier(sent.project_id),
        status=line(sent.status, 32).lower() or _status(sent, completion),
        completion=completion,
        created_at=timestamp(sent.created_at),
        duration_ms=_duration_ms(sent, completion),
        branch=line(commit.branch, PATH_CHARS),
        commit=line(commit.sha, 64),
        commit_message=line(commit.message, _COMMIT_MESSAGE_CHARS),
        author=line(commit.author_name),
        pr=_pull_request(meta) or UNSET,
        tags=tuple(line(tag, _TAG_CHARS) for tag in tags[:_TAGS]),
        tags_omitted=max(0, len(tags) - _TAGS),
        ci_build_id=line(meta.ci_build_id, PATH_CHARS),
        framework=framework(meta.framework, sent.cypress_version),
    )


def _pull_request(meta: wire.WireMeta) -> model.PullRequest | None:
    """Returns the pull request of a run, with the number that ends its ID or its page's URL."""
    pr = meta.pr or wire.WirePullRequest()
    event = (meta.commit.gha_event_data if meta.commit else None) or wire.WireGithubEvent()
    page = _PULL_REQUEST_PAGE.fullmatch(event.html_url or "")
    numbered = page or _NUMBER.fullmatch(str(pr.id or ""))
    found = model.PullRequest(
        number=int(numbered["number"]) if numbered else 0,
        title=line(pr.title or (event.pr_title if page else None)),
        url=page["page"] if page else "",
    )
    return found if found != model.PullRequest() or pr.id else None


def _completion(sent: wire.WireRun) -> str:
    if sent.completion_state:
        return line(sent.completion_state, 32).lower()
    if sent.cancellation is not None:
        return "canceled"
    if sent.timeout is not None and sent.timeout.is_timeout:
        return "timeout"
    instances = [group.instances for group in present(sent.groups) if group.instances]
    if not instances:
        return ""
    over = all(count(spec.complete) >= count(spec.overall) for spec in instances)
    return "complete" if over else "in_progress"


def _status(sent: wire.WireRun, completion: str) -> str:
    groups = present(sent.groups)
    counts = [counts for group in groups for counts in (group.tests, group.instances) if counts]
    if not completion or not counts:
        return ""
    failed = any(count(each.failures) for each in counts)
    if completion == "in_progress":
        return "failing" if failed else "running"
    return "passed" if completion == "complete" and not failed else "failed"


def _duration_ms(sent: wire.WireRun, completion: str) -> int | UnsetType:
    """Returns the duration as sent, else from the run's creation to its last completed spec."""
    if sent.duration_ms is not None:
        return count(sent.duration_ms) or UNSET
    began = when(sent.created_at)
    ends = [end for spec in present(sent.specs) if (end := when(spec.completed_at))]
    if completion != "complete" or began is None or not ends:
        return UNSET
    return max(0, round((max(ends) - began).total_seconds() * 1000))


def _last_run(sent: wire.WireLastRun | None) -> model.LastRun | None:
    if sent is None:
        return None
    return model.LastRun(
        status=line(sent.status, 32),
        failed_tests=tuple(line(test, PATH_CHARS) for test in present(sent.failed_tests)),
    )
