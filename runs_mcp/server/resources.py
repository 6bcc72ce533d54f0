"""Resources: the complete record of a run or a spec's execution, as the API sends it.

For readers that want everything, without the budget of an answer; only the limit on downloads
holds. What gives access is removed from every string: the signed queries of asset URLs, passwords
in URLs and Authorization values. Nothing else is changed.
"""

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, Final

import msgspec
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import (
    ResourceError,
    ResourceNotFoundError,
    UnexpectedResourceError,
)

from runs_mcp.configuration import Configuration, ConfiguredProvider
from runs_mcp.deadline import stop_when_late
from runs_mcp.errors import InternalError, InvalidArgument, NotFound, RunsError, TooLarge
from runs_mcp.providers.definition import RecordTemplate
from runs_mcp.server.context_functions import ContextFunction, Ctx, with_context
from runs_mcp.server.key_hiding import own_keys
from runs_mcp.services import Services
from runs_mcp.text import (
    is_secret_field,
    parts_of,
    plain,
    quoted,
    without_keys,
    without_url_secrets,
)

logger = logging.getLogger(__name__)

_MOST_BYTES: Final = 40_000_000
"""What is sent takes several times as much memory until it is written."""

_KEPT_TEXTS: Final = 1000


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
        call = services.call(services.configuration.provider(provider.definition.name))
        keys = own_keys(services.configuration)
        with call.api.keeping():
            record = await template.read(call, **parts)
            return await call.api.work_on(lambda: _as_json(record, keys))

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


def _as_json(record: dict[str, Any], keys: Sequence[str]) -> str:
    remove_secrets(record, keys)
    encoded = msgspec.json.encode(record)
    if len(encoded) > _MOST_BYTES:
        raise TooLarge(
            f"The record has {len(encoded):,} bytes as JSON; one of more than {_MOST_BYTES:,} is "
            "not sent.",
            next_step="Read it page by page with the tools.",
        )
    return encoded.decode()


def remove_secrets(record: dict[str, Any], keys: Sequence[str] = ()) -> None:
    """Removes secrets from every string of a record and every name in it, at any depth, in place.

    The value of a field that has the name of a secret is one.
    """
    # Names and short values come again and again.
    hide = lru_cache(_KEPT_TEXTS)(partial(_without_secrets, keys=keys))
    is_secret = lru_cache(_KEPT_TEXTS)(is_secret_field)
    pending: list[dict[str, Any] | list[Any]] = [record]
    while pending:
        stop_when_late()
        container = pending.pop()
        if isinstance(container, dict):
            _hide_fields(container, hide, is_secret)
        else:
            _hide_across_lines(container, hide)
        # Replacing a value while iterating is safe: the size does not change.
        places: Any = container.items() if isinstance(container, dict) else enumerate(container)
        for place, value in places:
            if isinstance(value, str):
                container[place] = hide(value)
            elif isinstance(value, dict | list):
                pending.append(value)


def _hide_fields(
    container: dict[str, Any], hide: Callable[[str], str], is_secret: Callable[[str], bool]
) -> None:
    for name in [*container]:
        if isinstance(container[name], str) and is_secret(name):
            container[name] = "…"
        shown = hide(name)
        while shown != name and shown in container:
            shown += "…"
        if shown != name:
            container[shown] = container.pop(name)


def _hide_across_lines(lines: list[Any], hide: Callable[[str], str]) -> None:
    """Hides what is broken over two lines, where a list has the lines of a text."""
    if len(lines) > 1 and all(isinstance(line, str) for line in lines):
        text = "\n".join(lines)
        if (hidden := hide(text)) != text:
            lines[:] = hidden.split("\n")


def _without_secrets(text: str, keys: Sequence[str]) -> str:
    return "".join(_part_without_secrets(part, keys) for part in parts_of(text))


def _part_without_secrets(text: str, keys: Sequence[str]) -> str:
    """Returns the text without secrets, as plain text if only that shows them."""
    stop_when_late()
    flat = plain(text)
    if flat != text and (hidden := _hidden(flat, keys)) != flat:
        return hidden
    return _hidden(text, keys)


def _hidden(text: str, keys: Sequence[str]) -> str:
    return without_keys(without_url_secrets(text), keys)
