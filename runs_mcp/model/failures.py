"""Tests that failed."""

from typing import Annotated, Literal

from msgspec import Meta

from runs_mcp.model.counts import Artifacts
from runs_mcp.model.fields import Id, Milliseconds, Path, Text, Texts, Title, Url
from runs_mcp.model.record import Record

FailureStatus = Literal["failed", "flaky", "timed_out", "interrupted", "unexpectedly_passed"]


class Error(Record, frozen=True, kw_only=True):
    """Why a test failed."""

    name: Text = ""
    message: Text = ""
    frame: Annotated[Text, Meta(description="Top stack frame in the project's own code.")] = ""
    code_frame: Text = ""
    stack: Annotated[Text, Meta(description="The useful head of the stack.")] = ""
    causes: Annotated[
        Texts, Meta(description="Nested causes, and further errors of the test.")
    ] = ()


class Failure(Record, frozen=True, kw_only=True):
    """One test that failed, or failed before it passed."""

    test: Annotated[Title, Meta(description="Full title, parts joined by ›.")]
    status: FailureStatus
    quarantined: Annotated[
        bool, Meta(description="In quarantine: it counts as no failure of the run.")
    ] = False
    spec: Path = ""
    group: Annotated[Title, Meta(description="Browser, project or shard it failed in.")] = ""
    location: Annotated[Path, Meta(description="file:line")] = ""
    owner: Text = ""
    notes: Annotated[Texts, Meta(description="What its authors note on it.")] = ()
    error: Error = Error()
    attempts: int = 0
    duration_ms: Milliseconds = 0
    instance_id: Id = ""
    execution_id: Id = ""
    artifacts: Artifacts = Artifacts()
    tags: tuple[Text, ...] = ()
    url: Url = ""
    test_url: Url = ""
