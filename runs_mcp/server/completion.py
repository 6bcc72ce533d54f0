"""Completion: values for an argument of a prompt or a resource while a person types.

The values are what the APIs answer within two seconds; an argument can always be typed in full.
Answers are cached for some seconds, so that typing does not use up the API's rate limit.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
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

from runs_mcp.configuration import ConfiguredProvider
from runs_mcp.errors import RunsError
from runs_mcp.model import ListedRun
from runs_mcp.providers.definition import Completions, Source
from runs_mcp.services import Services

T = TypeVar("T")

MAX_VALUES: Final = 100  # what the protocol allows
_SECONDS: Final = 2.0
_CACHED_SECONDS: Final = 15.0
_CACHED_ANSWERS: Final = 64
_PROJECTS: Final = 4  # whose recent runs are offered where no project is chosen

RUN_ARGUMENTS: Final = frozenset({"run", "baseline", "base", "head"})
BRANCH_ARGUMENTS: Final = frozenset({"branch", "base_branch"})
PROJECT_ARGUMENT: Final = "project_id"

_request: ContextVar[ServerRequestContext[Services, Any]] = ContextVar("request")


def add_completion(server: MCPServer[Services]) -> None:
    """Adds completion to the server."""
    cache = CompletionCache()

    async def keep_request(
        ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
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
        lookup = Lookup(services, cache, chosen)
        with anyio.move_on_after(_SECONDS):
            if isinstance(ref, PromptReference):
                await lookup.prompt_argument(argument.name, argument.value)
            else:
                await lookup.address_part(ref.uri, argument.name)
        return _matching(lookup.found, argument.value)

    server.middleware.append(keep_request)
    server.completion()(complete)  # type: ignore[no-untyped-call]  # the SDK's is not annotated


class _Cache(Generic[T]):
    """Answers of the last seconds; a failure is cached as an empty answer."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, ...], tuple[float, Sequence[T]]] = {}

    async def get(
        self, key: tuple[str, ...], read: Callable[[], Awaitable[Sequence[T]]]
    ) -> Sequence[T]:
        read_at, answer = self._answers.get(key, (float("-inf"), ()))
        if time.monotonic() - read_at < _CACHED_SECONDS:
            return answer
        try:
            answer = await read()
        except RunsError:
            answer = ()
        self._answers.pop(key, None)
        if len(self._answers) >= _CACHED_ANSWERS:
            self._answers.pop(next(iter(self._answers)))  # the oldest
        self._answers[key] = (time.monotonic(), answer)
        return answer


class CompletionCache:
    """Names and runs that were read in the last seconds, by caller."""

    def __init__(self) -> None:
        self.names: _Cache[str] = _Cache()
        self.runs: _Cache[ListedRun] = _Cache()


class Lookup:
    """One request for completion.

    Args:
        services: The connections to the APIs.
        cache: Answers of the last seconds.
        chosen: The arguments that the person has filled in.
    """

    found: list[str]
    """The values found so far: they count also where time runs out."""

    def __init__(
        self, services: Services, cache: CompletionCache, chosen: Mapping[str, str]
    ) -> None:
        self._services = services
        self._cache = cache
        self._chosen = chosen
        served = services.configuration.served
        self._is_single = len(served) == 1
        self._served = [one for one in served if one.settings.key]
        self._runs: list[tuple[ListedRun, str]] = []
        self.found = []

    async def prompt_argument(self, name: str, typed: str) -> None:
        """Finds values for an argument of a prompt, by its name."""
        if name == PROJECT_ARGUMENT:
            for provider in self._served:
                self.found += await self._projects(provider)
        elif name in RUN_ARGUMENTS:
            # A bare ID is a reference only where one provider is served.
            bare = self._is_single and ":" not in typed
            await self._recent_runs(
                self._served,
                lambda provider, run: run.id if bare else provider.definition.reference_of(run),
            )
        elif name in BRANCH_ARGUMENTS:
            in_project = bool(self._chosen.get(PROJECT_ARGUMENT))
            providers = [one for one in self._served if not in_project or self._has_projects(one)]
            await self._recent_runs(providers, lambda _, run: run.branch)

    async def address_part(self, address: str, name: str) -> None:
        """Finds values for a part of a resource's address."""
        scheme = address.partition("://")[0]
        for provider in self._served:
            if provider.definition.name != scheme:
                continue
            if name == "run_id":
                await self._recent_runs([provider], lambda _, run: run.id)
            elif completions := self._completions(provider):
                self.found += await self._read(
                    provider, self._cache.names, completions.address_part(name, self._chosen)
                )

    async def _recent_runs(
        self,
        providers: Sequence[ConfiguredProvider],
        value_of: Callable[[ConfiguredProvider, ListedRun], str],
    ) -> None:
        """Finds a value for each of the latest runs, newest first, as the answers arrive."""
        async with anyio.create_task_group() as tasks:

            async def offer(provider: ConfiguredProvider, source: Source[ListedRun]) -> None:
                runs = await self._read(provider, self._cache.runs, source)
                self._runs += [(run, value_of(provider, run)) for run in runs]
                self._runs.sort(key=lambda row: row[0].created_at, reverse=True)
                self.found = [value for _, value in self._runs if value]

            async def offer_all(provider: ConfiguredProvider) -> None:
                completions = self._completions(provider)
                if completions is None:
                    return
                projects = await self._projects_to_look_into(provider)
                for source in completions.recent_runs(self._chosen, projects):
                    tasks.start_soon(offer, provider, source)

            for provider in providers:
                tasks.start_soon(offer_all, provider)

    async def _projects_to_look_into(self, provider: ConfiguredProvider) -> Sequence[str]:
        if not self._has_projects(provider):
            return ()
        project = self._chosen.get(PROJECT_ARGUMENT)
        return [project] if project else (await self._projects(provider))[:_PROJECTS]

    def _has_projects(self, provider: ConfiguredProvider) -> bool:
        completions = self._completions(provider)
        return completions is not None and completions.projects() is not None

    async def _projects(self, provider: ConfiguredProvider) -> Sequence[str]:
        completions = self._completions(provider)
        source = completions.projects() if completions else None
        return await self._read(provider, self._cache.names, source)

    def _completions(self, provider: ConfiguredProvider) -> Completions | None:
        definition = provider.definition
        if definition.completions is None:
            return None
        return definition.completions(self._services.call(provider))

    async def _read(
        self, provider: ConfiguredProvider, cache: _Cache[T], source: Source[T] | None
    ) -> Sequence[T]:
        """Reads a source, or returns the cached answer for the same caller."""
        if source is None:
            return ()
        key = (provider.definition.name, provider.settings.key, *source.key)
        return await cache.get(key, source.read)


def _matching(found: Sequence[str], typed: str) -> Completion:
    """Returns what begins with what was typed, each once, at most as many as are allowed."""
    matching = [value for value in dict.fromkeys(found) if value.startswith(typed)]
    shown = matching[:MAX_VALUES]
    return Completion(values=shown, total=len(matching), has_more=len(shown) < len(matching))
