"""Calls of the tools that cancel, reset and delete, as a host and the person at it make them."""

from typing import Any, Final

import pytest
from hosts import ERAS, structured_of, text_of
from mcp.client import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, ErrorData
from providers.currents_runs import FAILED, RUNNING

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, PUSH_IN_PROGRESS

ALL_PREAPPROVED: Final = {"RUNS_MCP_PREAPPROVE": "cancel,reset,delete"}
GITHUB_RUN, ATTEMPT = PUSH_IN_PROGRESS
BY_GITHUB: Final[dict[str, object]] = {
    "github_run_id": GITHUB_RUN,
    "github_run_attempt": ATTEMPT,
    "project_id": BOOKING_PROJECT,
}
every_era = pytest.mark.parametrize("era", ERAS)
every_action = pytest.mark.parametrize("action", ["cancel", "cancel by CI", "reset", "delete"])


class FakePerson:
    """A person at the host: what they do with each question, and the questions they read."""

    def __init__(self, *answers: ElicitResult | ErrorData | str) -> None:
        self._answers = list(answers)
        self.questions: list[str] = []

    async def __call__(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult | ErrorData:
        del context
        self.questions.append(params.message)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return typing(answer) if isinstance(answer, str) else answer


def typing(characters: str) -> ElicitResult:
    """Returns the form with these characters in it."""
    return ElicitResult(action="accept", content={"last_characters": characters})


def failed_machines(sandbox: Sandbox) -> list[str]:
    """Returns the machines on which specs of the failed run failed."""
    failed = (spec for spec in sandbox.currents.specs_of(FAILED) if spec.has_failed)
    return sorted({spec.machine_id for spec in failed if spec.machine_id})


def calls_of(sandbox: Sandbox) -> dict[str, tuple[str, dict[str, object], str]]:
    """Returns for each action its tool, its arguments, and what the person types."""
    reset: dict[str, object] = {"run_id": FAILED, "machine_ids": failed_machines(sandbox)}
    return {
        "cancel": ("currents_cancel_run", {"run_id": RUNNING}, RUNNING[-6:]),
        "cancel by CI": ("currents_cancel_run_by_github_ci", BY_GITHUB, GITHUB_RUN[-6:]),
        "reset": ("currents_reset_run", reset, FAILED[-6:]),
        "delete": ("currents_delete_run", {"run_id": FAILED}, FAILED[-6:]),
    }


def report_of(result: CallToolResult) -> dict[str, Any]:
    """Returns the report of a call, once its claims about changes are checked in both channels."""
    report = structured_of(result)
    assert f"outcome {report['outcome']}" in text_of(result)
    unchanged = "Nothing was changed." in report["next"]
    assert unchanged is (report["outcome"] not in ("done", "already_done", "unknown"))
    return report
