"""A confirmed write: the second reading before it, its failures, and its lost answers."""

import pytest
from confirmation.fake_action import ACTIONS, FakeAction, FakeRun, WriteResult
from confirmation.guard_setup import (
    NOBODY,
    NOTHING_CHANGED,
    MemoryAudit,
    confirming,
    guard,
    report_of,
    token_of,
)
from msgspec import UNSET

from runs_mcp.deadline import Deadline
from runs_mcp.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    NotConnected,
    NotFound,
    RateLimited,
    RunsError,
    Unreachable,
    UpstreamError,
)
from runs_mcp.settings import ActionName

every_action = pytest.mark.parametrize("name", ACTIONS)


@pytest.mark.parametrize(
    ("name", "change", "outcome"),
    [
        ("cancel", "is over", "already_done"),
        ("reset", "passes", "already_done"),
        ("reset", "another fails", "changed"),
        ("reset", "fails again", "changed"),
        ("reset", "is over", "changed"),
        ("delete", "is deleted", "already_done"),
        ("delete", "is over", "changed"),
        ("delete", "more completes", "changed"),
    ],
)
@pytest.mark.parametrize("way", ["preapproved", "token", "elicitation"])
async def test_a_run_that_changes_right_before_the_write_is_left_alone(
    name: ActionName, change: str, outcome: str, way: str
) -> None:
    audit, run = MemoryAudit(), FakeRun()
    action = FakeAction(run, name)
    token = await token_of(guard(), FakeAction(run, name))
    the_guard = guard(
        policy="token" if way == "token" else "auto",
        preapproved=(name,) if way == "preapproved" else (),
        audit=audit,
    )
    run.changes = ["nothing", change]
    person = confirming() if way == "elicitation" else NOBODY
    report = await report_of(the_guard, action, person, token)

    assert report.outcome == outcome
    assert report.preview == action.previews[1].description
    assert action.writes == []
    assert audit.lines[-1] == (outcome, way)


@every_action
@pytest.mark.parametrize(
    "refusal",
    [
        Conflict("Run already cancelled.", status=422),
        Forbidden("May not.", status=403),
        NotFound("No such run.", status=404),
        RateLimited("Too many requests.", status=429, retry_after_s=7),
        UpstreamError("Payment required.", status=402),
        NotConnected("No connection."),
    ],
    ids=lambda refusal: type(refusal).__name__,
)
async def test_a_refused_write_is_an_error_that_says_nothing_was_changed(
    name: ActionName, refusal: RunsError
) -> None:
    audit = MemoryAudit()
    fresh = type(refusal)(refusal.what, status=refusal.status, retry_after_s=refusal.retry_after_s)
    action = FakeAction(FakeRun(), name, result="refused", refusal=fresh)
    with pytest.raises(type(refusal)) as refused:
        await report_of(guard(preapproved=(name,), audit=audit), action)

    assert str(refused.value).count(NOTHING_CHANGED) == 1
    assert refusal.next_step in str(refused.value)
    assert (len(action.writes), action.verified) == (1, [])
    assert [outcome for outcome, _ in audit.lines] == ["started", refusal.kind]


@every_action
@pytest.mark.parametrize(
    ("result", "verify_fails", "outcome"),
    [
        ("lost with effect", False, "done"),
        ("lost with effect", True, "unknown"),
        ("lost without", False, "unknown"),
        ("lost without", True, "unknown"),
    ],
)
@pytest.mark.parametrize("is_odd", [False, True])
async def test_a_lost_answer_is_settled_by_reading_and_never_by_writing_again(
    name: ActionName, result: WriteResult, verify_fails: bool, outcome: str, is_odd: bool
) -> None:
    audit = MemoryAudit()
    action = FakeAction(FakeRun(), name, result=result, verify_fails=verify_fails, is_odd=is_odd)
    report = await report_of(guard(preapproved=(name,), audit=audit), action)

    assert report.outcome == outcome
    assert len(action.writes) == 1
    assert audit.lines == [("started", "preapproved"), (outcome, "preapproved")]
    why = "The write ended unexpectedly" if is_odd else "The answer was lost."
    assert (why in report.next) is (outcome == "unknown")


async def test_a_write_that_uses_up_its_time_leaves_some_to_settle_it() -> None:
    deadline = Deadline(60)
    left: list[float] = []
    action = FakeAction(
        FakeRun(), result="lost with effect", on_write=lambda: left.append(deadline.left_s())
    )
    report = await report_of(guard(preapproved=("cancel",), deadline=deadline), action)
    assert report.outcome == "done"
    assert left[0] == pytest.approx(55, abs=1)
    assert deadline.left_s() == pytest.approx(60, abs=1)


@pytest.mark.parametrize(("seconds", "spent"), [(30, 21), (6, 4.1)])
async def test_a_write_is_not_begun_without_time_to_finish_it(seconds: float, spent: float) -> None:
    deadline = Deadline(seconds)
    deadline.end_within(seconds - spent)
    audit, action = MemoryAudit(), FakeAction(FakeRun())
    the_guard = guard(preapproved=("cancel",), deadline=deadline, audit=audit)
    with pytest.raises(DeadlineExceeded, match=f"Of the {seconds:g} s that one call has") as failed:
        await report_of(the_guard, action)
    assert NOTHING_CHANGED in str(failed.value)
    assert "RUNS_MCP_TIMEOUT_S" in str(failed.value)
    assert action.writes == []
    assert audit.lines == [("timeout", "preapproved")]


async def test_unknown_comes_with_the_run_as_it_was_read_after_the_write() -> None:
    # Two readings, the write and verifying it; then the run ends, and is read a third time.
    run = FakeRun(changes=["nothing"] * 4 + ["is over"])
    action = FakeAction(run, result="lost without")
    report = await report_of(guard(preapproved=("cancel",)), action)

    assert report.outcome == "unknown"
    assert report.preview == action.previews[2].description != action.previews[1].description


@pytest.mark.parametrize("reads", [0, 1])
async def test_a_run_that_cannot_be_read_is_not_written_to(reads: int) -> None:
    audit, action = MemoryAudit(), FakeAction(FakeRun(), reads_until_failure=reads)
    with pytest.raises(Unreachable, match=NOTHING_CHANGED):
        await report_of(guard(preapproved=("cancel",), audit=audit), action)
    assert action.writes == []
    assert [outcome for outcome, _ in audit.lines] == ["unreachable"]


async def test_a_report_on_a_run_that_is_gone_has_no_run() -> None:
    report = await report_of(guard(), FakeAction(FakeRun(exists=False), "delete"))
    assert (report.outcome, report.run) == ("already_done", UNSET)
