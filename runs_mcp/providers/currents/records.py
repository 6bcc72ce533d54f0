"""The complete records of Currents, as resources."""

from typing import Any

from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.references import currents_instance_id, currents_run_id
from runs_mcp.providers.currents.tools import CurrentsCall


async def currents_run_record(call: CurrentsCall, run_id: str) -> dict[str, Any]:
    """A Currents run with every spec file and its counts, complete, as the API has it."""
    return await CurrentsClient(call.api).get_run_record(currents_run_id(run_id))


async def currents_instance_record(call: CurrentsCall, instance_id: str) -> dict[str, Any]:
    """A spec file's execution in Currents with every test and attempt, complete."""
    instance = currents_instance_id(instance_id)
    return await CurrentsClient(call.api).get_instance_record(instance)
