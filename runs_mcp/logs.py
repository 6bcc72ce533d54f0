"""Logs on stderr: a record a line, as text or as JSON."""

import logging
import sys
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from runs_mcp.text import without_url_secrets

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]

_AUDIT: Final = "runs_mcp.confirmation.audit"


def log_to_stderr(level: LogLevel, log_format: LogFormat) -> None:
    """Logs to stderr what is at least of this level; audit lines always.

    Other packages are logged from warnings on, whatever the level: at lower ones some of them log
    headers and whole addresses. Where the root logger has a handler already, as in an ASGI host,
    that one is used as it is.

    Args:
        level: The least level.
        log_format: How a record is written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("stamina").setLevel(logging.ERROR)  # the client logs every request
    # It warns of every odd request, which anybody can send.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    logging.getLogger("runs_mcp").setLevel(level.upper())
    logging.getLogger(_AUDIT).setLevel(logging.INFO)


class _TextFormatter(logging.Formatter):
    """One line for each record; a traceback has more."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Returns the record as one line, without its traceback."""
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")

    def format(self, record: logging.LogRecord) -> str:
        """Returns the record as text."""
        return _safe(super().format(record))


class _JsonFormatter(logging.Formatter):
    """One JSON object for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the record as JSON."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _safe(record.getMessage()),
        }
        if record.exc_info:
            fields["exception"] = _safe(self.formatException(record.exc_info))
        return msgspec.json.encode(fields).decode()


def _safe(text: str) -> str:
    """Returns a text without secrets, and without halves of characters, which UTF-8 has not."""
    return without_url_secrets(text).encode(errors="backslashreplace").decode()
