"""Builds and their jobs as the REST API answers them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import UNSET, UnsetType

from runs_mcp.sandbox.buildkite.addresses import (
    BUILDKITE_ORGANIZATION,
    build_url,
    build_web_url,
    pipeline_url,
    pipeline_web_url,
)
from runs_mcp.sandbox.buildkite.records import Record, Run
from runs_mcp.sandbox.seeded import uuid_id
from runs_mcp.sandbox.timestamps import utc

BuildState = Literal["running", "passed", "failed", "canceled"]
JobState = Literal["running", "passed", "failed", "canceled"]
_BEFORE_RUNS = timedelta(minutes=1)
_AFTER_RUNS = timedelta(seconds=90)


class Job(Record, frozen=True, kw_only=True):
    """A job of a build; a retried one names the job that replaced it."""

    id: str
    type: Literal["script"] = "script"
    name: str
    step_key: str
    state: JobState
    soft_failed: bool = False
    exit_status: int | None
    retried: bool = False
    retried_in_job_id: str | None = None
    retries_count: int | None = None
    parallel_group_index: int | None = None
    parallel_group_total: int | None = None
    matrix: dict[str, str] | None = None
    web_url: str


class JobCounts(Record, frozen=True, kw_only=True):
    """The jobs of a build by their states."""

    total: int
    states: dict[str, int]


class Pipeline(Record, frozen=True, kw_only=True):
    """The pipeline of a build."""

    id: str
    slug: str
    name: str
    url: str
    web_url: str


class RunSuite(Record, frozen=True, kw_only=True):
    """The suite of a run."""

    id: str
    slug: str


class BuildRun(Record, frozen=True, kw_only=True):
    """A run of a build."""

    id: str
    suite: RunSuite


class TestEngine(Record, frozen=True, kw_only=True):
    """The data of Test Engine on a build."""

    __test__ = False  # pytest would collect a class of this name

    runs: tuple[BuildRun, ...]


class Build(Record, frozen=True, kw_only=True):
    """A build; its jobs, its pipeline and its runs are absent unless they are asked for."""

    id: str
    number: int
    url: str
    web_url: str
    state: BuildState
    branch: str
    commit: str
    created_at: str
    finished_at: str | None
    pipeline: Pipeline | UnsetType = UNSET
    jobs: tuple[Job, ...] | UnsetType = UNSET
    job_state_counts: JobCounts | UnsetType = UNSET
    test_engine: TestEngine | UnsetType = UNSET


def build_of(
    build_id: str, pipeline: str, number: int, runs: Sequence[Run], jobs: Iterable[Job]
) -> Build:
    """Returns a build from its runs and all its jobs, including retried ones."""
    times = [datetime.fromisoformat(run.created_at) for run in runs]
    state = _state(runs, [job for job in jobs if not job.retried])
    return Build(
        id=build_id,
        number=number,
        url=build_url(pipeline, number),
        web_url=build_web_url(pipeline, number),
        state=state,
        branch=runs[0].branch,
        commit=runs[0].commit_sha,
        created_at=utc(min(times) - _BEFORE_RUNS),
        finished_at=None if state == "running" else utc(max(times) + _AFTER_RUNS),
    )


def build_without_runs(
    build_id: str, pipeline: str, number: int, branch: str, commit: str, created_at: datetime
) -> Build:
    """Returns a build that passed without tests."""
    return Build(
        id=build_id,
        number=number,
        url=build_url(pipeline, number),
        web_url=build_web_url(pipeline, number),
        state="passed",
        branch=branch,
        commit=commit,
        created_at=utc(created_at),
        finished_at=utc(created_at + _AFTER_RUNS),
    )


def pipeline_of(slug: str) -> Pipeline:
    """Returns a pipeline by its slug."""
    return Pipeline(
        id=uuid_id(f"buildkite pipeline {BUILDKITE_ORGANIZATION} {slug}"),
        slug=slug,
        name=slug.replace("-", " ").capitalize(),
        url=pipeline_url(slug),
        web_url=pipeline_web_url(slug),
    )


def job_counts(jobs: Sequence[Job]) -> JobCounts:
    """Returns the jobs by their states."""
    return JobCounts(total=len(jobs), states=dict(Counter(job.state for job in jobs)))


def _state(runs: Sequence[Run], jobs: Sequence[Job]) -> BuildState:
    states = {job.state for job in jobs}
    if "running" in states or any(run.state == "running" for run in runs):
        return "running"
    if "failed" in states:
        return "failed"
    return "canceled" if "canceled" in states else "passed"
