"""Resources: the complete record of a run or a spec's execution, as upstream has it.

For readers that want all of it, and not an answer that fits a model. No budget holds here but the
cap on downloads. Taken out is what gives access: the signed queries of asset URLs, passwords in
URLs and Authorization values, wherever a string holds one. Nothing else is changed.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import anyio.to_thread
import msgspec
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import (
    ResourceError,
    ResourceNotFoundError,
    UnexpectedResourceError,
)

from runs_mcp.errors import InternalError, InvalidArgument, NotFound, RunsError
from runs_mcp.providers.buildkite import BuildkiteClient
from runs_mcp.providers.buildkite.references import BuildkiteSuite, buildkite_run
from runs_mcp.providers.currents import CurrentsClient
from runs_mcp.services import Services
from runs_mcp.settings import Provider, Settings
from runs_mcp.text import clip, one_line, without_url_secrets

logger = logging.getLogger(__name__)

Ctx = Context[Services]


async def currents_run_record(run_id: str, ctx: Ctx) -> str:
    """A Currents run with every spec file and its counts, complete, as the API has it."""
    services = ctx.request_context.lifespan_context
    return await _as_json(await CurrentsClient(services.api("currents")).get_run_record(run_id))


async def currents_instance_record(instance_id: str, ctx: Ctx) -> str:
    """A spec file's execution in Currents with every test and attempt, complete."""
    services = ctx.request_context.lifespan_context
    client = CurrentsClient(services.api("currents"))
    return await _as_json(await client.get_instance_record(instance_id))


async def buildkite_run_record(organization: str, suite: str, run_id: str, ctx: Ctx) -> str:
    """A Buildkite run as the API has it, and all its failures as `failed_executions`."""
    services = ctx.request_context.lifespan_context
    run = buildkite_run(run_id, organization, suite, BuildkiteSuite("", ""))
    client = BuildkiteClient(services.api("buildkite"))
    max_bytes = services.settings.max_download_bytes
    return await _as_json(await client.get_run_record(run, max_bytes=max_bytes))


class Template(NamedTuple):
    """An address, and what reads there; its description is the function's docstring."""

    uri: str
    provider: Provider
    title: str
    read: Callable[..., Awaitable[str]]


TEMPLATES: Final = (
    Template("currents://runs/{run_id}", "currents", "Complete Currents run", currents_run_record),
    Template(
        "currents://instances/{instance_id}",
        "currents",
        "Complete execution of a spec in Currents",
        currents_instance_record,
    ),
    Template(
        "buildkite://{organization}/{suite}/runs/{run_id}",
        "buildkite",
        "Complete Buildkite run",
        buildkite_run_record,
    ),
)


def add_resources(server: MCPServer[Services], settings: Settings) -> None:
    """Adds the templates of the providers that are served."""
    for template in TEMPLATES:
        if template.provider in settings.served_providers:
            add = server.resource(template.uri, title=template.title, mime_type="application/json")
            add(template.read)


def told(error: ResourceError, uri: str) -> ResourceError:
    """Returns what the SDK refused or a template raised, in our own form."""
    cause = error.__cause__
    if isinstance(cause, NotFound | InvalidArgument):
        return ResourceNotFoundError(str(cause))
    if isinstance(cause, RunsError):
        return ResourceError(str(cause))
    if isinstance(error, ResourceNotFoundError):
        missing = NotFound(
            f'There is no resource "{clip(one_line(uri), 120)}".',
            next_step="resources/templates/list says which there are; IDs have no / and no `..`.",
        )
        return ResourceNotFoundError(str(missing))
    if isinstance(error, UnexpectedResourceError):
        logger.error("a resource failed", exc_info=cause or error)
        return ResourceError(str(InternalError("Reading failed in a way that was not foreseen.")))
    return error


async def _as_json(record: dict[str, Any]) -> str:
    # Records of many MB take a second: other calls go on meanwhile.
    return await anyio.to_thread.run_sync(_encode, record)


def _encode(record: dict[str, Any]) -> str:
    take_out_url_secrets(record)
    return msgspec.json.encode(record).decode()


def take_out_url_secrets(record: dict[str, Any]) -> None:
    """Takes signed URLs out of every string value of a record, at any depth, in place."""
    pending: list[dict[str, Any] | list[Any]] = [record]
    while pending:
        container = pending.pop()
        # A value is replaced while walking, which changes no size.
        places: Any = container.items() if isinstance(container, dict) else enumerate(container)
        for place, value in places:
            if isinstance(value, str):
                container[place] = without_url_secrets(value)
            elif isinstance(value, dict | list):
                pending.append(value)
