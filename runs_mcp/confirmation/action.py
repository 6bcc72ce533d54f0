"""What the guard needs of an action, and of the person who confirms it."""

from typing import NamedTuple, Protocol

from runs_mcp.model import Receipt, Run
from runs_mcp.settings import ActionName


class Preview(NamedTuple):
    """What an action would do, as it stands.

    Args:
        run: The run, where one is known.
        others: More runs that the action concerns.
        decides: What the decision rests on. Another value means another decision.
        preview: The run, its state, counts and age in plain words.
        effect: What the action does, and whether it can be undone.
        done_already: How it is done already; empty where it is not.
    """

    run: Run | None
    decides: tuple[str, ...]
    preview: str
    effect: str
    done_already: str = ""
    others: tuple[Run, ...] = ()


class Action(Protocol):
    """A write, and the reads around it."""

    @property
    def name(self) -> ActionName:
        """What is done."""

    @property
    def provider(self) -> str:
        """Where it is done."""

    @property
    def tool(self) -> str:
        """The tool that was called for it."""

    @property
    def target(self) -> str:
        """The ID whose last characters the person types."""

    @property
    def arguments(self) -> tuple[object, ...]:
        """What tells this call from another of the tool."""

    async def inspect(self) -> Preview:
        """Reads what the action would do now."""

    async def execute(self) -> Receipt:
        """Does it: sent once."""

    async def verify(self, before: Preview) -> bool:
        """Reads whether it was done after all, its answer being lost."""


class Question(NamedTuple):
    """What a person is asked. `state` comes back with the answer."""

    message: str
    state: str


class Reply(NamedTuple):
    """How a person answered: what they typed, or None; or that nobody answered."""

    typed: str | None = None
    answered: bool = True


class Person(Protocol):
    """Whoever sits before the host, as far as it lets us ask."""

    @property
    def can_be_asked(self) -> bool:
        """Whether a question would reach anybody."""

    @property
    def seconds(self) -> float:
        """How long there is to answer."""

    def earlier_reply(self) -> tuple[str, Reply] | None:
        """Returns the state and the answer of a question that was put before this call."""

    async def ask(self, question: Question) -> Reply | None:
        """Puts a question; None where the call has to come again with the answer."""
