"""Functions in the form that the SDK calls: the context of the request, then the arguments."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from inspect import Parameter, signature
from typing import TypeAlias, TypeVar

from mcp.server.mcpserver import Context

from runs_mcp.services import Services

T = TypeVar("T")
Ctx: TypeAlias = Context[Services]
ContextFunction: TypeAlias = Callable[..., Awaitable[T]]


def with_context(
    run: ContextFunction[T], of: Callable[..., object], more: Sequence[Parameter] = ()
) -> ContextFunction[T]:
    """Returns a function with the name, docstring and arguments of another, as the SDK reads them.

    Args:
        run: Is called with the context of the request and the arguments.
        of: The function whose form it takes: what a provider works with, then the arguments.
        more: Arguments besides those.
    """

    async def function(ctx: Ctx, **arguments: object) -> T:
        return await run(ctx, **arguments)

    arguments = [*list(signature(of).parameters.values())[1:], *more]
    context = Parameter("ctx", Parameter.POSITIONAL_OR_KEYWORD, annotation=Ctx)
    function.__name__ = of.__name__
    function.__doc__ = of.__doc__
    function.__annotations__ = {one.name: one.annotation for one in [context, *arguments]}
    function.__signature__ = inspect.Signature([context, *arguments])  # type: ignore[attr-defined]
    return function
