"""Two servers over HTTP that share signing keys and a store: either finishes what one began."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
from hosts import structured_of
from over_http import ServerOverHttp, serve
from providers.currents_runs import RUNNING, writes
from server.confirmation_pages import PageVisitor
from server.destructive_calls import FakePerson, typing
from server.test_http import KEYS, apis_of

from runs_mcp.sandbox import Sandbox

STATE_KEY: Final = "k" * 40
CANCEL: Final = {"run_id": RUNNING}
BY_TOKEN: Final = {"RUNS_MCP_CONFIRM": "token"}


@asynccontextmanager
async def two(
    sandbox: Sandbox, store_url: str, **settings: str
) -> AsyncIterator[tuple[ServerOverHttp, ServerOverHttp]]:
    """Serves the sandbox by two servers with one store, and one signing key unless told."""
    shared = {"RUNS_MCP_STORE_URL": store_url, "RUNS_MCP_STATE_KEYS": STATE_KEY, **settings}
    chosen = {name: value for name, value in shared.items() if value}
    async with (
        serve(apis_of(sandbox), settings=chosen) as one,
        serve(apis_of(sandbox), settings=chosen) as other,
    ):
        yield one, other


async def cancel(server: ServerOverHttp, token: str = "") -> dict[str, Any]:
    arguments = {**CANCEL, "confirmation_token": token} if token else CANCEL
    async with server.connect(KEYS, "legacy") as client:
        return structured_of(await client.call_tool("currents_cancel_run", arguments))


async def test_a_token_of_one_is_used_at_another_and_at_both_at_once_leads_to_one_write(
    sandbox: Sandbox, redis_url: str
) -> None:
    async with two(sandbox, redis_url, **BY_TOKEN) as (one, other):
        token = (await cancel(one))["confirmation_token"]
        outcomes: list[str] = []

        async def use(server: ServerOverHttp) -> None:
            outcomes.append((await cancel(server, token))["outcome"])

        async with anyio.create_task_group() as tasks:
            for server in (one, other) * 3:
                tasks.start_soon(use, server)

    assert outcomes.count("done") == 1
    assert set(outcomes) <= {"done", "already_done", "confirmation_required"}
    assert writes(sandbox) == ["PUT"]


async def test_what_was_confirmed_on_the_page_of_one_is_done_by_another(
    sandbox: Sandbox, redis_url: str
) -> None:
    async with two(sandbox, redis_url) as (one, other):
        asked = await cancel(one)
        visitor = PageVisitor(asked["confirmation_url"])
        assert (await visitor.confirm(RUNNING[-6:])).status_code == 200
        assert writes(sandbox) == []
        assert (await cancel(other))["outcome"] == "done"
        assert (await cancel(one))["outcome"] == "already_done"
    assert writes(sandbox) == ["PUT"]


async def test_without_a_shared_key_a_confirmation_of_one_is_none_at_another(
    sandbox: Sandbox, redis_url: str
) -> None:
    async with two(sandbox, redis_url, RUNS_MCP_STATE_KEYS="", **BY_TOKEN) as (one, other):
        token = (await cancel(one))["confirmation_token"]
        assert (await cancel(other, token))["outcome"] == "confirmation_required"
    assert writes(sandbox) == []


async def test_a_store_that_is_down_stops_no_reading_and_every_write(
    sandbox: Sandbox,
) -> None:
    down = "redis://127.0.0.1:9"
    person = FakePerson(typing(RUNNING[-6:]))
    async with two(sandbox, down) as (one, _), one.connect(KEYS, "auto", person) as client:
        structured_of(await client.call_tool("currents_list_projects", {}))
        refused = await client.call_tool("currents_cancel_run", CANCEL)
    assert refused.is_error
    assert "RUNS_MCP_STORE_URL" in str(refused.content)
    assert "Nothing was changed" in str(refused.content)
    assert writes(sandbox) == []
