"""Opening a page in the person's own browser."""

import os
import re
import subprocess
import sys
import threading
from typing import Final

from anyio import to_thread

_WAIT_SECONDS: Final = 3.0
# A display of this machine, such as ":0"; "localhost:10" is one that SSH forwards.
_OWN_DISPLAY: Final = re.compile(r"(?:unix)?:[0-9]+(?:\.[0-9]+)?|/.+")
_TEXT_BROWSERS: Final = frozenset(
    {"browsh", "carbonyl", "elinks", "links", "links2", "lynx", "w3m", "www-browser"}
)
_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|^RUNS_MCP_", re.IGNORECASE)
# A process of its own: a browser inherits streams, and ours are MCP's; it may not return either.
_OPEN: Final = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.stdin.readline()))"


def has_desktop() -> bool:
    """Returns whether this machine has a desktop, on which a person sees a window."""
    if sys.platform in ("darwin", "win32", "cygwin"):
        return True
    display = os.environ.get("DISPLAY", "")
    return bool(os.environ.get("WAYLAND_DISPLAY") or _OWN_DISPLAY.fullmatch(display))


async def open_in_browser(url: str) -> bool:
    """Opens a URL in the browser of `BROWSER`, or else of the desktop.

    Returns:
        Whether a browser took it within some seconds, or is still about it.
    """
    return await to_thread.run_sync(_open, url)


def _open(url: str) -> bool:
    environment = _browser_environment()
    if environment is None:
        return False
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", _OPEN],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=environment,
        )
    except OSError:
        return False
    try:
        process.communicate(url.encode(), timeout=_WAIT_SECONDS)
    except subprocess.TimeoutExpired:
        # Some browsers keep the process for as long as they are open.
        threading.Thread(target=process.wait, name="browser", daemon=True).start()
        return True
    return process.returncode == 0


def _browser_environment() -> dict[str, str] | None:
    """Returns the environment of a browser, or None if the person has chosen text browsers only."""
    # Without TERM, `webbrowser` does not look for text browsers.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not _SECRET.search(name) and name != "TERM"
    }
    if chosen := kept.get("BROWSER"):
        graphical = [browser for browser in chosen.split(os.pathsep) if not _is_text(browser)]
        if not any(graphical):
            return None
        kept["BROWSER"] = os.pathsep.join(graphical)
    return kept


def _is_text(browser: str) -> bool:
    program = (browser.split() or [""])[0]
    return os.path.basename(program) in _TEXT_BROWSERS  # noqa: PTH119 - a command, not a path
