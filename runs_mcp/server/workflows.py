"""The files in `prompts/`: read and checked.

A file is a front matter in TOML between two lines of `+++`, and a text. In the text `{argument}`
stands for the value of an argument, and backticks are for names of tools only. Every file is
checked at start, so that no prompt names a tool that does not exist.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from runs_mcp.errors import InvalidArgument, SettingsError
from runs_mcp.text import clip, one_line, quoted, safe_line

_PACKAGE: Final = Path(__file__).parent.parent
PACKAGED: Final = _PACKAGE / "prompt_files"
"""Where the files are in a wheel; in a checkout they are in `prompts/` at the top."""
_ARGUMENT_CHARS: Final = 500
_NOT_GIVEN: Final = "(not given)"
_FILE: Final = re.compile(r"\+\+\+\n(?P<front>.*?)^\+\+\+\n(?P<text>.*)", re.DOTALL | re.MULTILINE)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_IN_BACKTICKS: Final = re.compile(r"`([^`]*)`")


class Argument(Struct, frozen=True, forbid_unknown_fields=True):
    """An argument in the front matter."""

    name: str
    description: str
    required: bool


class FrontMatter(Struct, frozen=True, forbid_unknown_fields=True):
    """The front matter of a file."""

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """A prompt as its file defines it."""

    head: FrontMatter
    text: str

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that the text names, each once."""
        return tuple(dict.fromkeys(_IN_BACKTICKS.findall(self.text)))

    def filled_in(self, values: Mapping[str, str]) -> str:
        """Returns the text with each value as one quoted line of bounded length.

        Raises:
            InvalidArgument: There is no such argument, or a required one is missing.
        """
        names = [argument.name for argument in self.head.arguments]
        if unknown := [name for name in values if name not in names]:
            raise InvalidArgument(
                f"{self.head.name} has no argument {quoted(unknown[0], 80)}.",
                next_step=f"It takes {', '.join(names) or 'none'}.",
            )
        filled = {name: _as_data(values.get(name, "")) for name in names}
        for argument in self.head.arguments:
            if argument.required and not filled[argument.name]:
                raise InvalidArgument(f"{self.head.name} needs the argument {argument.name}.")
        # In one pass, so that braces in a value are not taken for a placeholder.
        return _PLACEHOLDER.sub(lambda place: filled[place[1]] or _NOT_GIVEN, self.text)


def prompt_directory() -> Path:
    """Returns the folder of the files: in the package, or at the top of the checkout."""
    return PACKAGED if PACKAGED.is_dir() else _PACKAGE.parent / "prompts"


def load_workflows(directory: Path, tools: Collection[str]) -> list[Workflow]:
    """Reads and checks every file of a directory.

    Args:
        directory: Where the `*.md` files are.
        tools: The names of all tools, served or not.

    Raises:
        SettingsError: A file is not a prompt, two have the same name, or there is no file.
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
    return SettingsError(f"prompts/{path.name} is not a prompt: {clip(one_line(why), 300)}")


def parse_workflow(content: str, tools: Collection[str]) -> Workflow:
    """Returns the prompt in the content of a file.

    Raises:
        ValueError: It is not a prompt; the message says why.
    """
    parts = _FILE.fullmatch(content.replace("\r\n", "\n"))
    if parts is None:
        raise ValueError("it does not start with a front matter between two lines of +++")
    head = msgspec.toml.decode(parts["front"], type=FrontMatter)
    workflow = Workflow(head, parts["text"].strip())
    _check_head(head)
    _check_text(workflow, tools)
    return workflow


def _check_head(head: FrontMatter) -> None:
    names = [argument.name for argument in head.arguments]
    for name in (head.name, *names):
        if not _NAME.fullmatch(name):
            raise ValueError(f'"{name}" is not a name: lower-case letters, digits and _')
    if len(set(names)) < len(names):
        raise ValueError("two arguments have the same name")
    texts = [head.title, head.description, *(argument.description for argument in head.arguments)]
    if not all(text.strip() and text.isprintable() for text in texts):
        raise ValueError("a title or description is empty, or has more than one line")


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
        raise ValueError("a brace is not part of a placeholder")
    if rest.count("`") % 2:
        raise ValueError("a backtick is not closed")
    for name in workflow.tools:
        if name not in tools:
            raise ValueError(f"there is no tool `{name}`, and backticks are for tools only")


def _as_data(value: str) -> str:
    """Returns a value as data: one bounded plain line in quotes that it cannot close."""
    line = clip(safe_line(value), _ARGUMENT_CHARS)
    return '"' + line.replace('"', "'").replace("`", "'") + '"' if line else ""
