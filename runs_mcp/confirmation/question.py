"""The question to a person, how it is asked, and what counts as a confirmation."""

import hmac
from typing import Final, NamedTuple, Protocol

ANSWER_SECONDS: Final = 120.0
TYPED_CHARS: Final = 6


class Question(NamedTuple):
    """A question to a person.

    Args:
        message: What they read.
        state: A signed token for the preview that they are shown; it comes back with the answer.
    """

    message: str
    state: str


class Reply(NamedTuple):
    """What a person replied.

    Args:
        typed: What they typed; None where they refused or dismissed the question.
        answered: False where no answer came at all.
    """

    typed: str | None = None
    answered: bool = True


class Answer(NamedTuple):
    """A reply, with the state of the question that it answers."""

    state: str
    reply: Reply


class QuestionChannel(Protocol):
    """A way to ask the person who made a call."""

    @property
    def is_available(self) -> bool:
        """Whether a question would reach a person."""

    @property
    def answer_seconds(self) -> float:
        """How long there is to answer."""

    def earlier_answer(self) -> Answer | None:
        """Returns the answer to a question that an earlier call returned, if this call has one."""

    async def ask(self, question: Question) -> Reply | None:
        """Asks, and waits for the reply; returns None where the call has to return the question."""


def confirms(reply: Reply, target: str) -> bool:
    """Returns whether exactly the last characters of the target's ID were typed."""
    expected = target[-TYPED_CHARS:]
    # A lone surrogate cannot be encoded: replaced, it just differs.
    typed = (reply.typed or "").strip().encode(errors="replace")
    return bool(expected) and hmac.compare_digest(typed, expected.encode())
