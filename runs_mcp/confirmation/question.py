"""The question to a person, how it is asked, and what counts as a confirmation."""

import hmac
import math
from typing import Final, Literal, NamedTuple, Protocol

ANSWER_SECONDS: Final = 120.0
TYPED_CHARS: Final = 6
READING_SECONDS: Final = 1.0
"""Nobody reads a question and refuses faster than this: such an answer is the host's own."""

NoAnswer = Literal["no reply in time", "late reply", "error", "instant refusal"]
"""Why there is no answer of a person."""


class Question(NamedTuple):
    """A question to a person.

    Args:
        message: What they read.
        state: A signed token for the preview that they are shown; it comes back with the answer.
        url: The page to open, where the question is whether to open one; otherwise empty.
    """

    message: str
    state: str
    url: str = ""


class Reply(NamedTuple):
    """What came back from a host that was given a question.

    Args:
        typed: What was typed; None where the question was refused or dismissed.
        after_s: How long the host took, in seconds, where that is known.
        problem: Why this is no person's answer; None if it may be one.
    """

    typed: str | None = None
    after_s: float = math.inf
    problem: NoAnswer | None = None

    @property
    def no_answer(self) -> NoAnswer | None:
        """Why this is no person's answer, or None if it is one."""
        if self.problem is None and self.typed is None and self.after_s < READING_SECONDS:
            return "instant refusal"
        return self.problem


class Answer(NamedTuple):
    """A reply, with the state of the question that it answers."""

    state: str
    reply: Reply


class QuestionChannel(Protocol):
    """A way to ask the person who made a call."""

    @property
    def is_available(self) -> bool:
        """Whether a question would reach a host that shows it."""

    @property
    def answer_seconds(self) -> float:
        """How long there is to answer."""

    def earlier_answer(self) -> Answer | None:
        """Returns the answer to a question that an earlier call returned, if this call has one."""

    async def ask(self, question: Question) -> Reply | None:
        """Asks, and waits for the reply; returns None where the call has to return the question."""


def confirms(typed: str | None, target: str) -> bool:
    """Returns whether exactly the last characters of the target's ID were typed."""
    expected = target[-TYPED_CHARS:]
    # A lone surrogate cannot be encoded: replaced, it just differs.
    given = (typed or "").strip().encode(errors="replace")
    return bool(expected) and hmac.compare_digest(given, expected.encode())
