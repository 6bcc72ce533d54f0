"""What the guard writes to the audit log, and does not do where it cannot."""

import json
import logging
from pathlib import Path

import pytest
from confirmation.fake_action import ACTIONS, FakeAction, FakeRun, WriteResult
from confirmation.guard_setup import (
    API_KEY,
    KEYS,
    NOBODY,
    NOTHING_CHANGED,
    FakePerson,
    MemoryAudit,
    confirming,
    guard,
    report_of,
    token_of,
)

from runs_mcp.confirmation.audit import AuditLog
from runs_mcp.confirmation.store import SqliteStore
from runs_mcp.confirmation.tokens import ConfirmationTokens
from runs_mcp.errors import Conflict, InternalError
from runs_mcp.settings import ActionName


@pytest.mark.parametrize("way", ["preapproved", "token", "elicitation"])
async def test_the_audit_line_of_a_refused_write_says_what_confirmed_it(way: str) -> None:
    """It was sent, so it matters who let it go; a call that was never confirmed has null."""
    audit, action = MemoryAudit(), FakeAction(FakeRun(), result="refused")
    token = await token_of(guard(), action) if way == "token" else ""
    person = confirming() if way == "elicitation" else NOBODY
    the_guard = guard(
        policy="token" if way == "token" else "auto",
        preapproved=("cancel",) if way == "preapproved" else (),
        audit=audit,
    )
    with pytest.raises(Conflict):
        await report_of(the_guard, action, person, token)
    assert audit.lines[-1] == ("conflict", way)


async def test_a_defect_within_a_write_leaves_an_audit_line_too() -> None:
    """What was sent cannot be called back: of all calls this one must not go unrecorded."""

    def fail() -> None:
        raise ZeroDivisionError

    audit, action = MemoryAudit(), FakeAction(FakeRun(), on_write=fail)
    report = await report_of(guard(preapproved=("cancel",), audit=audit), action)
    assert report.outcome == "unknown"
    assert audit.lines == [("started", "preapproved"), ("unknown", "preapproved")]


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("operations", [0, 1, 2])
async def test_an_audit_log_that_breaks_before_the_write_prevents_it(
    name: ActionName, operations: int
) -> None:
    action = FakeAction(FakeRun(), name)
    the_guard = guard(preapproved=(name,), audit=MemoryAudit(operations))
    with pytest.raises(InternalError, match="audit log cannot be written") as failed:
        await report_of(the_guard, action)
    assert NOTHING_CHANGED in str(failed.value)
    assert action.writes == []


async def test_no_question_is_asked_and_no_token_given_that_could_not_be_recorded(
    tmp_path: Path,
) -> None:
    for person in (NOBODY, confirming(), FakePerson(modern=True)):
        action = FakeAction(FakeRun())
        with pytest.raises(InternalError, match=NOTHING_CHANGED) as failed:
            await report_of(guard(audit=AuditLog(tmp_path)), action, person)
        assert str(tmp_path) not in str(failed.value)
        assert action.writes == []
        assert person.questions == []


@pytest.mark.parametrize("result", ["done", "lost without"])
async def test_a_write_is_reported_even_if_its_audit_line_is_lost(
    result: WriteResult, caplog: pytest.LogCaptureFixture
) -> None:
    audit = MemoryAudit()
    action = FakeAction(FakeRun(), result=result, on_write=audit.break_down)
    with caplog.at_level(logging.ERROR, "runs_mcp"):
        report = await report_of(guard(preapproved=("cancel",), audit=audit), action)
    assert report.outcome == ("done" if result == "done" else "unknown")
    assert "audit log could not be written" in report.next
    assert f"the audit line of the outcome {report.outcome} is missing" in caplog.text


async def test_an_error_keeps_its_kind_even_if_its_audit_line_is_lost() -> None:
    audit = MemoryAudit()
    action = FakeAction(FakeRun(), result="refused", on_write=audit.break_down)
    with pytest.raises(Conflict, match=NOTHING_CHANGED):
        await report_of(guard(preapproved=("cancel",), audit=audit), action)


async def test_neither_file_nor_log_has_the_api_key_or_a_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "audit.jsonl"
    the_guard = guard(policy="token", audit=AuditLog(file))
    action = FakeAction(FakeRun())
    with caplog.at_level(logging.DEBUG):
        token = await token_of(the_guard, action)
        await report_of(the_guard, action, token=token)
        await report_of(the_guard, action, token=token)

    logged = [
        record.message for record in caplog.records if record.name == "runs_mcp.confirmation.audit"
    ]
    assert [f"audit {line}" for line in file.read_text().splitlines()] == logged
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["outcome"] for line in lines] == [
        "confirmation_required",
        "started",
        "done",
        "already_done",
    ]
    assert {line["caller"] for line in lines} == {
        ConfirmationTokens([KEYS["ours"]], SqliteStore()).caller(API_KEY)
    }
    for secret in (API_KEY, token, KEYS["ours"].decode()):
        assert secret not in file.read_text() + caplog.text
