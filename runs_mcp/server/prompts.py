"""Prompts: the workflows of `prompts/*.md`, for a person to pick in a host."""

import logging
from collections.abc import Sequence
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import Message, Prompt, PromptArgument, UserMessage
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from runs_mcp.configuration import Configuration
from runs_mcp.errors import InvalidArgument
from runs_mcp.server.tools.catalog import served_names, tool_providers
from runs_mcp.server.workflows import Workflow, load_workflows, prompt_directory

logger = logging.getLogger(__name__)


class WorkflowPrompt(Prompt):
    """A workflow as the SDK serves it: one message of the user, which `fn` returns."""

    async def render(
        self, arguments: dict[str, Any] | None, context: Context[Any, Any]
    ) -> list[Message]:
        """Returns the text, filled in."""
        del context
        try:
            return [UserMessage(str(self.fn(arguments or {})))]
        except InvalidArgument as error:
            raise MCPError(INVALID_PARAMS, str(error)) from error


def served_prompts(configuration: Configuration) -> list[Prompt]:
    """Returns the prompts whose tools are served; all files are checked.

    A prompt is served where the tools for every provider are, and, if it names tools of providers,
    all of those of at least one provider. It says which others are missing.

    Raises:
        SettingsError: A file is not a prompt, or there is no file.
    """
    providers = tool_providers(configuration.definitions)
    served = served_names(configuration)
    prompts: list[Prompt] = []
    for workflow in load_workflows(prompt_directory(), providers):
        missing = [name for name in workflow.tools if name not in served]
        incomplete = {providers[name] for name in missing}
        named = {providers[name] for name in workflow.tools} - {None}
        if None in incomplete or (named and named <= incomplete):
            logger.info("prompt %s needs %s: not served", workflow.head.name, ", ".join(missing))
            continue
        prompts.append(_prompt(workflow, missing))
    return prompts


def _prompt(workflow: Workflow, missing: Sequence[str]) -> Prompt:
    head = workflow.head
    note = (
        f"\n\nNot served here: {', '.join(missing)}. Leave out what needs them, and do not look "
        "for a way around."
        if missing
        else ""
    )
    return WorkflowPrompt(
        name=head.name,
        title=head.title,
        description=head.description,
        arguments=[
            PromptArgument(
                name=argument.name, description=argument.description, required=argument.required
            )
            for argument in head.arguments
        ],
        fn=lambda values: workflow.filled_in(values) + note,
        context_kwarg=None,
    )
