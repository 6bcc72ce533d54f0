"""What tests ran with, in a few words: framework, operating system and browser."""

from runs_mcp.providers.currents.wire import runs as wire
from runs_mcp.providers.field_values import line


def framework(sent: wire.WireFramework | None, cypress_version: str | None) -> str:
    """Returns a framework's name and version; old payloads have only the version of Cypress."""
    if sent is not None and sent.type:
        return line(f"{sent.type} {sent.version or ''}")
    return line(f"cypress {cypress_version}") if cypress_version else ""


def platform(sent: wire.WirePlatform | None) -> str:
    """Returns operating system and browser, as far as they are known."""
    if sent is None:
        return ""
    system = f"{sent.os_name or ''} {sent.os_version or ''}".strip()
    browser = f"{sent.browser_name or ''} {sent.browser_version or ''}".strip()
    return line(", ".join(part for part in (system, browser) if part))
