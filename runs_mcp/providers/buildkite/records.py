"""Complete records of Buildkite, for resources."""

from typing import Any

from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.references import BuildkiteSuite, buildkite_run
from runs_mcp.providers.buildkite.tools import BuildkiteCall


async def buildkite_run_record(
    call: BuildkiteCall, organization: str, suite: str, run_id: str
) -> dict[str, Any]:
    """A Buildkite run as the API has it, and all its failures as `failed_executions`."""
    run = buildkite_run(run_id, organization, suite, BuildkiteSuite("", ""))
    return await BuildkiteClient(call.api).get_run_record(run)
