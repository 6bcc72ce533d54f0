"""An action that the guard protects, and the preview of what it would do."""

from typing import Final, NamedTuple, Protocol

from runs_mcp.model import Receipt, Run
from runs_mcp.settings import ActionName
from runs_mcp.text import without_keys

LINE_COLUMNS: Final = 74
"""The columns of a question's line: Claude Code cuts what is longer, in a terminal of 80."""


class Summary(NamedTuple):
    """A preview in three lines of at most `LINE_COLUMNS` columns, for a question.

    Args:
        action: What would be done.
        which: The run, by what a person knows it by: branch, commit, message.
        state: Its state, counts and age.
    """

    action: str
    which: str
    state: str


class Fact(NamedTuple):
    """Something known of a run, for the confirmation page.

    Args:
        label: What it is.
        values: Plain lines, which may be strangers' texts.
    """

    label: str
    values: tuple[str, ...]


class Preview(NamedTuple):
    """What an action would do to a run as it is now.

    Args:
        run: The run, where one is known.
        deciding_facts: What the decision depends on: where it differs, it is another decision.
        description: The run, its state, counts and age in plain words.
        effect: What the action does, and whether it can be undone.
        summary: The same in three short lines.
        facts: All that is known of the run, a fact a row.
        already_done: Why nothing is left to do; empty where something is.
        others: More runs that the action concerns.
    """

    run: Run | None
    deciding_facts: tuple[str, ...]
    description: str
    effect: str
    summary: Summary = Summary("", "", "")
    facts: tuple[Fact, ...] = ()
    already_done: str = ""
    others: tuple[Run, ...] = ()

    def without_key(self, key: str) -> "Preview":
        """Returns the preview without the caller's key in what a person reads."""

        def hidden(text: str) -> str:
            return without_keys(text, [key])

        return self._replace(
            description=hidden(self.description),
            summary=Summary(*map(hidden, self.summary)),
            facts=tuple(Fact(fact.label, tuple(map(hidden, fact.values))) for fact in self.facts),
        )


class Action(Protocol):
    """A write, and the reads before and after it."""

    @property
    def name(self) -> ActionName:
        """What the action does."""

    @property
    def provider(self) -> str:
        """The provider whose run it changes."""

    @property
    def tool(self) -> str:
        """The tool that was called."""

    @property
    def target(self) -> str:
        """The ID whose last characters a person types to confirm."""

    @property
    def arguments(self) -> tuple[object, ...]:
        """The tool's arguments: a confirmation is valid for these alone."""

    async def inspect(self) -> Preview:
        """Reads what the action would do now."""

    async def execute(self) -> Receipt:
        """Sends the write, once.

        Raises:
            AnswerLost: It was sent, and no answer says whether it was carried out.
            RunsError: It was not sent, or the API refused it.
        """

    async def verify(self, before: Preview) -> bool:
        """Reads whether a write whose answer was lost took effect."""
