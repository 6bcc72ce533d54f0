"""The command `runs-mcp` as tests run it: in this process, or as a process of its own."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import Final, NamedTuple
from unittest.mock import patch

from runs_mcp.cli import main
from runs_mcp.sandbox import READ_WRITE_KEY, Sandbox

SECONDS: Final = 60
PROGRAM: Final = (sys.executable, "-m", "runs_mcp")
_OWN: Final = re.compile(
    r"(?:RUNS_MCP|CURRENTS|BUILDKITE|SSL_CERT)_|SSLKEYLOGFILE\Z|\w+_proxy\Z", re.IGNORECASE
)


class Done(NamedTuple):
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Returns this machine's environment with these variables instead of its own settings."""
    clean = {name: value for name, value in os.environ.items() if not _OWN.match(name)}
    return {**clean, **variables}


def run(*arguments: str, **variables: str) -> Done:
    """Runs the command in this process."""
    out, err = StringIO(), StringIO()
    with (
        _own_log_levels(),
        patch.dict(os.environ, environment(variables), clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            status = main(arguments)
        except SystemExit as ended:  # how argparse ends it
            status = int(ended.code or 0)
    return Done(status, out.getvalue(), err.getvalue())


@contextmanager
def _own_log_levels() -> Iterator[None]:
    """Undoes what a command sets: other tests read logs, too."""
    names = ("stamina", "uvicorn.error", "runs_mcp", "runs_mcp.confirmation.audit")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def run_process(*arguments: str, stdin: str = "", **variables: str) -> Done:
    """Runs the command as a process of its own."""
    done = subprocess.run(  # noqa: S603 - our own command
        [*PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env=environment(variables),
    )
    return Done(done.returncode, done.stdout, done.stderr)


def on(sandbox: Sandbox, key: str = READ_WRITE_KEY) -> dict[str, str]:
    """Returns the variables under which the command uses a sandbox's Currents API."""
    return {"CURRENTS_API_URL": sandbox.currents_url, "CURRENTS_API_KEY": key}
