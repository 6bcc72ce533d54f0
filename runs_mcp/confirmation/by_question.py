"""Confirmation by a person who answers a question."""

from typing import NamedTuple

from runs_mcp.confirmation.action import Preview
from runs_mcp.confirmation.action_call import ActionCall, Confirmation
from runs_mcp.confirmation.claims import Claim
from runs_mcp.confirmation.question import Answer, Question, QuestionChannel, confirms
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.tokens import ConfirmationTokens
from runs_mcp.confirmation.wording import question_message
from runs_mcp.deadline import Deadline


class _EarlierAnswer(NamedTuple):
    """The answer to a question that was returned before, and what that question was valid for."""

    answer: Answer
    claim: Claim


async def confirm_by_question(
    call: ActionCall,
    preview: Preview,
    channel: QuestionChannel,
    tokens: ConfirmationTokens,
    deadline: Deadline,
) -> Confirmation | ActionReport | Question:
    """Returns the confirmation that a person gave, the report that they did not, or the question.

    Args:
        call: The call to confirm.
        preview: The run as it is now.
        channel: How the person is asked.
        tokens: Signs and reads the state of questions.
        deadline: The deadline of the call; paused while the person answers.
    """
    claim = call.claim("question", preview)
    earlier = _earlier_answer(channel, tokens, claim)
    if earlier is None:
        answer = await _ask(call, preview, channel, tokens.sign(claim), deadline)
    elif earlier.claim == claim:
        answer = earlier.answer
    else:
        return await call.report("changed", preview)
    if isinstance(answer, Question):
        return answer
    return await _judge(call, preview, answer)


def _earlier_answer(
    channel: QuestionChannel, tokens: ConfirmationTokens, claim: Claim
) -> _EarlierAnswer | None:
    """Returns the answer that came with this call, if its question was about the same call."""
    answer = channel.earlier_answer()
    if answer is None:
        return None
    asked = tokens.read(answer.state, max_age_s=channel.answer_seconds)
    if asked is None or asked.call != claim.call:
        return None
    return _EarlierAnswer(answer, asked)


async def _ask(
    call: ActionCall, preview: Preview, channel: QuestionChannel, state: str, deadline: Deadline
) -> Answer | Question:
    """Asks the person; returns the question where the call has to come again with the answer."""
    await call.record("asked")
    message = question_message(
        call.action.name, preview.description, preview.effect, call.action.target
    )
    question = Question(message, state)
    with deadline.paused():
        reply = await channel.ask(question)
    return question if reply is None else Answer(state, reply)


async def _judge(call: ActionCall, preview: Preview, answer: Answer) -> Confirmation | ActionReport:
    if not answer.reply.answered:
        return await call.report("no_answer", preview)
    if not confirms(answer.reply, call.action.target):
        return await call.report("declined", preview)
    return Confirmation("elicitation", answer.state)
