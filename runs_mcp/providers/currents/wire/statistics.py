"""The records of what Currents knows of a test over many runs, after the API reference.

Every field may be null or absent, and unknown ones are ignored.
"""

from msgspec import field

from runs_mcp.providers.currents.wire.instances import WireError
from runs_mcp.providers.currents.wire.runs import Number, Time, Wire


class SignatureQuery(Wire, frozen=True):
    """The body of *signature*: a test by its project, its file and its titles."""

    project_id: str
    spec_file_path: str
    test_title: tuple[str, ...]


class WireSignature(Wire, frozen=True):
    """`data` of *signature*."""

    signature: str | None = None


class WireResultAttempt(Wire, frozen=True):
    """An attempt in *test results*."""

    error: WireError | None = None


class WireExecution(Wire, frozen=True):
    """An item of *test results*: one execution of a test."""

    cursor: str | None = None
    run_id: str | None = None
    instance_id: str | None = None
    group_id: str | None = None
    created_at: Time | None = None
    status: str | None = None
    flaky: bool | None = None
    display_error: str | None = None
    attempts: list[WireResultAttempt | None] | None = None


class WireTestMetrics(Wire, frozen=True):
    """How a test went in a window."""

    executions: Number | None = None
    failures: Number | None = None
    flaky: Number | None = None


class WireMeasuredTest(Wire, frozen=True):
    """An item of *tests*."""

    title: str | None = None
    signature: str | None = None
    spec: str | None = None
    metrics: WireTestMetrics | None = None


class WireMeasuredTests(Wire, frozen=True):
    """`data` of *tests*. `nextPage` is false at the end."""

    tests: list[WireMeasuredTest | None] | None = field(name="list", default=None)
    next_page: int | bool | None = None
