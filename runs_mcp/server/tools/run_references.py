"""References to runs of any provider, as a tool takes them."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from runs_mcp.configuration import ConfiguredProvider
from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.definition import AnyProvider
from runs_mcp.providers.pasted_links import link_path
from runs_mcp.providers.run_reader import RunReader
from runs_mcp.server.tools.served_tool import RUN_FORMS
from runs_mcp.services import Services
from runs_mcp.text import quoted

RunReference = Annotated[str, Field(description=f"Dashboard URL, {RUN_FORMS}.", max_length=2048)]


def run_forms(definitions: Sequence[AnyProvider]) -> str:
    """Returns the forms of references to runs, as the end of an enumeration."""
    *others, last = (definition.reference_form for definition in definitions)
    return ", ".join([*others, f"or {last}"])


def open_run(reference: str, services: Services) -> RunReader:
    """Returns the reader of the run that a reference names, in any of its forms.

    Raises:
        InvalidArgument: It names no run of a provider that is served.
    """
    configuration = services.configuration
    for provider in configuration.served:
        own = _own_reference(reference, provider, configuration.served, configuration.definitions)
        if own is not None:
            return provider.definition.open_run(services.call(provider), own)
    served = " or ".join(provider.definition.name for provider in configuration.served)
    raise InvalidArgument(
        f"{quoted(reference, 120)} names no run of {served}; nothing was requested.",
        next_step=f"Pass the run's dashboard URL, {run_forms(configuration.definitions)}.",
    )


def _own_reference(
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
