"""What a provider brings, as one value: the only way the rest of the product knows providers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from runs_mcp.answers.cursors import PageRequest, Query
from runs_mcp.answers.fitting import list_page
from runs_mcp.api.client import ApiClient
from runs_mcp.confirmation.action import Action
from runs_mcp.model import ListedRun, Record, Run
from runs_mcp.providers.addresses import Address
from runs_mcp.providers.project_reader import ProjectReader
from runs_mcp.providers.run_reader import FoundRuns, RunReader
from runs_mcp.settings import ProviderSettings, Settings

S = TypeVar("S", bound=ProviderSettings)
T = TypeVar("T")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Call(Generic[S]):
    """What a provider works with in one call.

    Args:
        api: Requests to its API, with the caller's key and within the call's deadline.
        settings: The server's settings.
        own: The provider's own settings.
    """

    api: ApiClient
    settings: Settings
    own: S

    def page(self, cursor: str, query: Query) -> PageRequest:
        """Returns which page of an answer a cursor asks for, and the bytes it may take."""
        return PageRequest(query, cursor, self.settings.result_bytes)

    async def list_page(
        self,
        items: Sequence[tuple[T, str]],
        make: Callable[[tuple[T, ...], str], R],
        request: PageRequest,
        *,
        has_more: bool,
    ) -> R:
        """Does what `runs_mcp.answers.fitting.list_page` does, and lets other calls go on."""
        return await self.api.work_on(lambda: list_page(items, make, request, has_more=has_more))


class ReadTool(NamedTuple):
    """A tool that reads, made from a function: its name, docstring and signature are the tool's.

    The function takes a `Call` and then the tool's arguments, and returns a record.
    """

    function: Callable[..., Awaitable[Record]]
    title: str

    @property
    def report(self) -> type[Record]:
        """The type of record that the function returns."""
        report: type[Record] = signature(self.function).return_annotation
        return report


class ActionTool(NamedTuple):
    """A tool that cancels, resets or deletes, once that is confirmed.

    The function takes a `Call` and then the tool's arguments, and returns the action; it changes
    nothing itself.
    """

    function: Callable[..., Action]
    title: str


class RecordTemplate(NamedTuple):
    """A resource template for complete records, described by the docstring of `read`.

    `read` takes a `Call` and then the parts of the address in braces, and returns a record as the
    API has it.
    """

    address: str
    title: str
    read: Callable[..., Awaitable[dict[str, Any]]]


class Source(NamedTuple, Generic[T]):
    """Values that can be read for a completion.

    Args:
        key: Names these values among the provider's others, to keep what was read.
        read: Reads them.
    """

    key: tuple[str, ...]
    read: Callable[[], Awaitable[Sequence[T]]]


class Completions(Protocol):
    """Values for the arguments of prompts, and for the parts of resource addresses."""

    def projects(self) -> Source[str] | None:
        """Returns the IDs of the projects; None if the provider has no projects."""

    def recent_runs(
        self, chosen: Mapping[str, str], projects: Sequence[str]
    ) -> Sequence[Source[ListedRun]]:
        """Returns the latest runs.

        Args:
            chosen: The arguments that are filled in already.
            projects: The projects to read, if the provider has projects.
        """

    def address_part(self, name: str, chosen: Mapping[str, str]) -> Source[str] | None:
        """Returns values for a part of a resource's address other than `run_id`, or None."""


@dataclass(frozen=True)
class ProviderDefinition(Generic[S]):
    """A provider of test runs.

    Args:
        name: The prefix of references (`name:…`), and the scheme of resource addresses.
        title: Its name for people.
        settings: The settings that the operator can make for it.
        dashboard_host: The host of the dashboard URLs that people paste.
        reference_form: The form of a reference to a run, for descriptions.
        reference_of: Returns the reference to a run; empty if the run has no ID.
        open_run: Returns the reader of the run that a reference (without `name:`) or a dashboard
            URL names, or raises `InvalidArgument`.
        project_form: The form of a reference to a project, for descriptions; empty if it has none.
        open_project: Returns the reader of the project that a reference (without `name:`) or a
            dashboard URL names, or raises `InvalidArgument`.
        addresses: The kinds of addresses of something else that lead to its runs.
        find_runs: Finds the runs that such an address leads to, with at most so many requests.
        probe: Tries the settings against the API, and returns in a few words what works.
        tools: Tools in the provider's own terms.
        records: The complete records that can be read as resources.
        completions: Returns the values to offer while a person types.
    """

    name: str
    title: str
    settings: type[S]
    dashboard_host: str
    reference_form: str
    reference_of: Callable[[Run], str]
    open_run: Callable[[Call[S], str], RunReader]
    probe: Callable[[Call[S]], Awaitable[str]]
    addresses: tuple[type[Address], ...] = ()
    find_runs: Callable[[Call[S], Address, int], Awaitable[FoundRuns]] | None = None
    project_form: str = ""
    open_project: Callable[[Call[S], str], ProjectReader] | None = None
    tools: tuple[ReadTool | ActionTool, ...] = ()
    records: tuple[RecordTemplate, ...] = ()
    completions: Callable[[Call[S]], Completions] | None = None


AnyProvider: TypeAlias = ProviderDefinition[Any]
