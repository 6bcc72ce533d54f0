"""Two servers over HTTP that share signing keys and a store: either finishes what one began."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import httpx
import pytest
from hosts import structured_of
from over_http import ServerOverHttp, serve
from providers.currents_runs import RUNNING, writes
from round_robin_proxy import RoundRobinProxy
from server.confirmation_pages import PageVisitor, form_token_of
from server.destructive_calls import FakePerson, typing
from server.test_http import KEYS, apis_of

from runs_mcp.sandbox import Sandbox
from runs_mcp.server.http.serving import HttpServer, listen

STATE_KEY: Final = "k" * 40
CANCEL: Final = {"run_id": RUNNING}
PUBLIC: Final = "http://runs.example"
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


class Page:
    """A confirmation page at the public address, which either server may be asked for."""

    def __init__(self, url: str) -> None:
        self._path = url.removeprefix(PUBLIC)
        self._host = {"Host": PUBLIC.partition("://")[2]}

    async def open(self, server: ServerOverHttp) -> httpx.Response:
        return await server.send("GET", self._path, headers=self._host)

    async def form_token(self, server: ServerOverHttp) -> str:
        return form_token_of(await self.open(server))

    async def send(
        self, server: ServerOverHttp, decision: str, typed: str, token: str = ""
    ) -> httpx.Response:
        form = {
            "form_token": token or await self.form_token(server),
            "decision": decision,
            "typed": typed,
        }
        headers = {**self._host, "Origin": PUBLIC}
        return await server.send("POST", self._path, data=form, headers=headers)


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


async def test_a_page_of_one_is_shown_and_confirmed_by_the_other(
    sandbox: Sandbox, redis_url: str
) -> None:
    async with two(sandbox, redis_url, RUNS_MCP_PUBLIC_URL=PUBLIC) as (one, other):
        asked = await cancel(one)
        page = Page(asked["confirmation_url"])
        assert asked["confirmation_url"] == (await cancel(other))["confirmation_url"]
        assert (await page.send(other, "confirm", "wrong!")).status_code == 422
        assert (await page.send(other, "confirm", RUNNING[-6:])).status_code == 200
        assert (await page.open(one)).status_code == 410
        assert writes(sandbox) == []
        assert (await cancel(one))["outcome"] == "done"
    assert writes(sandbox) == ["PUT"]


async def test_the_public_address_is_served_however_it_is_written(
    sandbox: Sandbox, redis_url: str
) -> None:
    written = "http://Runs.Example:80"
    async with two(sandbox, redis_url, RUNS_MCP_PUBLIC_URL=written) as (one, other):
        asked = (await cancel(one))["confirmation_url"]
        page = Page(asked.replace(written, PUBLIC))
        assert (await page.send(other, "confirm", RUNNING[-6:])).status_code == 200
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        headers = {"Host": "runs.example", "Origin": PUBLIC, **KEYS, "Accept": "*/*"}
        assert (await one.send(json=ping, headers=headers)).status_code == 200


async def test_a_page_used_at_both_at_once_is_decided_on_once(
    sandbox: Sandbox, redis_url: str
) -> None:
    async with two(sandbox, redis_url, RUNS_MCP_PUBLIC_URL=PUBLIC) as (one, other):
        page = Page((await cancel(one))["confirmation_url"])
        token = await page.form_token(one)
        outcomes: list[str] = []

        async def act(server: ServerOverHttp) -> None:
            outcomes.append((await cancel(server))["outcome"])

        async with anyio.create_task_group() as tasks:
            for server, decision in ((one, "confirm"), (other, "leave")) * 4:
                tasks.start_soon(page.send, server, decision, RUNNING[-6:], token)
        async with anyio.create_task_group() as tasks:
            for server in (one, other) * 3:
                tasks.start_soon(act, server)

    assert outcomes.count("done") + outcomes.count("declined") >= 1
    assert ("done" in outcomes) is not ("declined" in outcomes)
    assert writes(sandbox) == ["PUT"] * outcomes.count("done")


@asynccontextmanager
async def behind_a_proxy(*servers: ServerOverHttp) -> AsyncIterator[ServerOverHttp]:
    """Yields the address at which either server answers, in turn."""
    proxy = HttpServer(RoundRobinProxy([server.url for server in servers]).application)
    with listen("127.0.0.1", 0) as listener:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(proxy.serve, [listener])
            try:
                yield ServerOverHttp(f"http://127.0.0.1:{listener.getsockname()[1]}")
            finally:
                proxy.should_exit = True


@pytest.mark.parametrize("shares_keys", [True, False])
async def test_an_answer_to_a_question_of_one_is_taken_by_the_other_with_the_same_key_alone(
    sandbox: Sandbox, redis_url: str, shares_keys: bool
) -> None:
    person = FakePerson(typing(RUNNING[-6:]))
    keys = {} if shares_keys else {"RUNS_MCP_STATE_KEYS": ""}
    async with (
        two(sandbox, redis_url, **keys) as (one, other),
        behind_a_proxy(one, other) as front,
        front.connect(KEYS, "auto", person) as client,
    ):
        if shares_keys:
            result = await client.call_tool("currents_cancel_run", CANCEL)
            assert structured_of(result)["outcome"] == "done"
        else:
            # The proxy asks them in turn, until the client gives up.
            with pytest.raises(Exception, match="rounds"):
                await client.call_tool("currents_cancel_run", CANCEL)
    assert (len(person.questions) == 1) is shares_keys
    assert writes(sandbox) == (["PUT"] if shares_keys else [])


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
        ready = await one.send("GET", "/readyz")
        page = await one.send("GET", f"/confirm/{'x' * 32}")
    assert (ready.status_code, ready.json()["store"]) == (503, "unreachable")
    assert (page.status_code, "Nothing was done" in page.text) == (503, True)
    assert refused.is_error
    assert "RUNS_MCP_STORE_URL" in str(refused.content)
    assert "Nothing was changed" in str(refused.content)
    assert writes(sandbox) == []
