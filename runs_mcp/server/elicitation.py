"""Asking the person before the host, over MCP of either era."""

from typing import Final

import anyio
from mcp.server.elicitation import render_elicitation_schema
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp_types import (
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import is_version_at_least
from pydantic import BaseModel, Field, ValidationError

from runs_mcp.confirmation.action import Question, Reply
from runs_mcp.services import Services

# From this revision on a question is returned, and the call comes again with the answer.
_QUESTIONS_ARE_RETURNED: Final = "2026-07-28"
_KEY: Final = "confirmation"


class Typed(BaseModel):
    """The form that a person fills in."""

    last_characters: str = Field(
        "", title="Last six characters", description="As they stand at the end of the ID above."
    )


class Host:
    """The person before the host that made this call, as far as it lets us ask."""

    def __init__(self, ctx: Context[Services], seconds: float) -> None:
        self._ctx = ctx
        self._seconds = seconds

    @property
    def seconds(self) -> float:
        """How long there is to answer."""
        return self._seconds

    @property
    def can_be_asked(self) -> bool:
        """Whether the host declared forms, and the connection can carry a question."""
        capabilities = self._ctx.client_capabilities
        elicitation = capabilities.elicitation if capabilities else None
        # A bare declaration is the one of before there were modes: it means forms.
        forms = elicitation is not None and (elicitation.form is not None or not elicitation.url)
        return forms and (self._returns_questions or self._ctx.session.can_send_request)

    @property
    def _returns_questions(self) -> bool:
        version = self._ctx.protocol_version
        return version is not None and is_version_at_least(version, _QUESTIONS_ARE_RETURNED)

    def earlier_reply(self) -> tuple[str, Reply] | None:
        """Returns the sealed state and the answer that this call came again with."""
        answer = (self._ctx.input_responses or {}).get(_KEY)
        if self._ctx.request_state is None or not isinstance(answer, ElicitResult):
            return None
        return self._ctx.request_state, _reply(answer)

    async def ask(self, question: Question) -> Reply | None:
        """Puts the question where it can be sent; None where it has to be returned."""
        if self._returns_questions:
            return None
        reply = Reply(answered=False)
        with anyio.move_on_after(self._seconds):
            try:
                reply = _reply(
                    await self._ctx.session.elicit_form(
                        message=question.message,
                        requested_schema=render_elicitation_schema(Typed),
                        related_request_id=self._ctx.request_id,
                    )
                )
            except (MCPError, ValidationError):
                reply = Reply(answered=False)
        return reply


def input_required(question: Question) -> InputRequiredResult:
    """Returns the question as the result of a call, to come again with the answer."""
    form = ElicitRequestFormParams(
        message=question.message, requested_schema=render_elicitation_schema(Typed)
    )
    return InputRequiredResult(
        input_requests={_KEY: ElicitRequest(params=form)}, request_state=question.state
    )


def _reply(answer: ElicitResult) -> Reply:
    """Returns what was typed; a form accepted empty and a refusal are the same."""
    typed = (answer.content or {}).get("last_characters")
    return Reply(typed if answer.action == "accept" and isinstance(typed, str) else None)
