import json
import re
from collections.abc import Iterator
from typing import Final, get_args

import jsonschema
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runs_mcp.answers.encoding import (
    Json,
    encoded_size,
    output_schema,
    structured_content,
    text_content,
)
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

REPORTS: Final = (RunReport, InstanceReport, RunList, ProjectList)

# --- reports of any content

# What could be taken for the format itself, and any other text that text.py lets through.
LOOKALIKES = [
    *["", " ", "  ", '"', '""', "\\", "\\n", "=", "a=b", "[]", '["a"]', "{}", "null", "none"],
    *["true", "12", "x\ny", "\n", "\t", "spec spec=x status=failed", "trim trimmed=false", "a b"],
    *[
        "[31m",
        "status=passed",
        '" status="passed',
        "日本語",
        "👩‍👩‍👧",
        "\u00a0",
        "…",
        "'",
        "a\\",
        "\\ud800",
    ],
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


# --- a reader of the text, written from its description alone

Fact = tuple[str, str]


def read_text(answer: str) -> list[tuple[str, list[Fact]]]:
    """Returns the lines of an answer: what each is, and its facts as name and value."""
    return [read_line(line) for line in answer.split("\n")]


def read_line(line: str) -> tuple[str, list[Fact]]:
    name, _, rest = line.partition(" ")
    if not re.match(r"[a-z_.]+=", rest):
        value, end = read_value("", rest)
        assert end == len(rest)
        return name, [("", value)]
    facts: list[Fact] = []
    while rest:
        key, _, rest = rest.partition("=")
        assert re.fullmatch(r"[a-z_.]+", key)
        value, end = read_value(key, rest)
        facts.append((key, value))
        assert rest[end : end + 1] in ("", " ")
        rest = rest[end + 1 :]
    return name, facts


def read_value(key: str, rest: str) -> tuple[str, int]:
    """Returns a value and where it ends: JSON for lists and quoted texts, else up to a space."""
    if rest.startswith('"') or key in ("tags", "failed_tests"):
        value, end = json.JSONDecoder().raw_decode(rest)
        return shown(value), end
    end = rest.find(" ") if " " in rest else len(rest)
    return rest[:end], end


def facts_of(fields: dict[str, Json]) -> list[tuple[str, list[Fact]]]:
    """Returns what the text should hold, line by line, from the structured content."""
    lines: list[tuple[str, list[Fact]]] = []
    for name, value in fields.items():
        if isinstance(value, list):
            lines += [(name.removesuffix("s"), list(leaves(row))) for row in value]
            lines += [] if value else [(name, [("", "none")])]
        else:
            lines.append((name, list(leaves(value))))
    return lines


def leaves(value: Json, name: str = "") -> Iterator[Fact]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{name}.{key}" if name else key)
    else:
        yield name, shown(value)


def shown(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# --- both channels


@settings(max_examples=250, deadline=None)
@given(report=reports)
def test_both_channels_carry_the_same_facts_and_no_others(report: Record) -> None:
    assert read_text(text_content(report)) == facts_of(structured_content(report))


@settings(deadline=None)
@given(report=reports)
def test_the_structured_content_decodes_back_to_the_report(report: Record) -> None:
    fields = json.loads(json.dumps(structured_content(report)))
    assert msgspec.convert(fields, type(report)) == report


@settings(deadline=None)
@given(report=reports)
def test_the_structured_content_is_valid_against_the_output_schema(report: Record) -> None:
    jsonschema.Draft202012Validator(output_schema(type(report))).validate(
        structured_content(report)
    )


@settings(deadline=None)
@given(report=reports)
def test_a_field_at_its_default_is_left_out_except_in_totals(report: Record) -> None:
    check_fields(report, structured_content(report))


def check_fields(record: Record, fields: Json) -> None:
    assert isinstance(fields, dict)
    for field in msgspec.structs.fields(record):
        value = getattr(record, field.name)
        always = field.required or isinstance(record, (TestTotals, SpecTotals))
        assert (field.name in fields) is (always or value != field.default)
        if isinstance(value, Record) and field.name in fields:
            check_fields(value, fields[field.name])
        rows = fields.get(field.name)
        if isinstance(value, tuple) and isinstance(rows, list):
            for inner, row in zip(value, rows, strict=True):
                if isinstance(inner, Record):
                    check_fields(inner, row)


@settings(deadline=None)
@given(report=reports)
def test_the_size_is_that_of_the_larger_channel_in_bytes(report: Record) -> None:
    compact = json.dumps(structured_content(report), ensure_ascii=False, separators=(",", ":"))
    assert encoded_size(report) == max(len(compact.encode()), len(text_content(report).encode()))


@settings(deadline=None)
@given(report=run_reports)
@example(
    RunReport(
        run=Run(provider="currents", id="r", commit_message="a\nrun id=other\nspec spec=b"),
        totals=Totals(tests=TestTotals(), specs=SpecTotals()),
        specs=(Spec(spec="a\nspec spec=b", status="idle"),),
        trim=Trim(trimmed=False, upstream_bytes=0, shown=1, total=1),
    )
)
def test_every_record_is_one_line_whatever_its_texts(report: RunReport) -> None:
    lines = text_content(report).split("\n")
    rows = len(report.groups) + (len(report.specs) or 1)
    assert len(lines) == 3 + rows + (report.last_run is not msgspec.UNSET)


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
    assert structured_content(A_REPORT) == {
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
        "groups": [
            {"group": "regression", "platform": "linux, Chrome 97", "tests": {"failed": 16}}
        ],
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


def test_totals_have_every_count_and_rows_leave_out_zeros() -> None:
    fields = structured_content(A_REPORT)
    assert fields["totals"] == {
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
    }
    assert fields["specs"] == [
        {"spec": "a.ts", "status": "idle", "instance_id": "i1"},
        {"spec": "b c.ts", "status": "failed", "instance_id": "i2", "tests": 2, "failed": 1},
    ]


def test_a_record_within_a_record_that_has_nothing_to_say_is_left_out() -> None:
    group = Group(group="g", tests=TestCounts(overall=0), specs=SpecCounts(overall=0))
    failure = Failure(
        test="t", status="failed", error=Error(name=""), artifacts=Artifacts(videos=0)
    )
    assert structured_content(group) == {"group": "g"}
    assert structured_content(failure) == {"test": "t", "status": "failed"}


def test_a_report_that_was_not_asked_for_the_last_run_does_not_speak_of_it() -> None:
    report = msgspec.structs.replace(A_REPORT, last_run=msgspec.UNSET)
    assert "last_run" not in structured_content(report)
    assert "last_run" not in text_content(report)


# --- schemas

all_reports = pytest.mark.parametrize("report_type", REPORTS, ids=lambda report: report.__name__)


@all_reports
def test_an_output_schema_is_an_object_at_its_root(report_type: type[Record]) -> None:
    schema = output_schema(report_type)
    assert schema["type"] == "object"
    assert "$ref" not in schema
    assert list(schema["properties"]) == list(report_type.__struct_encode_fields__)
    jsonschema.Draft202012Validator.check_schema(schema)


@all_reports
def test_an_output_schema_has_all_it_refers_to_and_nothing_else(report_type: type[Record]) -> None:
    schema = output_schema(report_type)
    named = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
    assert named == set(schema["$defs"])


@all_reports
def test_an_output_schema_describes_every_record(report_type: type[Record]) -> None:
    schema = output_schema(report_type)
    for record in (schema, *schema["$defs"].values()):
        assert record["description"]
        assert record["title"]


@all_reports
def test_making_a_schema_twice_gives_the_same(report_type: type[Record]) -> None:
    first = json.dumps(output_schema(report_type))
    assert json.dumps(output_schema(report_type)) == first
