"""Prompts: the workflows of `prompts/*.md`, for a person to pick in a host.

A file is a front matter in TOML between two lines of `+++`, and a text. In the text `{argument}`
stands for what a person gave, and backticks are for the names of tools alone. Every file is checked
at start, so that none can name what is not there.
"""

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import Message, Prompt, PromptArgument, UserMessage
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from msgspec import Struct

from runs_mcp.configuration import Configuration
from runs_mcp.errors import InvalidArgument
from runs_mcp.server.tools.catalog import served_tools, tool_providers
from runs_mcp.settings import SettingsError
from runs_mcp.text import clip, one_line, without_url_secrets

logger = logging.getLogger(__name__)

_PACKAGE: Final = Path(__file__).parent.parent
PACKAGED: Final = _PACKAGE / "prompt_files"
"""Where a wheel has the files; in a checkout they are in `prompts/` at the top."""

_ARGUMENT_CHARS: Final = 500
_NOT_GIVEN: Final = "(not given)"
_FILE: Final = re.compile(r"\+\+\+\n(?P<front>.*?)^\+\+\+\n(?P<text>.*)", re.DOTALL | re.MULTILINE)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_IN_BACKTICKS: Final = re.compile(r"`([^`]*)`")


class ArgumentHead(Struct, frozen=True, forbid_unknown_fields=True):
    """What the front matter says of an argument."""

    name: str
    description: str
    required: bool


class FrontMatter(Struct, frozen=True, forbid_unknown_fields=True):
    """What the front matter says of a prompt."""

    name: str
    title: str
    description: str
    arguments: tuple[ArgumentHead, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """A prompt as its file has it."""

    head: FrontMatter
    text: str

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that the text names, each once."""
        return tuple(dict.fromkeys(_IN_BACKTICKS.findall(self.text)))

    def filled_in(self, given: Mapping[str, str]) -> str:
        """Returns the text with what was given, as quoted one-line text of bounded length.

        Raises:
            InvalidArgument: There is no such argument, or a required one is missing.
        """
        names = [argument.name for argument in self.head.arguments]
        if unknown := [name for name in given if name not in names]:
            raise InvalidArgument(
                f'{self.head.name} has no argument "{clip(one_line(unknown[0]), 80)}".',
                next_step=f"It takes {', '.join(names) or 'none'}.",
            )
        values = {name: _quoted(given.get(name, "")) for name in names}
        for argument in self.head.arguments:
            if argument.required and not values[argument.name]:
                raise InvalidArgument(f"{self.head.name} needs the argument {argument.name}.")
        # In one pass: braces in a value are no placeholder.
        return _PLACEHOLDER.sub(lambda place: values[place[1]] or _NOT_GIVEN, self.text)


class WorkflowPrompt(Prompt):
    """A workflow as the SDK serves it: one message of the user, made by `fn`."""

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

    A prompt needs the tools that serve every provider, and, if it names any provider's own, all of
    those of one provider at least. Of another provider's tools it says that they are missing.

    Raises:
        SettingsError: A file is no prompt, or there is none.
    """
    providers = tool_providers(configuration.definitions)
    served = {tool.name for tool in served_tools(configuration)}
    prompts: list[Prompt] = []
    for workflow in load_workflows(prompt_directory(), providers):
        missing = [name for name in workflow.tools if name not in served]
        wanting = {providers[name] for name in missing}
        own = {providers[name] for name in workflow.tools} - {None}
        if None in wanting or (own and own <= wanting):
            logger.info("prompt %s needs %s: not served", workflow.head.name, ", ".join(missing))
            continue
        prompts.append(_prompt(workflow, missing))
    return prompts


def prompt_directory() -> Path:
    """Returns where the files are: in the package, or at the top of the checkout."""
    return PACKAGED if PACKAGED.is_dir() else _PACKAGE.parent / "prompts"


def load_workflows(directory: Path, tools: Collection[str]) -> list[Workflow]:
    """Reads and checks every file of a directory.

    Args:
        directory: Where the `*.md` files are.
        tools: The names of all tools there are, served or not.

    Raises:
        SettingsError: A file is no prompt, two have one name, or there is no file.
    """
    workflows: dict[str, Workflow] = {}
    for path in sorted(directory.glob("*.md")):
        try:
            workflow = parse_workflow(path.read_text(encoding="utf-8"), tools)
        except (OSError, ValueError) as error:
            raise _unusable(path, str(error)) from error
        if workflow.head.name in workflows:
            raise _unusable(path, f"another file has the name {workflow.head.name} already")
        workflows[workflow.head.name] = workflow
    if not workflows:
        raise SettingsError("there are no prompts: the installation is incomplete, install again")
    return list(workflows.values())


def _unusable(path: Path, why: str) -> SettingsError:
    return SettingsError(f"prompts/{path.name} is no prompt: {clip(one_line(why), 300)}")


def parse_workflow(content: str, tools: Collection[str]) -> Workflow:
    """Returns the prompt that a file is.

    Raises:
        ValueError: It is none; the message says why.
    """
    parts = _FILE.fullmatch(content.replace("\r\n", "\n"))
    if parts is None:
        raise ValueError("it does not begin with a front matter between two lines of +++")
    head = msgspec.toml.decode(parts["front"], type=FrontMatter)
    workflow = Workflow(head, parts["text"].strip())
    _check_head(head)
    _check_text(workflow, tools)
    return workflow


def _check_head(head: FrontMatter) -> None:
    names = [argument.name for argument in head.arguments]
    for name in (head.name, *names):
        if not _NAME.fullmatch(name):
            raise ValueError(f'"{name}" is no name: lower-case letters, digits and _')
    if len(set(names)) < len(names):
        raise ValueError("two arguments have one name")
    said = [head.title, head.description, *(argument.description for argument in head.arguments)]
    if not all(text.strip() and text.isprintable() for text in said):
        raise ValueError("a title or description is empty, or more than one line")


def _check_text(workflow: Workflow, tools: Collection[str]) -> None:
    if not workflow.text:
        raise ValueError("it has no text")
    names = {argument.name for argument in workflow.head.arguments}
    placeholders = set(_PLACEHOLDER.findall(workflow.text))
    for name in sorted(placeholders - names):
        raise ValueError(f"the placeholder {{{name}}} has no argument")
    for name in sorted(names - placeholders):
        raise ValueError(f"the argument {name} has no placeholder {{{name}}}")
    rest = _PLACEHOLDER.sub("", workflow.text)
    if "{" in rest or "}" in rest:
        raise ValueError("a brace belongs to no placeholder")
    if rest.count("`") % 2:
        raise ValueError("a backtick has no partner")
    for name in workflow.tools:
        if name not in tools:
            raise ValueError(f"there is no tool `{name}`, and backticks are for tools alone")


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
        fn=lambda given: workflow.filled_in(given) + note,
        context_kwarg=None,
    )


def _quoted(value: str) -> str:
    """Returns what somebody gave as data: one bounded plain line in quotes that it cannot close."""
    line = clip(without_url_secrets(one_line(value)), _ARGUMENT_CHARS)
    return '"' + line.replace('"', "'").replace("`", "'") + '"' if line else ""
