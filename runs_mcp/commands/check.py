"""`runs-mcp check`: whether the configuration works."""

from collections.abc import Awaitable, Callable, Mapping

import anyio
import msgspec

from runs_mcp.configuration import Configuration, ConfiguredProvider
from runs_mcp.confirmation.audit import AuditLog
from runs_mcp.errors import MalformedResponse, RunsError
from runs_mcp.services import Services, open_services
from runs_mcp.standard_streams import write_json, write_out


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What does not work.

    Args:
        what: What happened.
        next: What to do.
        kind: The kind of error of an API.
        status: The HTTP status, where there was one.
    """

    what: str
    next: str
    kind: str = ""
    status: int | None = None


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a provider or a file works.

    Args:
        name: Its name.
        ok: Whether it works.
        url: Where the provider's API is.
        found: What works.
        problem: What does not.
    """

    name: str
    ok: bool
    url: str = ""
    found: str = ""
    problem: Problem | None = None


class Report(msgspec.Struct, frozen=True):
    """What `check --json` prints.

    Args:
        ok: Whether all that is configured works.
        providers: The providers that are configured.
        files: The files that a server writes.
    """

    ok: bool
    providers: list[Finding]
    files: list[Finding]


def check(configuration: Configuration, *, as_json: bool = False) -> int:
    """Tests each key against its API, and each file; prints what works, and returns 0 if all does.

    Args:
        configuration: What to test.
        as_json: Whether to print one JSON object at the end, rather than lines.
    """
    report = anyio.run(_check, configuration, _say_nothing if as_json else _print)
    if as_json:
        write_json(msgspec.to_builtins(report))
    return 0 if report.ok else 1


async def _check(configuration: Configuration, tell: Callable[[Finding], None]) -> Report:
    providers: list[Finding] = []
    files: list[Finding] = []
    async with open_services(configuration) as services:
        for provider in configuration.served:
            providers.append(await _tried(provider, services))
            tell(providers[-1])
        for name, require in _files(configuration, services).items():
            files.append(await _writable(name, require))
            tell(files[-1])
    return Report(all(one.ok for one in (*providers, *files)), providers, files)


def _print(finding: Finding) -> None:
    name, problem = finding.name, finding.problem
    if finding.url:
        write_out(f"{name}: {finding.url}\n")
    if problem:
        kind = f" [kind={problem.kind}]" if problem.kind else ""
        write_out(f"{name}: does not work: {problem.what}{kind} {problem.next}\n")
    elif finding.found:
        write_out(f"{name}: {finding.found}\n")


def _say_nothing(finding: Finding) -> None:
    del finding


async def _tried(provider: ConfiguredProvider, services: Services) -> Finding:
    name, url = provider.definition.name, provider.settings.api_url
    try:
        found = await provider.definition.probe(services.call(provider))
    except RunsError as error:
        if isinstance(error, MalformedResponse):  # most often the page of another service
            error.next_step = f"Check that {provider.settings.url_setting} is where the API is."
        problem = Problem(error.what, error.next_step, error.kind, error.status)
        return Finding(name, ok=False, url=url, problem=problem)
    return Finding(name, ok=True, url=url, found=found)


def _files(
    configuration: Configuration, services: Services
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """Returns the files that a server writes, each with what tests it."""
    # A server that only reads does not start without its audit log either.
    audit = AuditLog(configuration.settings.audit_log)
    files = {"audit log": audit.require_writable}
    if not configuration.settings.read_only:
        files["used confirmations"] = services.store.check
    return files


async def _writable(name: str, require: Callable[[], Awaitable[None]]) -> Finding:
    try:
        await require()
    except RunsError as error:
        return Finding(name, ok=False, problem=Problem(error.what, error.next_step))
    return Finding(name, ok=True)
