"""The tools of a provider, as MCP serves them."""

from functools import cache
from inspect import Parameter
from typing import Annotated, Final

from mcp_types import CallToolResult
from msgspec.structs import replace
from pydantic import Field

from runs_mcp.answers.fitting import longest_page
from runs_mcp.confirmation.question import Question
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.providers.definition import ActionTool, ReadTool
from runs_mcp.server.context_functions import Ctx, with_context
from runs_mcp.server.elicitation import channels_of, input_required
from runs_mcp.server.tools.served_tool import ServedTool, ToolResult, answer

_TOKEN: Final = Parameter(
    "confirmation_token",
    Parameter.POSITIONAL_OR_KEYWORD,
    default="",
    annotation=Annotated[
        str,
        Field(
            description="From an answer confirmation_required, after the person agreed.",
            max_length=1000,
        ),
    ],
)


@cache
def provider_tool(provider: str, tool: ReadTool | ActionTool) -> ServedTool:
    """Returns a tool of the provider of this name, in the form that is served."""
    if isinstance(tool, ReadTool):
        return _read_tool(provider, tool)
    return _action_tool(provider, tool)


def _read_tool(name: str, tool: ReadTool) -> ServedTool:
    async def read(ctx: Ctx, **arguments: object) -> CallToolResult:
        services = ctx.request_context.lifespan_context
        provider = services.configuration.provider(name)
        return answer(await tool.function(services.call(provider), **arguments))

    return ServedTool(with_context(read, tool.function), tool.title, tool.report)


def _action_tool(name: str, tool: ActionTool) -> ServedTool:
    async def carry_out(ctx: Ctx, confirmation_token: str = "", **arguments: object) -> ToolResult:
        services = ctx.request_context.lifespan_context
        provider = services.configuration.provider(name)
        deadline = services.deadline()
        action = tool.function(services.call(provider, deadline, fresh=True), **arguments)
        result = await services.guard(provider, deadline).carry_out(
            action, channels_of(ctx), confirmation_token
        )
        if isinstance(result, Question):
            return input_required(result)
        return answer(_fitted(result, services.settings.result_bytes))

    function = with_context(carry_out, tool.function, [_TOKEN])
    return ServedTool(function, tool.title, ActionReport, destructive=True)


def _fitted(report: ActionReport, budget: int) -> ActionReport:
    """Returns the report with as many of its other runs as fit; the preview names all of them.

    Args:
        report: What came of the call.
        budget: The most bytes of the answer.
    """
    return longest_page(
        len(report.others), lambda rows: replace(report, others=report.others[:rows]), budget
    )
