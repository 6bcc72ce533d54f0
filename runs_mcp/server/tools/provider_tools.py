"""The tools that a provider brings, as MCP serves them."""

from inspect import Parameter
from typing import Annotated, Final

from mcp_types import CallToolResult
from msgspec.structs import replace
from pydantic import Field

from runs_mcp.answers.fitting import longest_page
from runs_mcp.configuration import ConfiguredProvider
from runs_mcp.confirmation.action import Question
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.providers.definition import ActionTool, ReadTool
from runs_mcp.server.context_functions import Ctx, with_context
from runs_mcp.server.elicitation import Host, input_required
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


def provider_tool(provider: ConfiguredProvider, tool: ReadTool | ActionTool) -> ServedTool:
    """Returns a provider's tool as it is served."""
    if isinstance(tool, ReadTool):
        return _read_tool(provider, tool)
    return _action_tool(provider, tool)


def _read_tool(provider: ConfiguredProvider, tool: ReadTool) -> ServedTool:
    async def read(ctx: Ctx, **arguments: object) -> CallToolResult:
        services = ctx.request_context.lifespan_context
        return answer(await tool.function(services.call(provider), **arguments))

    return ServedTool(with_context(read, tool.function), tool.title, tool.report)


def _action_tool(provider: ConfiguredProvider, tool: ActionTool) -> ServedTool:
    async def act(ctx: Ctx, confirmation_token: str = "", **arguments: object) -> ToolResult:
        services = ctx.request_context.lifespan_context
        deadline = services.deadline()
        action = tool.function(services.call(provider, deadline), **arguments)
        outcome = await services.guard(provider, deadline).carry_out(
            action, Host(ctx, services.answer_seconds), confirmation_token
        )
        if isinstance(outcome, Question):
            return input_required(outcome)
        return answer(fitting(outcome, services.settings.result_bytes))

    function = with_context(act, tool.function, [_TOKEN])
    return ServedTool(function, tool.title, ActionReport, destructive=True)


def fitting(report: ActionReport, budget: int) -> ActionReport:
    """Returns the report with as many of the other runs as fit; its preview names them all."""
    return longest_page(
        len(report.others), lambda rows: replace(report, others=report.others[:rows]), budget
    )
