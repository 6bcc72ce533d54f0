"""The confirmation page over HTTP: only its own form, sent by itself, confirms."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from hosts import Era, text_of
from in_process import connect
from mcp import Client
from msgspec.structs import replace
from providers.currents_runs import FAILED, OWN, RUNNING, put_run, some_specs, writes
from server.confirmation_pages import PageVisitor
from server.destructive_calls import calls_of, every_action, every_era, report_of

from runs_mcp.sandbox import Sandbox

CANCEL: Final = {"run_id": RUNNING}
RIGHT: Final = RUNNING[-6:]
HOSTILE: Final = (
    "</dd><script>fetch('/')</script><img src=x onerror=alert(1)>"
    '"><form action="https://evil.example"><button>Confirm</button></form>{{ 7 * 7 }}'
)


async def visit(client: Client, tool: str, arguments: dict[str, Any]) -> PageVisitor:
    report = report_of(await client.call_tool(tool, arguments))
    assert report["outcome"] == "confirmation_required"
    return PageVisitor(report["confirmation_url"])


@asynccontextmanager
async def cancel_page(sandbox: Sandbox) -> AsyncIterator[tuple[Client, PageVisitor]]:
    async with connect(sandbox) as client:
        yield client, await visit(client, "currents_cancel_run", CANCEL)


async def outcome_of(client: Client) -> str:
    outcome: str = report_of(await client.call_tool("currents_cancel_run", CANCEL))["outcome"]
    return outcome


@every_era
@every_action
async def test_what_is_confirmed_on_the_page_is_done_by_the_same_call_and_once(
    sandbox: Sandbox, era: Era, action: str
) -> None:
    tool, arguments, typed = calls_of(sandbox)[action]
    async with connect(sandbox, era=era) as client:
        visitor = await visit(client, tool, arguments)
        answer = await visitor.confirm(typed)
        assert writes(sandbox) == []
        done = report_of(await client.call_tool(tool, arguments))
        again = report_of(await client.call_tool(tool, arguments))

    assert answer.status_code == 200
    assert "You can go back to your assistant" in answer.text
    assert (done["outcome"], again["outcome"]) == ("done", "already_done")
    assert len(writes(sandbox)) == 1


@every_era
async def test_what_is_left_on_the_page_is_declined(sandbox: Sandbox, era: Era) -> None:
    async with connect(sandbox, era=era) as client:
        visitor = await visit(client, "currents_cancel_run", CANCEL)
        answer = await visitor.leave()
        assert "Nothing was changed. You can go back to your assistant." in answer.text
        assert await outcome_of(client) == "declined"
        assert await outcome_of(client) == "confirmation_required"
    assert writes(sandbox) == []


async def test_the_page_has_all_that_is_known_of_the_run_and_what_will_happen(
    sandbox: Sandbox,
) -> None:
    run = sandbox.currents.run_of(FAILED)
    async with connect(sandbox) as client:
        visitor = await visit(client, "currents_delete_run", {"run_id": FAILED})
        page = (await visitor.open()).text
    commit = run.meta.commit
    for known in (FAILED, commit.branch, commit.sha, commit.author_name, "minutes ago", "failed"):
        assert str(known) in page
    assert "cannot be undone" in page
    assert "Nothing has been changed so far" in page


async def test_the_page_of_a_reset_names_every_spec_that_runs_again(sandbox: Sandbox) -> None:
    put_run(sandbox, specs=list(some_specs(sandbox).values()))
    async with connect(sandbox) as client:
        reset = {"run_id": OWN, "machine_ids": ["machine-a"]}
        page = (await (await visit(client, "currents_reset_run", reset)).open()).text
    assert "e2e/a1.spec.ts" in page
    assert "e2e/a2.spec.ts" in page
    assert "b1.spec" not in page


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
async def test_no_other_method_than_post_confirms(sandbox: Sandbox, method: str) -> None:
    async with cancel_page(sandbox) as (client, visitor):
        token = await visitor.form_token()
        query = f"?form_token={token}&typed={RIGHT}&decision=confirm"
        await PageVisitor(visitor.url + query).open(method)
        assert await outcome_of(client) == "confirmation_required"
    assert writes(sandbox) == []


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://127.0.0.1", "http://localhost", "HOST:1", ""],
)
async def test_a_form_that_another_site_sends_confirms_nothing(
    sandbox: Sandbox, origin: str | None
) -> None:
    async with cancel_page(sandbox) as (client, visitor):
        form = {"form_token": await visitor.form_token(), "typed": RIGHT, "decision": "confirm"}
        wanted = origin.replace("HOST", visitor.origin) if origin else origin
        assert (await visitor.send(form, Origin=wanted)).status_code == 403
        assert await outcome_of(client) == "confirmation_required"
    assert writes(sandbox) == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost", "127.0.0.1", ""])
async def test_a_request_for_another_host_gets_nothing(sandbox: Sandbox, host: str) -> None:
    """A name that an attacker makes point to loopback (DNS rebinding)."""
    async with cancel_page(sandbox) as (client, visitor):
        shown = await visitor.open(Host=host)
        assert shown.status_code in (400, 421)
        assert RUNNING not in shown.text
        form = {"form_token": await visitor.form_token(), "typed": RIGHT, "decision": "confirm"}
        sent = await visitor.send(form, Host=host, Origin=f"http://{host}")
        assert sent.status_code in (400, 421)
        assert await outcome_of(client) == "confirmation_required"


@pytest.mark.parametrize(
    "change",
    [
        {"form_token": ""},
        {"form_token": "x"},
        {"form_token": "\u20ac"},
        {"typed": ""},
        {"typed": "yes"},
        {"typed": RUNNING},
        {"typed": RIGHT.upper() + "x"},
        {"decision": ""},
        {"decision": "Confirm"},
        {"typed": "x" * 9000},
        {f"field {number}": "x" for number in range(99)} | {"typed": ""},
    ],
)
async def test_a_form_that_is_not_the_pages_own_confirms_nothing(
    sandbox: Sandbox, change: dict[str, str]
) -> None:
    async with cancel_page(sandbox) as (client, visitor):
        form = {"form_token": await visitor.form_token(), "typed": RIGHT, "decision": "confirm"}
        assert (await visitor.send({**form, **change})).status_code in (403, 422)
        assert await outcome_of(client) == "confirmation_required"
    assert writes(sandbox) == []


async def test_the_form_of_one_page_does_not_confirm_another(sandbox: Sandbox) -> None:
    async with cancel_page(sandbox) as (client, visitor):
        other = await visit(client, "currents_delete_run", {"run_id": FAILED})
        form = {"form_token": await other.form_token(), "typed": RIGHT, "decision": "confirm"}
        assert (await visitor.send(form)).status_code == 403
        assert (await other.confirm(RIGHT)).status_code == 422
    assert writes(sandbox) == []


async def test_two_calls_share_one_server_and_have_a_page_each(sandbox: Sandbox) -> None:
    async with cancel_page(sandbox) as (client, visitor):
        other = await visit(client, "currents_delete_run", {"run_id": FAILED})
    assert other.origin == visitor.origin
    assert other.url != visitor.url


async def test_a_used_page_and_a_made_up_one_show_nothing(sandbox: Sandbox) -> None:
    async with cancel_page(sandbox) as (_, visitor):
        await visitor.confirm(RIGHT)
        made_up = PageVisitor(f"{visitor.origin}/confirm/{'x' * 32}")
        for page in (visitor, made_up):
            shown = await page.open()
            assert shown.status_code == 410
            assert RUNNING not in shown.text
        for path in ("/", "/confirm/", "/favicon.ico", "/confirm/a/b", "/docs"):
            assert (await PageVisitor(visitor.origin + path).open()).status_code == 404


async def test_every_answer_forbids_scripts_frames_and_being_kept(sandbox: Sandbox) -> None:
    async with cancel_page(sandbox) as (_, visitor):
        wrong = await visitor.confirm("wrong!")
        answers = [await visitor.open(), wrong, await PageVisitor(visitor.origin + "/").open()]
        answers.append(await visitor.confirm(RIGHT))
        answers.append(await visitor.open())
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        nonce = re.search(r"'nonce-([^']+)'", policy)
        assert nonce
        assert f'<style nonce="{nonce[1]}">' in answer.text
        assert "<script" not in answer.text
        assert "http" not in re.sub(r"<bdi>.*?</bdi>", "", answer.text).replace("http-equiv", "")
    assert len({answer.headers["content-security-policy"] for answer in answers}) == len(answers)


async def test_what_strangers_wrote_is_text_on_the_page(sandbox: Sandbox) -> None:
    meta = sandbox.currents.run_of(FAILED).meta
    commit = replace(meta.commit, branch=HOSTILE, message=HOSTILE, author_name=HOSTILE)
    specs = [replace(some_specs(sandbox)["a1"], spec=HOSTILE, machine_id="machine-a")]
    put_run(
        sandbox,
        specs=specs,
        tags=(HOSTILE,),
        meta=replace(meta, ci_build_id=HOSTILE, commit=commit),
    )
    async with connect(sandbox) as client:
        reset = {"run_id": OWN, "machine_ids": ["machine-a"]}
        page = (await (await visit(client, "currents_reset_run", reset)).open()).text
    assert page.count("<form") == 1
    assert page.count("<button") == 2
    for tag in ("<script", "<img"):
        assert tag not in page
    assert "{{ 7 * 7 }}" in page
    assert page.count("&lt;script&gt;") >= 4


async def test_no_page_is_promised_where_none_stays_to_be_used(sandbox: Sandbox) -> None:
    """Reading tools open no port; the first call that needs a page does."""
    async with connect(sandbox, settings={"RUNS_MCP_CONFIRM": "human"}) as client:
        result = await client.call_tool("currents_cancel_run", CANCEL)
    assert report_of(result)["outcome"] == "refused"
    assert "confirmation_url" not in text_of(result)
