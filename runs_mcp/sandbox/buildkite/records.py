"""Suites, runs and failed executions as the Buildkite API answers them.

UNSET fields are absent from the JSON, None is null; the API has both.
"""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

State = Literal["running", "finished"]
Result = Literal["pending", "passed", "failed", "stale"]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all records of the API."""


class Suite(Record, frozen=True, kw_only=True):
    """A test suite; paths name it by its slug."""

    id: str
    slug: str
    name: str
    url: str
    web_url: str
    default_branch: str | None
    graphql_id: str
    organization_id: str
    application_name: str | None
    color: str | None
    emoji: str | None


class Run(Record, frozen=True, kw_only=True):
    """A run of a suite; its result is that of the uploads processed so far."""

    id: str
    branch: str
    commit_sha: str
    state: State
    result: Result
    url: str
    web_url: str
    build_id: str | UnsetType | None
    created_at: str


class ExpandedFailure(Record, frozen=True, kw_only=True):
    """The lines of a failure; some collectors send no backtrace, or nothing else."""

    expanded: tuple[str, ...] | UnsetType = ()
    backtrace: tuple[str, ...] | UnsetType = UNSET


class FailedExecution(Record, frozen=True, kw_only=True):
    """An execution that failed, even if a retry passed.

    Executions of one test share its test_id; failure_expanded is only answered on request.
    """

    execution_id: str
    run_id: str
    test_id: str
    run_name: str
    commit_sha: str
    created_at: str
    branch: str
    failure_reason: str | None
    duration: float | None
    location: str | None
    test_name: str
    run_url: str
    test_url: str
    test_execution_url: str
    tags: dict[str, str] | UnsetType | None = UNSET
    failure_expanded: tuple[ExpandedFailure, ...] | UnsetType | None = UNSET
