"""Completion: what may be meant while a person types an argument of a prompt or a resource.

Offered is what an API says within two seconds, else nothing: an argument can always be typed.
What was read is kept for some seconds, so that typing does not use up the API's rate limit.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final, Generic, TypeVar

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from runs_mcp.errors import RunsError
from runs_mcp.model import ListedRun
from runs_mcp.providers.buildkite import BuildkiteClient, Position
from runs_mcp.providers.buildkite.references import (
    buildkite_organization,
    buildkite_suite,
    configured_suite,
)
from runs_mcp.providers.currents import CurrentsClient, RunFilters
from runs_mcp.services import Services
from runs_mcp.settings import Provider

T = TypeVar("T")

MAX_VALUES: Final = 100  # what the protocol allows
_SECONDS: Final = 2.0
_KEPT_SECONDS: Final = 15.0
_KEPT_ANSWERS: Final = 64
_LISTED: Final = 50
_PROJECTS: Final = 4  # whose recent runs are offered where no project is chosen

RUN_ARGUMENTS: Final = frozenset({"run", "baseline", "base", "head"})
BRANCH_ARGUMENTS: Final = frozenset({"branch", "base_branch"})
PROJECT_ARGUMENT: Final = "project_id"

_request: ContextVar[ServerRequestContext[Services, Any]] = ContextVar("request")


def add_completion(server: MCPServer[Services]) -> None:
    """Lets hosts ask what an argument may be."""
    recent = RecentNames()

    async def remember(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        # The SDK gives a completion handler no context of its request.
        if ctx.method == "completion/complete":
            _request.set(ctx)
        return await call_next(ctx)

    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        services = _request.get().lifespan_context
        chosen = (context.arguments if context else None) or {}
        lookup = Lookup(services, recent, chosen)
        with anyio.move_on_after(_SECONDS):
            if isinstance(ref, PromptReference):
                await lookup.prompt_argument(argument.name, argument.value)
            else:
                await lookup.address_part(ref.uri, argument.name)
        return _matching(lookup.found, argument.value)

    server.middleware.append(remember)
    server.completion()(complete)  # type: ignore[no-untyped-call]  # the SDK's is not annotated


class _Kept(Generic[T]):
    """Answers that may be given again for some seconds; a failure counts as an empty one."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, ...], tuple[float, Sequence[T]]] = {}

    async def get(
        self, key: tuple[str, ...], read: Callable[[], Awaitable[Sequence[T]]]
    ) -> Sequence[T]:
        read_at, answer = self._answers.get(key, (float("-inf"), ()))
        if time.monotonic() - read_at < _KEPT_SECONDS:
            return answer
        try:
            answer = await read()
        except RunsError:
            answer = ()
        self._answers.pop(key, None)
        if len(self._answers) >= _KEPT_ANSWERS:
            self._answers.pop(next(iter(self._answers)))  # the oldest
        self._answers[key] = (time.monotonic(), answer)
        return answer


class RecentNames:
    """What was read in the last seconds, by caller: names, and runs."""

    def __init__(self) -> None:
        self.names: _Kept[str] = _Kept()
        self.runs: _Kept[ListedRun] = _Kept()


