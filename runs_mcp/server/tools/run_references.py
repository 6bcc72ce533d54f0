"""References to runs of any provider, as a tool takes them."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from runs_mcp.configuration import ConfiguredProvider
from runs_mcp.deadline import Deadline
from runs_mcp.errors import InvalidArgument, NotFound, RunsError
from runs_mcp.providers.addresses import Address, address_in, commit_in
from runs_mcp.providers.definition import AnyProvider
from runs_mcp.providers.pasted_links import link_path
from runs_mcp.providers.run_reader import FoundRun, RunReader
from runs_mcp.server.tools.served_tool import RUN_FORMS
from runs_mcp.services import Services
from runs_mcp.text import quoted

RunReference = Annotated[
    str,
    Field(
        description=f"Dashboard URL, {RUN_FORMS}; or GitHub Actions, pull request or Buildkite "
        "build URL, commit SHA.",
        max_length=2048,
    ),
]
_MOST_OTHERS: Final = 5
_MOST_REQUESTS: Final = 8
"""What a search may ask for, of all providers together."""
_NOTHING: Final = "nothing, as no provider that is served knows such addresses"


def run_forms(definitions: Sequence[AnyProvider]) -> str:
    """Returns the forms of references to runs, as the end of an enumeration."""
    return any_of(definition.reference_form for definition in definitions)


def any_of(forms: Iterable[str]) -> str:
    """Returns forms of references as the end of an enumeration."""
    *others, last = ("", *filter(None, forms))
    return ", ".join([*others[1:], f"or {last}"]) if last else ""


class OpenedRun(NamedTuple):
    """The reader of a run, and how it was found; empty where the reference names the run."""

    reader: RunReader
    found: str = ""


async def open_run(
    reference: str,
    services: Services,
    deadline: Deadline | None = None,
    *,
    fresh: bool = False,
) -> OpenedRun:
    """Returns the run that a reference names, or the newest of those that it leads to.

    Args:
        reference: A reference to a run in any of its forms, or the address of what started it.
        services: What the call works with.
        deadline: The deadline of the call; by default one that starts now.
        fresh: Whether all must be read now, whatever was read before.

    Raises:
        InvalidArgument: It is neither.
        NotFound: It leads to no run.
        RunsError: What had to be searched cannot be read.
    """
    deadline = deadline or services.deadline()
    if address := address_in(reference):
        return await _find_run(address, services, deadline, fresh=fresh)
    commit = commit_in(reference)
    if commit is None:
        return OpenedRun(_open_named(reference, services, deadline, fresh=fresh))
    # The start of a commit's SHA may be the ID of a run.
    if commit.is_whole:
        return await _find_run(commit, services, deadline, fresh=fresh)
    try:
        reader = _open_named(reference, services, deadline, fresh=fresh)
        await reader.state()
    except (InvalidArgument, NotFound):
        return await _find_run(commit, services, deadline, fresh=fresh)
    return OpenedRun(reader)


def _open_named(
    reference: str, services: Services, deadline: Deadline, *, fresh: bool
) -> RunReader:
    configuration = services.configuration
    for provider in configuration.served:
        own = own_reference(reference, provider, configuration.served, configuration.definitions)
        if own is not None:
            call = services.call(provider, deadline, fresh=fresh)
            return provider.definition.open_run(call, own)
    served = " or ".join(provider.definition.name for provider in configuration.served)
    raise InvalidArgument(
        f"{quoted(reference, 120)} names no run of {served}; nothing was requested.",
        next_step=f"Pass the run's dashboard URL, {run_forms(configuration.definitions)}, or the "
        "address of a GitHub Actions run, a pull request, a Buildkite build or a commit.",
    )


async def _find_run(
    address: Address, services: Services, deadline: Deadline, *, fresh: bool
) -> OpenedRun:
    """Returns the newest run that an address leads to, of all providers that are served."""
    runs: dict[str, FoundRun] = {}
    searched: list[str] = []
    missed: list[str] = []
    failures: list[RunsError] = []
    served = services.configuration.served
    finders = [one for one in served if isinstance(address, one.definition.addresses)]
    for provider in finders:
        if (find := provider.definition.find_runs) is None:
            continue
        call = services.call(provider, deadline)
        try:
            found = await find(call, address, _MOST_REQUESTS // len(finders))
        except RunsError as error:
            missed.append(f"{provider.definition.title} could not be searched ({error.kind})")
            failures.append(error)
        else:
            runs |= {run.reference: run for run in found.runs}
            searched.append(found.searched)
            missed += found.missed
    if runs:
        ordered = sorted(runs.values(), key=lambda run: run.created_at, reverse=True)
        reader = _open_named(ordered[0].reference, services, deadline, fresh=fresh)
        return OpenedRun(reader, _how_found(address, ordered, missed))
    if failures and not searched:
        raise failures[0]
    places = "; ".join([*searched, *missed]) or _NOTHING
    raise NotFound(
        f"No run was found for {address}. Searched: {places}.",
        next_step="It may be older than what was searched, or of a project or suite that this key "
        "cannot see. Pass the run's dashboard URL, "
        f"{run_forms(services.configuration.definitions)}.",
    )


def _how_found(address: Address, runs: Sequence[FoundRun], missed: Sequence[str]) -> str:
    """Returns how the first of these runs was found, and what else there is or may be."""
    parts = [f"Found by {address}"]
    if others := [run.reference for run in runs[1:]]:
        taken = "newest" if all(run.created_at for run in runs) else "first"
        parts[0] += f": the {taken} of {len(runs)} runs"
        shown = ", ".join(others[:_MOST_OTHERS])
        more = f" and {len(others) - _MOST_OTHERS} more" if len(others) > _MOST_OTHERS else ""
        parts.append(f"the others: {shown}{more}")
    return "; ".join([*parts, *missed]) + "."


def own_reference(
    reference: str,
    provider: ConfiguredProvider,
    served: Sequence[ConfiguredProvider],
    definitions: Sequence[AnyProvider],
) -> str | None:
    """Returns a reference as this provider takes it, or None where it names another's run."""
    name = provider.definition.name
    links = {one.name for one in definitions if link_path(reference, one.dashboard_host)}
    prefix, colon, rest = reference.strip().partition(":")
    if name in links:
        return reference
    if colon and prefix in {one.name for one in definitions}:
        return rest if prefix == name else None
    return reference if len(served) == 1 and not links else None
