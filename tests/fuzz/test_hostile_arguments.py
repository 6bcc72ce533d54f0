"""Whatever a host sends as arguments, cursors, tokens or the form of a page: nothing is written."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import anyio
import pytest
from calls_of_every_tool import calls_of_every_tool
from fuzz.checks import examples, problem_of
from fuzz.mutations import ODD, damaged, mutated
from hosts import environment, structured_of, text_of
from in_process import configured, connect
from providers.currents_runs import RUNNING, writes
from server.confirmation_pages import PageVisitor
from server.destructive_calls import calls_of
from shared_client import SharedClient, shared_client

from runs_mcp.sandbox import Sandbox

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.

ANY_ARGUMENTS: Final = ("cursor", "detail", "limit", "run_id", "project_id", "confirmation_token")
DESTRUCTIVE: Final = ("cancel", "cancel by CI", "reset", "delete")
WITH_CURSORS: Final = (
    "currents_list_projects",
    "currents_list_runs",
    "currents_get_run",
    "currents_find_run",
    "currents_get_instance",
    "buildkite_list_suites",
    "buildkite_list_runs",
    "buildkite_get_failed_executions",
    "triage_run",
    "compare_runs",
)


@pytest.fixture(scope="module")
def by_token(story: Sandbox) -> Iterator[SharedClient]:
    """A client of a server that a token alone makes write."""
    settings = {**environment(story), "RUNS_MCP_CONFIRM": "token", "RUNS_MCP_RESULT_BYTES": "2000"}
    with shared_client(configured(settings)) as connected:
        yield connected


def sendable(value: object) -> Any:  # noqa: ANN401 - JSON
    """Returns a value without halves of characters: what is made of those is tried elsewhere."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


@pytest.mark.usefixtures("no_pauses")
def test_no_arguments_break_a_tool_or_write(story: Sandbox, by_token: SharedClient) -> None:
    calls = list(calls_of_every_tool(story).items())
    wrong: dict[int, Any] = {}
    for seed in examples(80):
        random = Random(seed)
        tool, usual = random.choice(calls)
        changed = mutated(sendable(usual), random)
        arguments: dict[str, Any] = changed if isinstance(changed, dict) else dict(usual)
        if random.random() < 0.5:
            arguments[random.choice(ANY_ARGUMENTS)] = copy.deepcopy(random.choice(ODD))
        story.requests.clear()
        result = by_token.call(tool, sendable(arguments))
        if (problem := problem_of(result)) or writes(story):
            wrong[seed] = (tool, arguments, problem, writes(story))
    assert not wrong


@pytest.fixture(scope="module")
def cursors(story: Sandbox, by_token: SharedClient) -> list[tuple[str, dict[str, object], str]]:
    """Calls with a cursor to their second page."""
    every = calls_of_every_tool(story)
    found = []
    for tool in WITH_CURSORS:
        limit = {"limit": 1} if "_list_" in tool else {}
        answer = structured_of(by_token.call(tool, {**every[tool], **limit}))
        cursor = answer.get("next_cursor") or answer.get("trim", {}).get("next_cursor")
        if cursor:
            found.append((tool, {**every[tool], **limit}, cursor))
    assert len(found) >= 7
    return found


@pytest.mark.usefixtures("no_pauses")
def test_no_cursor_breaks_a_tool(
    cursors: list[tuple[str, dict[str, object], str]], by_token: SharedClient
) -> None:
    wrong: dict[int, Any] = {}
    for seed in examples(50):
        random = Random(seed)
        # A page of a triage takes many requests.
        weights = [0.1 if "_run" in tool and "s_" not in tool else 1.0 for tool, *_ in cursors]
        ((tool, arguments, cursor),) = random.choices(cursors, weights)
        other = random.choice(cursors)[2]
        hostile = sendable(random.choice((damaged(cursor, random), other, cursor + other, cursor)))
        result = by_token.call(tool, {**arguments, "cursor": hostile})
        kinds = ("kind=invalid_argument", "kind=conflict", "kind=not_found")
        right = not result.is_error or any(kind in text_of(result) for kind in kinds)
        if not right or problem_of(result):
            wrong[seed] = (tool, hostile, text_of(result)[:300])
    assert not wrong


@pytest.mark.usefixtures("no_pauses")
def test_no_token_but_the_right_one_writes(story: Sandbox, by_token: SharedClient) -> None:
    calls = calls_of(story)
    tokens = {
        action: structured_of(by_token.call(*calls[action][:2]))["confirmation_token"]
        for action in DESTRUCTIVE
    }
    wrong: dict[int, Any] = {}
    story.requests.clear()
    for seed in examples(50):
        random = Random(seed)
        action = random.choice(DESTRUCTIVE)
        tool, arguments, _ = calls[action]
        others = [token for other, token in tokens.items() if other != action]
        token = sendable(random.choice((damaged(tokens[action], random), random.choice(others))))
        if token == tokens[action]:
            continue
        result = by_token.call(tool, {**arguments, "confirmation_token": token})
        if (problem := problem_of(result)) or writes(story):
            wrong[seed] = (tool, token, problem, writes(story))
    assert not wrong


async def test_no_form_but_the_right_one_confirms(story: Sandbox) -> None:
    call = ("currents_cancel_run", {"run_id": RUNNING})
    story.requests.clear()
    async with connect(story) as client:
        visitor = PageVisitor(structured_of(await client.call_tool(*call))["confirmation_url"])
        right = {"form_token": await visitor.form_token(), "typed": "", "decision": "confirm"}
        for seed in examples(20):
            random = Random(seed)
            changed = mutated({**right, "typed": RUNNING[-6:]}, random)
            form = changed if isinstance(changed, dict) else {}
            form = {name: str(sendable(value)) for name, value in form.items()}
            if form.get("typed") == RUNNING[-6:] and form.get("form_token") == right["form_token"]:
                form["typed"] = damaged(RUNNING[-6:], random)[:5]
            if form.get("decision") != "confirm":
                form.pop("decision", None)  # leaving is a right answer, too, and ends the page
            with anyio.fail_after(30):
                answer = await visitor.send({sendable(k): sendable(v) for k, v in form.items()})
            assert 400 <= answer.status_code < 500 or "type" in answer.text.lower(), seed
            assert writes(story) == []
        report = structured_of(await client.call_tool(*call))
    assert report["outcome"] == "confirmation_required"
    assert writes(story) == []
