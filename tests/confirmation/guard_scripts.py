"""Scripts of calls to the guard: anything that callers, people, hosts and upstream may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from confirmation.fake_action import ACTIONS, CHANGES, WriteResult
from confirmation.guard_setup import ANSWER_S, API_KEY, TOKEN_S, right
from hypothesis import strategies as st

from runs_mcp.confirmation.question import Reply
from runs_mcp.settings import ActionName, ConfirmPolicy

REPLIES: Final[dict[str, Callable[[str], Reply]]] = {
    "right": right,
    "right with spaces": lambda target: Reply(f" {target[-6:]}\n"),
    "wrong": lambda _: Reply("wrong!"),
    "empty": lambda _: Reply(""),
    "spaces": lambda _: Reply("  \t\n"),
    "nothing": lambda _: Reply(None),
    "the whole ID": lambda target: Reply(target),
    "too few": lambda target: Reply(target[-5:]),
    "no answer": lambda _: Reply(problem="no reply in time"),
    "right, but no answer": lambda target: Reply(target[-6:], problem="error"),
}


Browser = Literal["none", "opens", "link", "host opens", "host refuses", "host is asked later"]
BROWSERS: Final[tuple[Browser, ...]] = get_args(Browser)
OnPage = Literal["nothing", "confirm", "wrong", "leave"]


@dataclass(frozen=True)
class Step:
    """One call, and everything around it. By default nothing confirms it."""

    policy: ConfirmPolicy = "auto"
    preapproved: tuple[ActionName, ...] = ()
    name: ActionName = "cancel"
    run: int = 0
    variant: str = ""
    caller: str = API_KEY
    keys: str = "ours"
    can_be_asked: bool = False
    modern: bool = False
    reply: str = "right"
    earlier: int | None = None
    """Which state is answered, of those that were given so far; 0 is the last one."""
    token: int | str = ""
    """Which token is passed, of those that were given so far; or another text."""
    browser: Browser = "none"
    on_page: OnPage = "nothing"
    """What the person did on a page before the call."""
    page: int = 0
    """On which page, of those that were shown so far; 0 is the last one."""
    changes: tuple[str, ...] = ()
    result: WriteResult = "done"
    verify_fails: bool = False
    reads_until_failure: int = 99
    audit_operations: int | None = None
    seconds_before: int = 0


def _mostly(usual: object, *others: object) -> st.SearchStrategy[object]:
    return st.sampled_from((usual,) * 4 + others)


STEPS: Final = st.builds(
    Step,
    policy=st.sampled_from(("auto", "human", "page", "token")),
    preapproved=_mostly((), ("cancel",), ("reset",), ("delete",), ("cancel", "delete")),
    name=st.sampled_from(ACTIONS),
    run=_mostly(0, 1),
    variant=_mostly("", "other"),
    caller=_mostly(API_KEY, "another-key"),
    keys=_mostly("ours", "foreign"),
    can_be_asked=st.booleans(),
    modern=st.booleans(),
    reply=_mostly("right", *REPLIES),
    earlier=st.none() | st.integers(0, 3),
    browser=st.sampled_from(BROWSERS),
    on_page=st.sampled_from(("nothing", "confirm", "confirm", "wrong", "leave")),
    page=_mostly(0, 1, 2),
    token=st.integers(0, 3) | st.sampled_from(("", "garbage", "tampered", "true")),
    changes=st.lists(st.sampled_from(CHANGES), max_size=6).map(tuple),
    result=_mostly("done", "refused", "lost with effect", "lost without"),
    verify_fails=_mostly(False, True),
    reads_until_failure=_mostly(99, 0, 1),
    audit_operations=_mostly(None, 0, 1, 2, 3),
    seconds_before=_mostly(0, 1, ANSWER_S, ANSWER_S + 1, TOKEN_S, TOKEN_S + 1),
)


def token_step(**changes: object) -> Step:
    """Returns a call with the last token that was given."""
    usual: dict[str, object] = {"policy": "token", "token": 0}
    return Step(**{**usual, **changes})  # type: ignore[arg-type]  # of the types above


def page_step(**changes: object) -> Step:
    """Returns a call whose person has a page."""
    usual: dict[str, object] = {"policy": "page", "browser": "link"}
    return Step(**{**usual, **changes})  # type: ignore[arg-type]  # of the types above


def asked_step(**changes: object) -> Step:
    """Returns a call whose question is returned."""
    usual: dict[str, object] = {"can_be_asked": True, "modern": True}
    return Step(**{**usual, **changes})  # type: ignore[arg-type]  # of the types above
