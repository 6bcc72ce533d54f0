"""References to projects of any provider, as a tool takes them."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from runs_mcp.deadline import Deadline
from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.definition import AnyProvider
from runs_mcp.providers.project_reader import ProjectReader
from runs_mcp.server.tools.run_references import any_of, own_reference
from runs_mcp.server.tools.served_tool import PROJECT_FORMS
from runs_mcp.services import Services
from runs_mcp.text import quoted

ProjectReference = Annotated[
    str, Field(description=f"Dashboard URL, {PROJECT_FORMS}.", max_length=2048)
]


def project_forms(definitions: Sequence[AnyProvider]) -> str:
    """Returns the forms of references to projects, as the end of an enumeration."""
    return any_of(definition.project_form for definition in definitions)


def open_project(reference: str, services: Services, deadline: Deadline) -> ProjectReader:
    """Returns the reader of the project that a reference names.

    Args:
        reference: A reference in any of its forms.
        services: What the call works with.
        deadline: The deadline of the call.

    Raises:
        InvalidArgument: It names none.
    """
    configuration = services.configuration
    served = [each for each in configuration.served if each.definition.open_project]
    for provider in served:
        open_own = provider.definition.open_project
        own = own_reference(reference, provider, served, configuration.definitions)
        if own is not None and open_own:
            return open_own(services.call(provider, deadline), own)
    names = " or ".join(provider.definition.name for provider in served)
    raise InvalidArgument(
        f"{quoted(reference, 120)} names no project of {names or 'a provider that is served'}; "
        "nothing was requested.",
        next_step=f"Pass its dashboard URL, {project_forms(configuration.definitions)}.",
    )
