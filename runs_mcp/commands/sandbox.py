"""`runs-mcp sandbox`, and the embedded sandbox of `--sandbox`."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from runs_mcp.configuration import Configuration
from runs_mcp.errors import SettingsError
from runs_mcp.sandbox import READ_ONLY_KEY, Sandbox
from runs_mcp.standard_streams import write_out


@contextmanager
def on_sandbox(configuration: Configuration) -> Iterator[Configuration]:
    """Runs a sandbox in this process, and yields a configuration that uses it."""
    with Sandbox() as sandbox:
        yield configuration.with_variables({**sandbox.variables, "BUILDKITE_SUITE": ""})


def serve_sandbox(port: int) -> int:
    """Serves the sandbox APIs until interrupted, and prints how to use them.

    Raises:
        SettingsError: The port is taken.
    """
    # SIGTERM stops the sandbox as SIGINT does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Sandbox(port=port) as sandbox:
            lines = [f"{name}={value}" for name, value in sandbox.variables.items()]
            lines.append(f"# read-only: CURRENTS_API_KEY={READ_ONLY_KEY}")
            write_out("".join(f"{line}\n" for line in lines))
            _wait_for_interrupt()
    except (OSError, OverflowError) as error:
        raise SettingsError(f"--port {port} cannot be used: {error}") from error
    return 0


def _wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
