"""An action on a run that changes as a test wants it, and remembers what was done to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import anyio.lowlevel

from runs_mcp.confirmation.action import Fact, Preview, Summary
from runs_mcp.errors import AnswerLost, Conflict, NotFound, RateLimited, RunsError, Unreachable
from runs_mcp.model import Receipt, Run
from runs_mcp.settings import ActionName

RUN_ID: Final = "0123456789abcdef"
ACTIONS: Final[tuple[ActionName, ...]] = ("cancel", "reset", "delete")
CHANGES: Final = (
    "nothing",
    "nothing",
    "nothing",
    "more completes",
    "another fails",
    "fails again",
    "passes",
    "is over",
    "goes on",
    "is canceled",
    "is deleted",
)
WriteResult = Literal["done", "refused", "lost with effect", "lost without"]


@dataclass
class FakeRun:
    """A run, and what others do to it."""

    completion: str = "in_progress"
    exists: bool = True
    completed_specs: int = 3
    failed_specs: dict[str, int] = field(default_factory=lambda: {"login.spec": 1, "pay.spec": 2})
    """When each failed."""
    time: int = 10
    changes: list[str] = field(default_factory=list)
    """What happens at the next awaits, one each."""

    def deciding_facts(self, name: ActionName) -> tuple[str, ...]:
        """«As shown» in CONTRACT."""
        failed = sorted(f"{spec} {end}" for spec, end in self.failed_specs.items())
        return {
            "cancel": (self.completion,),
            "reset": (self.completion, *failed),
            "delete": (self.completion, str(self.completed_specs)),
        }[name]

    def already_done(self, name: ActionName) -> bool:
        return {
            "cancel": self.completion != "in_progress",
            "reset": not self.failed_specs,
            "delete": not self.exists,
        }[name]

    def apply(self, name: ActionName) -> None:
        if name == "cancel":
            self.completion = "canceled"
        elif name == "reset":
            self.completion, self.failed_specs = "in_progress", {}
        else:
            self.exists = False

    def change(self, what: str) -> None:
        self.time += 1
        match what:
            case "more completes":
                self.completed_specs += 1
            case "another fails":
                self.failed_specs[f"spec {self.time}"] = self.time
            case "fails again":
                self.failed_specs = dict.fromkeys(self.failed_specs, self.time)
            case "passes":
                self.failed_specs = {}
            case "is over":
                self.completion = "complete"
            case "goes on":
                self.completion = "in_progress"
            case "is canceled":
                self.completion = "canceled"
            case "is deleted":
                self.exists = False
            case _:
                pass

    async def wait(self) -> None:
        """Lets others go on, and the next change happen."""
        await anyio.lowlevel.checkpoint()
        if self.changes:
            self.change(self.changes.pop(0))


@dataclass
class FakeAction:
    """An action on a fake run."""

    run: FakeRun
    name: ActionName = "cancel"
    target: str = RUN_ID
    variant: str = ""
    provider: str = "currents"
    result: WriteResult = "done"
    refusal: RunsError = field(default_factory=lambda: Conflict("Refused.", status=422))
    verify_fails: bool = False
    is_odd: bool = False
    """Whether what fails does so in a way that nobody foresaw."""
    reads_until_failure: int = 99
    names_no_run: bool = False
    slow: bool = False
    has_turn: Callable[[], bool] = lambda: True
    on_write: Callable[[], None] = lambda: None
    previews: list[Preview] = field(default_factory=list)
    writes: list[tuple[str, ...]] = field(default_factory=list)
    """The deciding facts at each write."""
    turns_held: list[bool] = field(default_factory=list)
    """Whether each write had the run's turn."""
    reads_before_write: list[int] = field(default_factory=list)
    verified: list[bool] = field(default_factory=list)

    @property
    def tool(self) -> str:
        return f"currents_{self.name}_run"

    @property
    def arguments(self) -> tuple[object, ...]:
        return (self.target, self.variant)

    async def inspect(self) -> Preview:
        await self.run.wait()
        if len(self.previews) >= self.reads_until_failure:
            raise Unreachable("No connection.")
        if not self.run.exists and self.name != "delete":
            raise NotFound("No such run.", status=404)
        done = self.run.already_done(self.name) and not self.names_no_run
        preview = Preview(
            run=Run(provider="currents", id=self.target) if self.run.exists else None,
            deciding_facts=self._facts(),
            description=f"Run {self.target}: {self.run.completion}, {self.run.completed_specs}",
            effect="It cannot be undone.",
            summary=Summary("Do it?", f"Run {self.target}", self.run.completion),
            facts=(Fact("Run", (self.target,)),),
            already_done="It is so already." if done else "",
        )
        self.previews.append(preview)
        return preview

    async def execute(self) -> Receipt:
        self.writes.append(self._facts())
        self.turns_held.append(self.has_turn())
        self.reads_before_write.append(len(self.previews))
        self.on_write()
        if self.slow:  # Others get far in between.
            for _ in range(10):
                await anyio.lowlevel.checkpoint()
        if self.result in ("done", "lost with effect"):
            self.run.apply(self.name)
        await self.run.wait()
        if self.result == "done":
            return Receipt(actor="api:test", time="2026-01-01T00:00:00Z")
        if self.result == "refused":
            raise self.refusal
        raise self._failure(AnswerLost("The answer was lost."))

    async def verify(self, before: Preview) -> bool:
        del before
        await self.run.wait()
        if self.verify_fails:
            raise self._failure(RateLimited("Too many requests.", status=429))
        self.verified.append(self.run.already_done(self.name))
        return self.verified[-1]

    def _failure(self, usual: RunsError) -> Exception:
        return ValueError("Nobody foresaw this.") if self.is_odd else usual

    def _facts(self) -> tuple[str, ...]:
        return () if self.names_no_run else self.run.deciding_facts(self.name)
