"""Confirmation by a person who answers a question."""

from typing import NamedTuple

from runs_mcp.confirmation.action import Preview
from runs_mcp.confirmation.action_call import ActionCall, Confirmation
from runs_mcp.confirmation.claims import Claim
from runs_mcp.confirmation.question import Answer, Question, QuestionChannel, Reply, confirms
from runs_mcp.confirmation.report import ActionReport
from runs_mcp.confirmation.tokens import ConfirmationTokens, SignedClaim
from runs_mcp.confirmation.wording import question_message
from runs_mcp.deadline import Deadline


class _EarlierAnswer(NamedTuple):
    """The answer to a question that was returned before, and what that question was valid for."""

    answer: Answer
    asked: SignedClaim


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
        return (
            answer if isinstance(answer, Question) else await _judge(call, preview, answer, tokens)
        )
    if await tokens.is_spent(earlier.asked):
        return await call.report("confirmation_required", preview)
    judged = await _judge(call, preview, _timed(earlier, channel.answer_seconds), tokens)
    if isinstance(judged, Confirmation) and earlier.asked.claim != claim:
        await tokens.spend(judged.proof)
        return await call.report("changed", preview)
    return judged


def _earlier_answer(
    channel: QuestionChannel, tokens: ConfirmationTokens, claim: Claim
) -> _EarlierAnswer | None:
    """Returns the answer that came with this call, if its question was about the same call."""
    answer = channel.earlier_answer()
    asked = tokens.read(answer.state) if answer else None
    if answer is None or asked is None or asked.claim.call != claim.call:
        return None
    return _EarlierAnswer(answer, asked)


def _timed(earlier: _EarlierAnswer, answer_seconds: float) -> Answer:
    """Returns the answer with the time that it took, which the state of its question tells."""
    state, reply = earlier.answer
    took = earlier.asked.age_s
    if took > answer_seconds:
        return Answer(state, Reply(problem="late reply"))
    return Answer(state, reply._replace(after_s=took))


async def _ask(
    call: ActionCall, preview: Preview, channel: QuestionChannel, state: str, deadline: Deadline
) -> Answer | Question:
    """Asks the person; returns the question where the call has to come again with the answer."""
    await call.record("asked")
    message = question_message(preview.summary, call.action.target, channel.answer_seconds)
    question = Question(message, state)
    with deadline.paused():
        reply = await channel.ask(question)
    return question if reply is None else Answer(state, reply)


async def _judge(
    call: ActionCall, preview: Preview, answer: Answer, tokens: ConfirmationTokens
) -> Confirmation | ActionReport:
    reply = answer.reply
    if reply.no_answer is None and confirms(reply.typed, call.action.target):
        return Confirmation("elicitation", answer.state)
    # Whatever else was answered, the question was: it cannot be answered once more.
    await tokens.spend(answer.state)
    if reply.no_answer:
        return await call.report("no_answer", preview, no_answer=reply.no_answer)
    return await call.report("declined", preview)
