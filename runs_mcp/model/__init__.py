"""Test runs as this product sees them: frozen, provider-neutral, plain text throughout.

The same records are what tools answer with. A field at its default is left out of the answer;
totals always carry every count.
"""

from runs_mcp.model.counts import (
    Artifacts,
    SpecCounts,
    SpecTotals,
    TestCounts,
    TestTotals,
    Totals,
)
from runs_mcp.model.error_texts import ErrorText, FailedTest
from runs_mcp.model.failures import Error, Failure, FailureStatus
from runs_mcp.model.fields import (
    Commit,
    Id,
    Milliseconds,
    Path,
    Shortening,
    Statement,
    Text,
    Texts,
    Timestamp,
    Title,
    Url,
    Whole,
    Word,
    shortenings,
)
from runs_mcp.model.instances import (
    TITLE_CHARS,
    Asset,
    AssetKind,
    FullInstance,
    Instance,
    PassedTest,
    TestResult,
    TestStatus,
)
from runs_mcp.model.projects import Project, Suite
from runs_mcp.model.record import Record
from runs_mcp.model.runs import (
    FullRun,
    Group,
    LastRun,
    ListedRun,
    PullRequest,
    Receipt,
    Run,
    Spec,
    SpecStatus,
)

__all__ = [
    "TITLE_CHARS",
    "Artifacts",
    "Asset",
    "AssetKind",
    "Commit",
    "Error",
    "ErrorText",
    "FailedTest",
    "Failure",
    "FailureStatus",
    "FullInstance",
    "FullRun",
    "Group",
    "Id",
    "Instance",
    "LastRun",
    "ListedRun",
    "Milliseconds",
    "PassedTest",
    "Path",
    "Project",
    "PullRequest",
    "Receipt",
    "Record",
    "Run",
    "Shortening",
    "Spec",
    "SpecCounts",
    "SpecStatus",
    "SpecTotals",
    "Statement",
    "Suite",
    "TestCounts",
    "TestResult",
    "TestStatus",
    "TestTotals",
    "Text",
    "Texts",
    "Timestamp",
    "Title",
    "Totals",
    "Url",
    "Whole",
    "Word",
    "shortenings",
]
