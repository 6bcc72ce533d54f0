"""`runs-mcp sandbox`, and the embedded sandbox of `--sandbox`."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, READ_ONLY_KEY, READ_WRITE_KEY, Sandbox
from runs_mcp.settings import Settings, SettingsError


@contextmanager
def on_sandbox(settings: Settings) -> Iterator[Settings]:
    """Runs a sandbox in this process, and yields settings that use it instead of any vendor."""
    with Sandbox() as sandbox:
        yield settings.on_sandbox(
            currents_url=sandbox.currents_url,
            buildkite_url=sandbox.buildkite_url,
            organization=BUILDKITE_ORGANIZATION,
            key=READ_WRITE_KEY,
        )


def serve_sandbox(port: int) -> int:
    """Serves the sandbox APIs until interrupted, and prints how to use them.

    Raises:
        SettingsError: The port is taken.
    """
    # A plain terminate must also run the orderly end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Sandbox(port=port) as sandbox:
            sys.stdout.write(
                f"CURRENTS_API_URL={sandbox.currents_url}\n"
                f"CURRENTS_API_KEY={READ_WRITE_KEY}\n"
                f"BUILDKITE_BASE_URL={sandbox.buildkite_url}\n"
                f"BUILDKITE_API_TOKEN={READ_WRITE_KEY}\n"
                f"BUILDKITE_ORGANIZATION={BUILDKITE_ORGANIZATION}\n"
                f"# read-only: CURRENTS_API_KEY={READ_ONLY_KEY}\n"
            )
            sys.stdout.flush()
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
