"""Runs and instances whose texts are as long as they can be."""

from typing import Final

from runs_mcp.model import (
    Artifacts,
    Error,
    Failure,
    FullInstance,
    FullRun,
    Group,
    Instance,
    LastRun,
    Run,
    Spec,
    SpecCounts,
    SpecTotals,
    TestResult,
    TestTotals,
    Totals,
)

LONGEST_ID: Final = "i" * 128
_MANY: Final = 999_999
_TOTALS: Final = TestTotals(**dict.fromkeys(TestTotals.__struct_fields__, _MANY))
_SPEC_TOTALS: Final = SpecTotals(**dict.fromkeys(SpecTotals.__struct_fields__, _MANY))
_FILES: Final = Artifacts(**dict.fromkeys(Artifacts.__struct_fields__, _MANY))
_SPEC_COUNTS: Final = ("tests", "passed", "failed", "pending", "skipped", "flaky", "duration_ms")


def longest_run(character: str) -> FullRun:
    """Returns a run with three groups, specs and tests that failed last."""
    groups = [
        Group(group=character * 300, platform=character * 128, specs=SpecCounts(overall=n))
        for n in range(1, 4)
    ]
    specs = [
        Spec(
            spec=character * 300,
            status="failed",
            instance_id=f"{n}" + LONGEST_ID[1:],
            group=character * 300,
            machine_id=LONGEST_ID,
            **dict.fromkeys(_SPEC_COUNTS, _MANY),
        )
        for n in range(3)
    ]
    return FullRun(
        run=_run(character),
        totals=Totals(tests=_TOTALS, specs=_SPEC_TOTALS),
        groups=tuple(groups),
        specs=tuple(specs),
        upstream_bytes=10**9,
        last_run=LastRun(status="failed", failed_tests=(character * 300,) * 3),
    )


def longest_instance(character: str) -> FullInstance:
    """Returns an instance with two failures."""
    failed = TestResult(
        test_id="", title=character * 300, status="failed", failure=_failure(character)
    )
    return FullInstance(
        instance=Instance(
            instance_id=LONGEST_ID,
            run_id=LONGEST_ID,
            spec=character * 300,
            group=character * 300,
            machine_id=LONGEST_ID,
            platform=character * 128,
            framework=character * 128,
            duration_ms=_MANY,
        ),
        totals=_TOTALS,
        exception=character * 1500,
        artifacts=_FILES,
        tests=(failed, failed),
        upstream_bytes=10**9,
        unreadable=(character * 300,) * 9,
    )


def _run(character: str) -> Run:
    return Run(
        provider="currents",
        id=LONGEST_ID,
        url=f"https://app.currents.dev/run/{LONGEST_ID}",
        project_id=LONGEST_ID,
        status="failing",
        completion="in_progress",
        created_at="2026-08-31T08:00:00.000Z",
        duration_ms=_MANY,
        branch=character * 300,
        commit=character * 64,
        commit_message=character * 300,
        author=character * 128,
        tags=(character * 64,) * 12,
        tags_omitted=999,
        ci_build_id=character * 300,
        framework=character * 128,
    )


def _failure(character: str) -> Failure:
    return Failure(
        test=character * 300,
        status="interrupted",
        quarantined=True,
        spec=character * 300,
        group=character * 300,
        location=character * 300,
        owner=character * 128,
        notes=(character * 128,) * 3,
        error=Error(
            name=character * 128,
            message=character * 1500,
            frame=character * 300,
            code_frame=character * 800,
            stack=character * 800,
            causes=(character * 300,) * 5,
        ),
        attempts=_MANY,
        duration_ms=_MANY,
        instance_id=LONGEST_ID,
        artifacts=_FILES,
        url=f"https://app.currents.dev/instance/{LONGEST_ID}",
    )
