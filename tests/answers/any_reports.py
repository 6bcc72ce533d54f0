"""Reports of any content, as strategies."""

from typing import get_args

import msgspec
from hypothesis import strategies as st

from runs_mcp.answers.reports import InstanceReport, ProjectList, RunList, RunReport
from runs_mcp.answers.trim import Trim
from runs_mcp.model import (
    Artifacts,
    Asset,
    AssetKind,
    Error,
    Failure,
    FailureStatus,
    Group,
    Instance,
    LastRun,
    ListedRun,
    PassedTest,
    Project,
    Record,
    Run,
    Spec,
    SpecCounts,
    SpecTotals,
    TestCounts,
    TestTotals,
    Totals,
)

# What could be taken for the format itself, and any other text that text.py lets through.
LOOKALIKES = [
    *["", " ", "  ", '"', '""', "\\", "\\n", "=", "a=b", "[]", '["a"]', "{}", "null", "none"],
    *["true", "12", "x\ny", "\n", "\t", "spec spec=x status=failed", "trim trimmed=false", "a b"],
    *["[31m", "status=passed", '" status="passed', "日本語", "👩‍👩‍👧", "\u00a0", "…", "'"],
    *["a\\", "\\ud800"],
]
texts = st.sampled_from(LOOKALIKES) | st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], include_characters="\n\t"),
    max_size=10,
)
counts = st.integers(0, 3) | st.integers(0, 10**12)
test_counts = st.builds(
    TestCounts,
    **dict.fromkeys(["overall", "passed", "failed", "pending", "skipped", "flaky"], counts),
)
test_totals = st.builds(TestTotals, overall=counts, failed=counts, retries=counts)
totals = st.builds(
    Totals, tests=test_totals, specs=st.builds(SpecTotals, overall=counts, claimed=counts)
)
run_fields: dict[str, st.SearchStrategy[object]] = {
    "provider": st.just("currents"),
    **dict.fromkeys(["id", "url", "project_id", "status", "completion", "created_at"], texts),
    **dict.fromkeys(["branch", "commit", "commit_message", "author", "ci_build_id"], texts),
    "framework": texts,
    "duration_ms": st.just(msgspec.UNSET) | counts,
    "tags": st.lists(texts, max_size=3).map(tuple),
    "tags_omitted": counts,
}
groups = st.builds(
    Group,
    group=texts,
    platform=texts,
    tests=test_counts,
    specs=st.builds(SpecCounts, failed=counts),
)
specs = st.builds(
    Spec,
    spec=texts,
    status=st.sampled_from(
        ["failed", "flaky", "passed", "running", "idle", "unclaimed", "unknown"]
    ),
    instance_id=texts,
    group=texts,
    failed=counts,
    duration_ms=counts,
)
last_runs = st.builds(
    LastRun, status=texts, failed_tests=st.lists(texts, max_size=3).map(tuple)
) | st.just(msgspec.UNSET)
trims = st.builds(
    Trim,
    trimmed=st.booleans(),
    upstream_bytes=counts,
    shown=counts,
    total=counts,
    detail=texts,
    reason=texts,
    next_cursor=texts,
)
artifacts = st.builds(
    Artifacts, **dict.fromkeys(["screenshots", "videos", "traces", "attachments"], counts)
)
failures = st.builds(
    Failure,
    test=texts,
    status=st.sampled_from(get_args(FailureStatus)),
    spec=texts,
    location=texts,
    error=st.builds(
        Error, **dict.fromkeys(["name", "message", "frame", "code_frame", "stack"], texts)
    ),
    attempts=counts,
    duration_ms=counts,
    instance_id=texts,
    artifacts=artifacts,
    url=texts,
)


def some(rows: st.SearchStrategy[Record]) -> st.SearchStrategy[tuple[Record, ...]]:
    return st.lists(rows, max_size=3).map(tuple)


run_reports = st.builds(
    RunReport,
    run=st.builds(Run, **run_fields),
    totals=totals,
    groups=some(groups),
    specs=some(specs),
    last_run=last_runs,
    trim=trims,
)
instance_reports = st.builds(
    InstanceReport,
    instance=st.builds(
        Instance,
        **dict.fromkeys(["instance_id", "run_id", "spec", "group", "platform"], texts),
        duration_ms=counts,
    ),
    totals=test_totals,
    exception=texts,
    artifacts=artifacts,
    failures=some(failures),
    passed=some(st.builds(PassedTest, test=texts, duration_ms=counts)),
    assets=some(
        st.builds(
            Asset,
            kind=st.sampled_from(get_args(AssetKind)),
            attempt=counts,
            **dict.fromkeys(["url", "test", "name", "expires_at"], texts),
        )
    ),
    trim=trims,
)
lists = st.builds(
    RunList,
    runs=some(st.builds(ListedRun, failed=counts, flaky=counts, **run_fields)),
    next_cursor=texts,
) | st.builds(
    ProjectList,
    projects=some(
        st.builds(
            Project,
            **dict.fromkeys(["project_id", "name", "created_at", "default_branch"], texts),
        )
    ),
    next_cursor=texts,
)
reports: st.SearchStrategy[Record] = run_reports | instance_reports | lists
