"""Maps the suites and runs that the API sends to the model."""

from typing import Final

from msgspec.structs import asdict

from runs_mcp import model
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.references import (
    PROVIDER,
    BuildkiteRunRef,
    BuildkiteSuite,
    buildkite_run_url,
    buildkite_suite_url,
)
from runs_mcp.providers.field_values import PATH_CHARS, identifier, line, timestamp

_COMPLETION: Final = {"finished": "complete", "running": "in_progress"}
_NOTES: Final = {
    ("passed", "in_progress"): "Not final: more results may come, and it can still fail.",
    ("pending", "in_progress"): "No result has come yet.",
    ("failed", "in_progress"): "More failures may come; that it failed is final.",
}
_STALE: Final = "No results came in time."


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
    """Returns a run: its status is the API's `result`, its completion the API's `state`."""
    run_id = identifier(sent.id)
    status = line(sent.result, 32).lower()
    state = line(sent.state, 32).lower()
    completion = _COMPLETION.get(state, state)
    url = buildkite_run_url(BuildkiteRunRef(*suite_of_run, run_id)) if run_id else ""
    return model.Run(
        provider=PROVIDER,
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
    """Returns a run as a row of a list, without counts: the API has none."""
    return model.ListedRun(**asdict(run(sent, suite_of_run)))
