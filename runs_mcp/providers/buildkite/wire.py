"""The fields of the Buildkite Test Engine API that are read. Any of them may be absent."""

from typing import TypeAlias

from msgspec import Struct

Number: TypeAlias = int | float
Scalar: TypeAlias = str | int | float | bool


class WireSuite(Struct, frozen=True):
    """An item of *list suites*."""

    slug: str | None = None
    name: str | None = None
    default_branch: str | None = None


class WireRun(Struct, frozen=True):
    """A run: `result` is the result so far, `state` whether more may come."""

    id: str | None = None
    branch: str | None = None
    commit_sha: str | None = None
    state: str | None = None
    result: str | None = None
    build_id: str | None = None
    created_at: str | None = None


class WireExpanded(Struct, frozen=True):
    """A part of an expanded failure. Uploads are not checked: it may be a plain text as well."""

    expanded: list[str | None] | str | None = None
    backtrace: list[str | None] | str | None = None


class WireFailedExecution(Struct, frozen=True):
    """An item of *failed executions*. `duration` is in seconds."""

    execution_id: str | None = None
    test_id: str | int | None = None
    created_at: str | None = None
    failure_reason: str | None = None
    duration: Number | None = None
    location: str | None = None
    test_name: str | None = None
    test_url: str | None = None
    test_execution_url: str | None = None
    tags: dict[str, Scalar | None] | None = None
    failure_expanded: (
        list[WireExpanded | list[str | None] | str | None] | WireExpanded | str | None
    ) = None


class WireBuildTest(Struct, frozen=True):
    """An item of *tests of a build*, or of the muted tests of a suite, which have no counts."""

    id: str | int | None = None
    url: str | None = None
    scope: str | None = None
    name: str | None = None
    location: str | None = None
    executions_count_by_result: dict[str, Number | None] | None = None


class WireJob(Struct, frozen=True):
    """A job of a build; one that was retried names the job that did."""

    id: str | None = None
    state: str | None = None
    retried_in_job_id: str | None = None


class WireRunOfBuild(Struct, frozen=True):
    """A run that a build has started, and its suite."""

    id: str | None = None
    suite: WireSuite | None = None


class WireTestEngine(Struct, frozen=True):
    """The runs that a build has started."""

    runs: list[WireRunOfBuild | None] | None = None


class WireBuild(Struct, frozen=True):
    """A build with its jobs, and its runs if they were asked for."""

    id: str | None = None
    jobs: list[WireJob | None] | None = None
    test_engine: WireTestEngine | None = None


class WireAccessToken(Struct, frozen=True):
    """The scopes of a token."""

    scopes: list[str | None] | None = None
