"""Asking a person through MCP elicitation, in either protocol era."""

from typing import Any, Final

import anyio
from mcp.server.elicitation import render_elicitation_schema
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import is_version_at_least
from pydantic import BaseModel, Field, ValidationError

from runs_mcp.confirmation.question import Answer, Question, Reply
from runs_mcp.server.context_functions import Ctx

# From this version on a tool returns its question, and the client calls again with the answer.
_QUESTIONS_ARE_RETURNED: Final = "2026-07-28"
_KEY: Final = "confirmation"


class Typed(BaseModel):
    """The form that a person fills in."""

    # Hosts are sent the name and the docstring of this class, as title and description.
    last_characters: str = Field(
        "", title="Last six characters", description="As they stand at the end of the ID above."
    )


class Elicitation:
    """Asks the person at the host that made a call.

    Args:
        ctx: The context of the call.
        answer_seconds: How long there is to answer.
    """

    def __init__(self, ctx: Ctx, answer_seconds: float) -> None:
        self._ctx = ctx
        self._answer_seconds = answer_seconds

    @property
    def answer_seconds(self) -> float:
        """How long there is to answer."""
        return self._answer_seconds

    @property
    def is_available(self) -> bool:
        """Whether the host declared forms, and the connection can carry a question."""
        capabilities = self._ctx.client_capabilities
        elicitation = capabilities.elicitation if capabilities else None
        # `elicitation: {}` of older clients means forms.
        forms = elicitation is not None and (elicitation.form is not None or not elicitation.url)
        return forms and (self._questions_are_returned or self._ctx.session.can_send_request)

    @property
    def _questions_are_returned(self) -> bool:
        version = self._ctx.protocol_version
        return version is not None and is_version_at_least(version, _QUESTIONS_ARE_RETURNED)

    def earlier_answer(self) -> Answer | None:
        """Returns the answer to a question that was returned before, if this call has one."""
        result = (self._ctx.input_responses or {}).get(_KEY)
        if self._ctx.request_state is None or not isinstance(result, ElicitResult):
            return None
        return Answer(self._ctx.request_state, _reply(result))

    async def ask(self, question: Question) -> Reply | None:
        """Asks, and waits for the reply; returns None where the question has to be returned."""
        if self._questions_are_returned:
            return None
        with anyio.move_on_after(self._answer_seconds):
            try:
                result = await self._ctx.session.elicit_form(
                    message=question.message,
                    requested_schema=_form_schema(),
                    related_request_id=self._ctx.request_id,
                )
                return _reply(result)
            except (MCPError, ValidationError):
                pass
        return Reply(answered=False)


def input_required(question: Question) -> InputRequiredResult:
    """Returns the question as the result of a call, which comes again with the answer."""
    form = ElicitRequestFormParams(message=question.message, requested_schema=_form_schema())
    return InputRequiredResult(
        input_requests={_KEY: ElicitRequest(params=form)}, request_state=question.state
    )


def _form_schema() -> dict[str, Any]:
    return render_elicitation_schema(Typed)


def _reply(result: ElicitResult) -> Reply:
    """Returns what was typed; nothing where the person refused or dismissed the form."""
    typed = (result.content or {}).get("last_characters")
    return Reply(typed if result.action == "accept" and isinstance(typed, str) else None)
