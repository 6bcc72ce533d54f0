"""What a provider brings, as one value: the rest of the product knows providers by it alone."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from runs_mcp.answers.cursors import PageRequest, Query
from runs_mcp.api.client import ApiClient
from runs_mcp.confirmation.action import Action
from runs_mcp.model import ListedRun, Record, Run
from runs_mcp.providers.run_reader import RunReader
from runs_mcp.settings import ProviderSettings, Settings

S = TypeVar("S", bound=ProviderSettings)
T = TypeVar("T")


@dataclass(frozen=True)
class Call(Generic[S]):
    """What a provider works with in one call.

    Args:
        api: Requests to its API, with the caller's key and within the call's deadline.
        settings: What the operator set for the server.
        own: What the operator set for the provider.
    """

    api: ApiClient
    settings: Settings
    own: S

    def page(self, cursor: str, query: Query) -> PageRequest:
        """Returns the page of an answer that a cursor asks for."""
        return PageRequest(query, cursor, self.settings.result_bytes)


class ReadTool(NamedTuple):
    """A tool that reads. Its name is the function's, its description the docstring.

    The function takes a `Call` and then the tool's arguments, and returns a record.
    """

    function: Callable[..., Awaitable[Record]]
    title: str

    @property
    def report(self) -> type[Record]:
        """The record that it answers with."""
        report: type[Record] = signature(self.function).return_annotation
        return report


class ActionTool(NamedTuple):
    """A tool that cancels, resets or deletes, behind the confirmation.

    The function takes a `Call` and then the tool's arguments, and returns the action: it changes
    nothing by itself.
    """

    function: Callable[..., Action]
    title: str


class RecordTemplate(NamedTuple):
    """The address of complete records, as a resource; its description is the docstring.

    The function takes a `Call` and then the parts of the address, and returns a record as the API
    has it.
    """

    address: str
    title: str
    read: Callable[..., Awaitable[dict[str, Any]]]


class Source(NamedTuple, Generic[T]):
    """Values that can be read for a completion.

    Args:
        key: Tells them from the other values of the provider.
        read: Reads them.
    """

    key: tuple[str, ...]
    read: Callable[[], Awaitable[Sequence[T]]]


class Completions(Protocol):
    """What may be meant by an argument of a prompt, or by a part of an address."""

    def projects(self) -> Source[str] | None:
        """Returns the IDs of projects; None where the provider has no projects."""

    def recent_runs(
        self, chosen: Mapping[str, str], projects: Sequence[str]
    ) -> Sequence[Source[ListedRun]]:
        """Returns the latest runs.

        Args:
            chosen: The arguments that were filled in before.
            projects: The projects to look into, where the provider has any.
        """

    def address_part(self, name: str, chosen: Mapping[str, str]) -> Source[str] | None:
        """Returns values for a part of a resource's address that is not the ID of a run."""


@dataclass(frozen=True)
class ProviderDefinition(Generic[S]):
    """A provider of test runs.

    Args:
        name: As in `name:…` references, and the prefix of its resources.
        title: Its name for people.
        settings: What the operator can set for it.
        dashboard_host: The host of the URLs that people paste.
        reference_form: The form of a reference to a run, for descriptions.
        reference_of: Returns the reference to a run; empty where the run has no ID.
        open_run: Returns the reader of the run that a reference (without `name:`) or a dashboard
            URL means, or raises `InvalidArgument`.
        probe: Tries what the operator set, and says in a few words what works.
        tools: What a model can call, in the provider's own terms.
        records: The complete records that can be read as resources.
        completions: Returns what is offered while a person types.
    """

    name: str
    title: str
    settings: type[S]
    dashboard_host: str
    reference_form: str
    reference_of: Callable[[Run], str]
    open_run: Callable[[Call[S], str], RunReader]
    probe: Callable[[Call[S]], Awaitable[str]]
    tools: tuple[ReadTool | ActionTool, ...] = ()
    records: tuple[RecordTemplate, ...] = ()
    completions: Callable[[Call[S]], Completions] | None = None


AnyProvider: TypeAlias = ProviderDefinition[Any]
