"""Logs on stderr: a record a line, without secrets."""

import json
import logging
from collections.abc import Iterator

import pytest

from runs_mcp.logs import LogFormat, LogLevel, log_to_stderr

logger = logging.getLogger("runs_mcp.test")


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    """The loggers as in a new process, and afterwards as they were."""
    root = logging.getLogger()
    names = ("", "stamina", "uvicorn.error", "runs_mcp", "runs_mcp.confirmation.audit")
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = root.handlers[:]
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def log_as_a_command(level: LogLevel, log_format: LogFormat) -> None:
    """Sets up logs as at the start of a process, without the handlers of pytest."""
    logging.getLogger().handlers[:] = []
    log_to_stderr(level, log_format)


def log_all() -> None:
    for name in ("runs_mcp.test", "httpcore.http11", "httpx"):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger(name).log(level, "%s of %s", logging.getLevelName(level), name)
    logging.getLogger("runs_mcp.confirmation.audit").info("an audit line")


@pytest.mark.parametrize(
    ("level", "ours"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)]
)
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_level_is_that_of_our_logs_and_others_begin_with_warnings(
    level: LogLevel, ours: int, log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    log_as_a_command(level, log_format)
    log_all()
    written = capsys.readouterr()
    assert written.out == ""
    lines = written.err.splitlines()
    assert sum("of runs_mcp.test" in line for line in lines) == ours
    assert sum("of http" in line for line in lines) == 4
    assert sum("an audit line" in line for line in lines) == 1


def test_a_record_is_one_json_object_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_a_command("warning", "json")
    try:
        int("of two\nlines")
    except ValueError:
        logger.exception("it failed:\n%s", "\x1b[31m \u2028 \ud83d".encode(errors="replace"))
    (line,) = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert sorted(record) == ["exception", "level", "logger", "message", "time"]
    assert (record["level"], record["logger"]) == ("error", "runs_mcp.test")
    assert record["time"].endswith("Z")
    assert r"ValueError: invalid literal for int() with base 10: 'of two\n" in record["exception"]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_message_is_one_line_without_secrets(
    log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    log_as_a_command("warning", log_format)
    logger.warning("one\nWARNING two\r\n https://a.example/x?X-Amz-Signature=%s", "0a1b2c3d" * 8)
    (line,) = capsys.readouterr().err.splitlines()
    assert "0a1b2c3d" not in line
    assert r"one\nWARNING two\r\n" in line


def test_a_lone_surrogate_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_a_command("warning", "json")
    logger.warning("half \ud83d of an emoji")
    assert "of an emoji" in capsys.readouterr().err


def test_a_host_that_has_set_up_logs_keeps_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    log_to_stderr("warning", "json")
    logger.warning("a warning")
    assert seen == ["a warning"]
    assert capsys.readouterr().err == ""
