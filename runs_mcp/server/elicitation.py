"""Asking a person through MCP elicitation, in either protocol era."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import (
    ElicitationCapability,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import is_version_at_least
from pydantic import ValidationError

from runs_mcp.confirmation.by_page import PageServer, Shown
from runs_mcp.confirmation.guard import Channels
from runs_mcp.confirmation.pages import ConfirmationPage
from runs_mcp.confirmation.question import Answer, Question, Reply
from runs_mcp.server.context_functions import Ctx
from runs_mcp.services import Services

# From this version on a tool returns its question, and the client calls again with the answer.
_QUESTIONS_ARE_RETURNED: Final = "2026-07-28"
_INVALID_STATE: Final = "invalid_request_state"  # as the SDK gives the reason
_OF_ANSWER: Final = ("requestState", "inputResponses")
_KEY: Final = "confirmation"
_FIELD: Final = "last_characters"
# Codex refuses a schema with anything else at its root, and answers the question by itself.
_FORM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        _FIELD: {
            "type": "string",
            "title": "Last six characters",
            "description": "As they stand at the end of the ID above.",
        }
    },
    "required": [_FIELD],
}


def channels_of(ctx: Ctx) -> Channels:
    """Returns the ways to the person who made a call."""
    services = ctx.request_context.lifespan_context
    seconds = services.answer_seconds
    return Channels(
        Elicitation(ctx, seconds),
        PageElicitation(ctx, services.page_server, seconds),
        services.page_server,
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
        declared = _declared(self._ctx)
        # `elicitation: {}` of older clients means forms.
        forms = declared is not None and (declared.form is not None or not declared.url)
        return forms and _can_ask(self._ctx)

    def earlier_answer(self) -> Answer | None:
        """Returns the answer to a question that was returned before, if this call has one."""
        result = _earlier_result(self._ctx)
        if self._ctx.request_state is None or result is None:
            return None
        return Answer(self._ctx.request_state, _reply(result))

    async def ask(self, question: Question) -> Reply | None:
        """Asks, and waits for the reply; returns None where the question has to be returned."""
        if _questions_are_returned(self._ctx):
            return None
        return await _reply_in_time(
            lambda: self._ctx.session.elicit_form(
                message=question.message,
                requested_schema=_FORM_SCHEMA,
                related_request_id=self._ctx.request_id,
            ),
            self._answer_seconds,
        )


class PageElicitation:
    """Asks the host that made a call to open the confirmation page.

    Args:
        ctx: The context of the call.
        pages: Serves the page.
        answer_seconds: How long there is to answer.
    """

    def __init__(self, ctx: Ctx, pages: PageServer, answer_seconds: float) -> None:
        self._ctx = ctx
        self._pages = pages
        self._answer_seconds = answer_seconds

    @property
    def is_available(self) -> bool:
        """Whether the host declared that it opens pages, and a page can be served."""
        declared = _declared(self._ctx)
        urls = declared is not None and declared.url is not None
        return urls and self._pages.is_available and _can_ask(self._ctx)

    async def show(self, page: ConfirmationPage) -> Shown | Question:
        """Asks the host to open the page; returns a question where the call has to return it."""
        result = _earlier_result(self._ctx)
        if result is not None and self._ctx.request_state == page.token:
            return _shown(_reply(result)._replace(after_s=self._pages.age_s(page)))
        message = f"Open a page to confirm or decline: {page.action}"
        url = await self._pages.address(page)
        if _questions_are_returned(self._ctx):
            return Question(message, page.token, url)
        reply = await _reply_in_time(
            lambda: self._ctx.session.elicit_url(
                message=message,
                url=url,
                elicitation_id=uuid4().hex,
                related_request_id=self._ctx.request_id,
            ),
            self._answer_seconds,
        )
        return _shown(reply)


def add_asking_again(server: MCPServer[Services]) -> None:
    """Makes the server ask again where an answer comes with a state that it cannot open.

    It was sealed with other keys, by a process that has ended or a replica that does not share
    them; or it is forged. Without it the answer counts for nothing.
    """

    async def ask_again(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        try:
            return await call_next(ctx)
        except MCPError as error:
            data = error.error.data
            if not isinstance(data, dict) or data.get("reason") != _INVALID_STATE:
                raise
        params = {key: value for key, value in (ctx.params or {}).items() if key not in _OF_ANSWER}
        return await call_next(replace(ctx, params=params))

    server.middleware.insert(0, ask_again)


def input_required(question: Question) -> InputRequiredResult:
    """Returns the question as the result of a call, which comes again with the answer."""
    params: ElicitRequestURLParams | ElicitRequestFormParams
    if question.url:
        params = ElicitRequestURLParams(message=question.message, url=question.url)
    else:
        params = ElicitRequestFormParams(message=question.message, requested_schema=_FORM_SCHEMA)
    return InputRequiredResult(
        input_requests={_KEY: ElicitRequest(params=params)}, request_state=question.state
    )


def _declared(ctx: Ctx) -> ElicitationCapability | None:
    return ctx.client_capabilities.elicitation if ctx.client_capabilities else None


def _questions_are_returned(ctx: Ctx) -> bool:
    version = ctx.protocol_version
    return version is not None and is_version_at_least(version, _QUESTIONS_ARE_RETURNED)


def _can_ask(ctx: Ctx) -> bool:
    return _questions_are_returned(ctx) or ctx.session.can_send_request


def _earlier_result(ctx: Ctx) -> ElicitResult | None:
    result = (ctx.input_responses or {}).get(_KEY)
    return result if isinstance(result, ElicitResult) else None


async def _reply_in_time(ask: Callable[[], Awaitable[ElicitResult]], seconds: float) -> Reply:
    """Returns the reply to a question, or why there is none."""
    asked_at = time.monotonic()
    with anyio.move_on_after(seconds):
        try:
            result = await ask()
        except (MCPError, ValidationError):
            return Reply(problem="error")
        return _reply(result)._replace(after_s=time.monotonic() - asked_at)
    return Reply(problem="no reply in time")


def _reply(result: ElicitResult) -> Reply:
    """Returns what was typed; None where the question was refused or dismissed."""
    typed = (result.content or {}).get(_FIELD)
    if result.action != "accept":
        return Reply(None)
    return Reply(typed if isinstance(typed, str) else "")


def _shown(reply: Reply) -> Shown:
    was_opened = reply.problem is None and reply.typed is not None
    return Shown() if was_opened else Shown(refusal=reply)
