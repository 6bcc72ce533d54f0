"""References to the runs of the sandbox's story, as a tool takes them."""

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import NotableRun


def currents(run: NotableRun) -> str:
    return f"currents:{run.value}"


def buildkite(run_id: NotableBuildkiteRun | str) -> str:
    return f"buildkite:{BUILDKITE_ORGANIZATION}/{BUILDKITE_SUITE}/{run_id}"


BRANCH = currents(NotableRun.THREE_CAUSES)
"""The newest run of a feature branch."""
