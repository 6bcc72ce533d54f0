import msgspec

from runs_mcp.answers.encoding import structured_content, text_content
from runs_mcp.answers.reports import InstanceReport, ProjectList, RunList, RunReport
from runs_mcp.answers.trim import Trim
from runs_mcp.model import (
    Artifacts,
    Asset,
    Error,
    Failure,
    Group,
    Instance,
    LastRun,
    ListedRun,
    PassedTest,
    Project,
    Run,
    Spec,
    SpecCounts,
    SpecTotals,
    TestCounts,
    TestTotals,
    Totals,
)

A_RUN = Run(
    provider="currents",
    id="0a91f41ed60abfab",
    url="https://app.currents.dev/run/0a91f41ed60abfab",
    project_id="bAYZ4a",
    status="failed",
    completion="timeout",
    created_at="2022-07-06T08:23:40.939Z",
    branch="feat/branch",
    commit_message='Say "hello" to a=b',
    tags=("tagA", "tag B"),
)
A_REPORT = RunReport(
    run=A_RUN,
    totals=Totals(
        tests=TestTotals(overall=264, passed=230, failed=16), specs=SpecTotals(overall=2)
    ),
    groups=(Group(group="regression", platform="linux, Chrome 97", tests=TestCounts(failed=16)),),
    specs=(
        Spec(spec="a.ts", status="idle", instance_id="i1"),
        Spec(spec="b c.ts", status="failed", instance_id="i2", tests=2, failed=1),
    ),
    last_run=LastRun(status="failed", failed_tests=("a › b",)),
    trim=Trim(
        trimmed=True,
        upstream_bytes=12345,
        shown=2,
        total=3,
        detail="failures",
        reason="next_cursor gives the rest",
        next_cursor="abc",
    ),
)


A_REPORT_AS_JSON = {
    "run": {
        "provider": "currents",
        "id": "0a91f41ed60abfab",
        "url": "https://app.currents.dev/run/0a91f41ed60abfab",
        "project_id": "bAYZ4a",
        "status": "failed",
        "completion": "timeout",
        "created_at": "2022-07-06T08:23:40.939Z",
        "branch": "feat/branch",
        "commit_message": 'Say "hello" to a=b',
        "tags": ["tagA", "tag B"],
    },
    "totals": {
        "tests": {
            "overall": 264,
            "passed": 230,
            "failed": 16,
            "pending": 0,
            "skipped": 0,
            "flaky": 0,
            "retries": 0,
        },
        "specs": {"overall": 2, "claimed": 0, "complete": 0, "passed": 0, "failed": 0},
    },
    "groups": [{"group": "regression", "platform": "linux, Chrome 97", "tests": {"failed": 16}}],
    "specs": [
        {"spec": "a.ts", "status": "idle", "instance_id": "i1"},
        {
            "spec": "b c.ts",
            "status": "failed",
            "instance_id": "i2",
            "tests": 2,
            "failed": 1,
        },
    ],
    "last_run": {"status": "failed", "failed_tests": ["a › b"]},
    "trim": {
        "trimmed": True,
        "upstream_bytes": 12345,
        "shown": 2,
        "total": 3,
        "detail": "failures",
        "reason": "next_cursor gives the rest",
        "next_cursor": "abc",
    },
}


def test_a_run_reads_like_this_as_text() -> None:
    assert text_content(A_REPORT).split("\n") == [
        (
            "run provider=currents id=0a91f41ed60abfab"
            " url=https://app.currents.dev/run/0a91f41ed60abfab project_id=bAYZ4a status=failed"
            " completion=timeout created_at=2022-07-06T08:23:40.939Z branch=feat/branch"
            ' commit_message="Say \\"hello\\" to a=b" tags=["tagA","tag B"]'
        ),
        (
            "totals tests.overall=264 tests.passed=230 tests.failed=16 tests.pending=0"
            " tests.skipped=0 tests.flaky=0 tests.retries=0"
            " specs.overall=2 specs.claimed=0 specs.complete=0 specs.passed=0 specs.failed=0"
        ),
        'group group=regression platform="linux, Chrome 97" tests.failed=16',
        "spec spec=a.ts status=idle instance_id=i1",
        'spec spec="b c.ts" status=failed instance_id=i2 tests=2 failed=1',
        'last_run status=failed failed_tests=["a › b"]',
        (
            "trim trimmed=true upstream_bytes=12345 shown=2 total=3 detail=failures"
            ' reason="next_cursor gives the rest" next_cursor=abc'
        ),
    ]


def test_a_run_reads_like_this_as_json() -> None:
    assert structured_content(A_REPORT) == A_REPORT_AS_JSON


def test_an_instance_reads_like_this_as_text() -> None:
    report = InstanceReport(
        instance=Instance(instance_id="i1", run_id="r1", spec="a.ts", duration_ms=136),
        totals=TestTotals(overall=2, failed=1),
        exception="Cannot find module\n./x",
        artifacts=Artifacts(screenshots=1),
        failures=(
            Failure(
                test="login › works",
                status="timed_out",
                location="a.ts:12",
                error=Error(name="TimeoutError", message="line 1\nline 2"),
                attempts=3,
                artifacts=Artifacts(screenshots=1),
            ),
        ),
        passed=(PassedTest(test="logout", duration_ms=7),),
        assets=(Asset(kind="trace", url="https://a.example/t?Signature=s", attempt=1),),
        trim=Trim(trimmed=False, upstream_bytes=99, shown=3, total=3),
    )
    assert text_content(report).split("\n") == [
        "instance instance_id=i1 run_id=r1 spec=a.ts duration_ms=136",
        "totals overall=2 passed=0 failed=1 pending=0 skipped=0 flaky=0 retries=0",
        'exception "Cannot find module\\n./x"',
        "artifacts screenshots=1",
        (
            'failure test="login › works" status=timed_out location=a.ts:12'
            ' error.name=TimeoutError error.message="line 1\\nline 2" attempts=3'
            " artifacts.screenshots=1"
        ),
        "passed test=logout duration_ms=7",
        'asset kind=trace url="https://a.example/t?Signature=s" attempt=1',
        "trim trimmed=false upstream_bytes=99 shown=3 total=3",
    ]


def test_lists_read_like_this_as_text() -> None:
    runs = RunList(
        runs=(ListedRun(provider="currents", id="r1", status="failed", failed=3),),
        next_cursor="abc",
    )
    assert text_content(runs).split("\n") == [
        "run provider=currents id=r1 status=failed failed=3",
        "next_cursor abc",
    ]
    assert text_content(RunList(runs=())) == "runs none"
    projects = ProjectList(projects=(Project(project_id="p1", name="Web shop"),))
    assert text_content(projects) == 'project project_id=p1 name="Web shop"'


def test_an_empty_record_within_a_record_is_left_out() -> None:
    group = Group(group="g", tests=TestCounts(overall=0), specs=SpecCounts(overall=0))
    failure = Failure(
        test="t", status="failed", error=Error(name=""), artifacts=Artifacts(videos=0)
    )
    assert structured_content(group) == {"group": "g"}
    assert structured_content(failure) == {"test": "t", "status": "failed"}


def test_a_last_run_that_was_not_requested_is_not_in_the_report() -> None:
    report = msgspec.structs.replace(A_REPORT, last_run=msgspec.UNSET)
    assert "last_run" not in structured_content(report)
    assert "last_run" not in text_content(report)