class Lookup:
    """One question of what an argument may be.

    Args:
        services: What asks the APIs.
        recent: What was read a moment ago.
        chosen: The arguments that the person filled in before.
    """

    found: list[str]
    """What may be meant, so far: who runs out of time has what came before."""

    def __init__(self, services: Services, recent: RecentNames, chosen: Mapping[str, str]) -> None:
        self._services = services
        self._recent = recent
        self._chosen = chosen
        self._providers = services.settings.served_providers
        self._runs: list[ListedRun] = []
        self.found = []

    async def prompt_argument(self, name: str, typed: str) -> None:
        """Finds values for an argument of a prompt, by its name."""
        if name == PROJECT_ARGUMENT:
            self.found += await self._projects()
        elif name in RUN_ARGUMENTS:
            # A bare ID is a reference where one provider is served; one with a colon always is.
            bare = len(self._providers) == 1 and ":" not in typed
            await self._recent_runs(
                self._providers, lambda run: run.id if bare else _reference(run)
            )
        elif name in BRANCH_ARGUMENTS:
            in_project = bool(self._chosen.get(PROJECT_ARGUMENT))
            providers = [name for name in self._providers if name == "currents" or not in_project]
            await self._recent_runs(providers, lambda run: run.branch)

    async def address_part(self, uri: str, name: str) -> None:
        """Finds values for a part of a resource's address; a spec's execution has no list."""
        settings = self._services.settings
        provider = uri.partition("://")[0]
        if provider not in self._providers:
            return
        if name == "run_id":
            of = [served for served in self._providers if served == provider]
            await self._recent_runs(of, lambda run: run.id)
        elif name == "organization" and settings.buildkite_organization:
            self.found.append(settings.buildkite_organization)
        elif name == "suite":
            self.found += await self._suites()

    async def _recent_runs(
        self, providers: Collection[Provider], say: Callable[[ListedRun], str]
    ) -> None:
        """Finds what is said of the latest runs, newest first, as they come in."""
        async with anyio.create_task_group() as tasks:

            async def offer(read: Callable[..., Awaitable[Sequence[ListedRun]]], *of: str) -> None:
                self._runs += await read(*of)
                self._runs.sort(key=lambda run: run.created_at, reverse=True)
                self.found = [said for run in self._runs if (said := say(run))]

            if "buildkite" in providers:
                tasks.start_soon(offer, self._buildkite_runs)
            if "currents" in providers:
                project = self._chosen.get(PROJECT_ARGUMENT)
                for each in [project] if project else (await self._projects())[:_PROJECTS]:
                    tasks.start_soon(offer, self._currents_runs, each)

    async def _projects(self) -> Sequence[str]:
        if "currents" not in self._providers:
            return ()
        client = CurrentsClient(self._services.api("currents"))

        async def read() -> list[str]:
            listed = await client.list_projects(limit=_LISTED)
            return [project.project_id for project, _ in listed.items if project.project_id]

        return await self._recent.names.get(self._key("currents"), read)

    async def _currents_runs(self, project: str) -> Sequence[ListedRun]:
        client = CurrentsClient(self._services.api("currents"))

        async def read() -> list[ListedRun]:
            listed = await client.list_runs(project, RunFilters(), limit=_LISTED)
            return [run for run, _ in listed.items]

        return await self._recent.runs.get(self._key("currents", project), read)

    async def _suites(self) -> Sequence[str]:
        settings = self._services.settings
        client = BuildkiteClient(self._services.api("buildkite"))
        chosen = self._chosen.get("organization", "")

        async def read() -> list[str]:
            organization = buildkite_organization(chosen, settings.buildkite_organization)
            listed = await client.list_suites(organization, Position(MAX_VALUES))
            return [suite.suite for suite in listed.values if suite.suite]

        return await self._recent.names.get(self._key("buildkite", chosen), read)

    async def _buildkite_runs(self) -> Sequence[ListedRun]:
        settings = self._services.settings
        client = BuildkiteClient(self._services.api("buildkite"))
        organization, suite = (self._chosen.get(name, "") for name in ("organization", "suite"))

        async def read() -> Sequence[ListedRun]:
            where = buildkite_suite(organization, suite, configured_suite(settings))
            listed = await client.list_runs(where, Position(_LISTED))
            return listed.values

        return await self._recent.runs.get(self._key("buildkite", organization, suite), read)

    def _key(self, provider: Provider, *of: str) -> tuple[str, ...]:
        """Returns under what an answer is kept: no caller gets what another one may see."""
        return (provider, self._services.settings.access(provider).key, *of)


def _reference(run: ListedRun) -> str:
    where = f"{run.organization}/{run.suite}/" if run.provider == "buildkite" else ""
    return f"{run.provider}:{where}{run.id}" if run.id else ""


def _matching(found: Sequence[str], typed: str) -> Completion:
    """Returns what begins with what was typed, each once, at most as many as are allowed."""
    matching = [value for value in dict.fromkeys(found) if value.startswith(typed)]
    shown = matching[:MAX_VALUES]
    return Completion(values=shown, total=len(matching), has_more=len(shown) < len(matching))
