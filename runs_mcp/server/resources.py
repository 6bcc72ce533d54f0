"""Resources: the complete record of a run or a spec's execution, as the API sends it.

For readers that want everything, without the budget of an answer; only the limit on downloads
holds. What gives access is removed from every string: the signed queries of asset URLs, passwords
in URLs and Authorization values. Nothing else is changed.
"""

import logging
from typing import Any

import anyio.to_thread
import msgspec
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import (
    ResourceError,
    ResourceNotFoundError,
    UnexpectedResourceError,
)

from runs_mcp.configuration import Configuration, ConfiguredProvider
from runs_mcp.errors import InternalError, InvalidArgument, NotFound, RunsError
from runs_mcp.providers.definition import RecordTemplate
from runs_mcp.server.context_functions import ContextFunction, Ctx, with_context
from runs_mcp.services import Services
from runs_mcp.text import is_secret_field, plain, quoted, without_url_secrets

logger = logging.getLogger(__name__)


def add_resources(server: MCPServer[Services], configuration: Configuration) -> None:
    """Adds the templates of the providers that are served."""
    for provider in configuration.served:
        for template in provider.definition.records:
            add = server.resource(
                template.address, title=template.title, mime_type="application/json"
            )
            add(_reader(provider, template))


def _reader(provider: ConfiguredProvider, template: RecordTemplate) -> ContextFunction[str]:
    async def read(ctx: Ctx, **parts: object) -> str:
        services = ctx.request_context.lifespan_context
        return await _as_json(await template.read(services.call(provider), **parts))

    return with_context(read, template.read)


def resource_error(error: ResourceError, uri: str) -> ResourceError:
    """Returns the error to raise for what a template raised or the SDK refused, in our form."""
    cause = error.__cause__
    if isinstance(cause, NotFound | InvalidArgument):
        return ResourceNotFoundError(str(cause))
    if isinstance(cause, RunsError):
        return ResourceError(str(cause))
    if isinstance(error, ResourceNotFoundError):
        missing = NotFound(
            f"There is no resource {quoted(uri, 120)}.",
            next_step="resources/templates/list gives the addresses; IDs have no / and no `..`.",
        )
        return ResourceNotFoundError(str(missing))
    if isinstance(error, UnexpectedResourceError):
        logger.error("a resource failed", exc_info=cause or error)
        return ResourceError(str(InternalError("Reading failed unexpectedly.")))
    return error


async def _as_json(record: dict[str, Any]) -> str:
    # Off the event loop: a record of many MB takes a second.
    return await anyio.to_thread.run_sync(_encode, record)


def _encode(record: dict[str, Any]) -> str:
    remove_url_secrets(record)
    return msgspec.json.encode(record).decode()


def remove_url_secrets(record: dict[str, Any]) -> None:
    """Removes secrets from every string of a record and every name in it, at any depth, in place.

    The value of a field that has the name of a secret is one.
    """
    pending: list[dict[str, Any] | list[Any]] = [record]
    while pending:
        container = pending.pop()
        if isinstance(container, dict):
            for name in [*container]:
                if isinstance(container[name], str) and is_secret_field(name):
                    container[name] = "…"
                if (shown := _without_secrets(name)) != name:
                    container[shown] = container.pop(name)
        # Replacing a value while iterating is safe: the size does not change.
        places: Any = container.items() if isinstance(container, dict) else enumerate(container)
        for place, value in places:
            if isinstance(value, str):
                container[place] = _without_secrets(value)
            elif isinstance(value, dict | list):
                pending.append(value)


def _without_secrets(text: str) -> str:
    """Returns the text without secrets, as plain text if only that shows them."""
    flat = plain(text)
    if flat != text and (hidden := without_url_secrets(flat)) != flat:
        return hidden
    return without_url_secrets(text)
