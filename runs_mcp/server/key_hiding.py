"""The server's own keys, hidden in whatever it answers.

Texts are cleaned where they are read, but only whole answers show what cleaning made of them.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel

from runs_mcp.configuration import Configuration
from runs_mcp.services import Services
from runs_mcp.text import may_have_key, without_keys

# Resources hide them by themselves, off the event loop: a record can have many MB.
_ANSWERS: Final = frozenset({"tools/call", "prompts/get", "completion/complete"})


def add_key_hiding(server: MCPServer[Services]) -> None:
    """Hides the keys that are used in the server's answers."""

    async def hide(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        if ctx.method not in _ANSWERS or result is None:
            return result
        services: Services = ctx.lifespan_context
        keys = own_keys(services.configuration)
        sent = result.model_dump(by_alias=True) if isinstance(result, BaseModel) else result
        texts = "\n".join(_texts(sent))
        if not any(may_have_key(texts, key) for key in keys):
            return result
        return _hidden_fields(sent, keys)

    server.middleware.append(hide)


def own_keys(configuration: Configuration) -> list[str]:
    """Returns the keys of the served providers."""
    return [provider.settings.key for provider in configuration.served]


def _texts(value: object) -> Iterator[str]:
    """Yields every text in a value, names included."""
    pending = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            yield from value
            pending += value.values()


def _hidden(value: object, keys: Sequence[str]) -> object:
    if isinstance(value, str):
        return without_keys(value, keys)
    if isinstance(value, list):
        return [_hidden(item, keys) for item in value]
    return _hidden_fields(value, keys) if isinstance(value, dict) else value


def _hidden_fields(fields: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {without_keys(name, keys): _hidden(value, keys) for name, value in fields.items()}
