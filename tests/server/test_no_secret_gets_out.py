"""Whatever shows a secret in a payload or an error, no answer, question, page or log shows it."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import httpx
import pytest
from hosts import structured_of, text_of
from in_process import configured
from mcp import Client
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult
from payloads_with_text import INSTANCE, PROJECT, RUN, SUITE_RUN, routes_with
from report_stub import IN_ACME, KEY, Route, Stub
from secret_shapes import (
    DISGUISED,
    KEY_SPELLINGS,
    NAMED,
    PATHS,
    SECRET,
    SIGNED_LINKS,
    WRAPPINGS,
    shows_secret,
)
from shared_client import SharedClient, shared_client
from story_api import NO_TLS

from runs_mcp.server.build import build_server

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.

CALLS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("currents_list_projects", {}),
    ("currents_list_runs", {"project_id": PROJECT}),
    ("currents_get_run", {"run_id": RUN, "detail": "full"}),
    ("currents_find_run", {"project_id": PROJECT, "ci_build_id": "a"}),
    ("currents_get_instance", {"instance_id": INSTANCE, "include_passed": True}),
    ("currents_cancel_run", {"run_id": RUN}),
    ("currents_reset_run", {"run_id": RUN, "machine_ids": ["m1"]}),
    ("currents_delete_run", {"run_id": RUN}),
    ("buildkite_list_suites", {}),
    ("buildkite_list_runs", {"suite": "web"}),
    ("buildkite_get_run", {"run_id": SUITE_RUN, "suite": "web"}),
    (
        "buildkite_get_failed_executions",
        {"run_id": SUITE_RUN, "suite": "web", "include_expanded": True},
    ),
    ("triage_run", {"run": f"currents:{RUN}"}),
    ("triage_run", {"run": f"buildkite:acme/web/{SUITE_RUN}"}),
    ("compare_runs", {"base": f"currents:{RUN}", "head": f"currents:{RUN}"}),
    ("wait_for_run", {"run": f"currents:{RUN}"}),
)
MAIN_CALLS: Final = (CALLS[2], CALLS[4], CALLS[7], CALLS[11], CALLS[12])
RESOURCES: Final = (
    f"currents://runs/{RUN}",
    f"currents://instances/{INSTANCE}",
    f"buildkite://acme/web/runs/{SUITE_RUN}",
)
PAGE: Final = {"RUNS_MCP_CONFIRM": "page", "RUNS_MCP_OPEN_BROWSER": "false"}
TEXTS: Final[dict[str, str]] = {
    **{
        f"a link in {wrapping}": wrapped(SIGNED_LINKS["aws"].format(SECRET))
        for wrapping, wrapped in WRAPPINGS.items()
    },
    **{
        f"a link of {link}": f"https://a.example/p?{query.format(SECRET)}"
        for link, query in SIGNED_LINKS.items()
    },
    **{
        f"a link after {path!r}": f"https://a.example/{path}?{SIGNED_LINKS['azure'].format(SECRET)}"
        for path in PATHS
    },
    **{name: shape(SECRET) for name, shape in {**NAMED, **DISGUISED}.items()},
}


@pytest.fixture(scope="module")
def client(stub: Stub) -> Iterator[SharedClient]:
    settings = {**stub.environment, **IN_ACME, "RUNS_MCP_CONFIRM": "token"}
    with shared_client(configured(settings)) as connected:
        yield connected


@pytest.mark.parametrize("name", TEXTS)
def test_no_answer_and_no_log_shows_a_secret_of_a_payload(
    stub: Stub, client: SharedClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "runs_mcp")
    stub.serve(routes_with(TEXTS[name]))
    # All calls for some texts; for the others those that read each kind of record.
    calls = CALLS if [*TEXTS].index(name) % 8 == 0 else MAIN_CALLS
    for answer in _everything(client, calls):
        assert not shows_secret(answer), answer
    assert not shows_secret(caplog.text)


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 200])
def test_no_error_shows_a_secret_of_the_api(
    stub: Stub, client: SharedClient, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "runs_mcp")
    for name, text in TEXTS.items():
        body = {"status": "FAILED", "error": text, "message": text}
        headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{SECRET[:9]}:x"'}
        stub.serve([Route(path="", status=status, body=body, headers={} if name else headers)])
        for tool, arguments in (CALLS[2], CALLS[10]):
            result = client.call(tool, arguments)
            assert result.is_error
            assert not shows_secret(text_of(result)), (name, text_of(result))
        if status >= 429:
            break  # Each of these is retried.
    assert not shows_secret(caplog.text)


@pytest.mark.parametrize("spell", KEY_SPELLINGS.values(), ids=KEY_SPELLINGS)
def test_no_answer_and_no_log_shows_the_own_key(
    stub: Stub, client: SharedClient, spell: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "runs_mcp")
    stub.serve(routes_with(spell(KEY)))
    answers = [*_everything(client, CALLS)]
    stub.serve([Route(path="", status=403, body={"error": spell(KEY), "message": spell(KEY)})])
    answers += [text_of(client.call(tool, arguments)) for tool, arguments in CALLS]
    for answer in (*answers, caplog.text):
        assert not _shows_key(spell(KEY), answer), answer


async def test_no_question_and_no_page_shows_a_secret(stub: Stub) -> None:
    asked = []

    async def note(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context
        asked.append(params.message)
        return ElicitResult(action="decline")

    keys = {name: spell(KEY) for name, spell in KEY_SPELLINGS.items()}
    for place, settings in enumerate(({"RUNS_MCP_CONFIRM": "human"}, PAGE)):
        server = build_server(configured({**stub.environment, **settings}))
        async with (
            Client(server, elicitation_callback=note) as connected,
            httpx.AsyncClient(trust_env=False, verify=NO_TLS) as browser,
        ):
            # Both show the same preview: each text is tried in one of them.
            for name, text in [*{**TEXTS, **keys}.items()][place::2]:
                stub.serve(routes_with(text))
                asked.clear()
                result = await connected.call_tool("currents_delete_run", {"run_id": RUN})
                shown = [*asked, text_of(result)]
                if url := structured_of(result).get("confirmation_url"):
                    shown.append((await browser.get(url)).text)
                assert len(shown) == 2
                for said in shown:
                    assert not shows_secret(said), (name, said)
                    assert name not in keys or not _shows_key(text, said), (name, said)


def _shows_key(spelled: str, text: str) -> bool:
    middle = len(spelled) // 2
    return KEY in text.lower() or spelled[middle - 4 : middle + 4] in text


def _everything(client: SharedClient, calls: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    for tool, arguments in calls:
        result = client.call(tool, arguments)
        assert "internal_error" not in text_of(result), text_of(result)
        yield text_of(result)
        yield json.dumps(result.structured_content, ensure_ascii=False)
    for address in RESOURCES:
        for content in client.run(client.client.read_resource, address).contents:
            yield content.model_dump_json()
