"""The page is opened in the person's own browser where there is a desktop, by a secret link."""

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hosts import Era, text_of
from in_process import connect
from mcp.client import ClientRequestContext
from mcp_types import (
    ElicitRequestParams,
    ElicitRequestURLParams,
    ElicitResult,
    ErrorData,
)
from providers.currents_runs import FAILED, RUNNING, writes
from server.confirmation_pages import PageVisitor
from server.destructive_calls import every_era, report_of

from runs_mcp.sandbox import Sandbox
from runs_mcp.server.confirmation_page.browser import has_desktop

CANCEL: Final = {"run_id": RUNNING}
BROWSER: Final = """#!{python}
import json, os, sys
with open({file!r}, "a") as opened:
    told = [sys.argv[1:], sys.stdin.read(), dict(os.environ)]
    opened.write(json.dumps(told) + "\\n")
print("a browser prints")
sys.exit({status})
"""
MakeBrowser = Callable[..., Path]


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


@pytest.fixture
def make_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeBrowser:
    """Makes a browser that writes down what it was given, and returns where."""

    def make(name: str = "browser", status: int = 0) -> Path:
        opened = tmp_path / "opened"
        program = tmp_path / name
        program.write_text(BROWSER.format(python=sys.executable, file=str(opened), status=status))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("BROWSER", str(program))
        return opened

    return make


def opened_by(file: Path) -> list[tuple[list[str], str, dict[str, str]]]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@every_era
@pytest.mark.usefixtures("desktop")
async def test_the_page_is_opened_by_a_link_that_stands_in_no_answer(
    sandbox: Sandbox, era: Era, make_browser: MakeBrowser
) -> None:
    file = make_browser()
    async with connect(sandbox, era=era) as client:
        result = await client.call_tool("currents_cancel_run", CANCEL)
        ((url,), _, _), *more = opened_by(file)
        assert more == []
        assert (await PageVisitor(url).confirm(RUNNING[-6:])).status_code == 200
        done = report_of(await client.call_tool("currents_cancel_run", CANCEL))

    report = report_of(result)
    assert report["outcome"] == "confirmation_required"
    assert "confirmation_url" not in report
    assert "was opened in the person's browser" in report["next"]
    assert "/confirm/" not in text_of(result) + json.dumps(result.structured_content)
    assert done["outcome"] == "done"


@pytest.mark.usefixtures("desktop")
async def test_a_browser_gets_neither_our_streams_nor_our_secrets(
    sandbox: Sandbox, make_browser: MakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_browser()
    secrets = {
        "CURRENTS_API_KEY": "a-key",
        "BUILDKITE_API_TOKEN": "a-token",
        "RUNS_MCP_STATE_KEYS": "s" * 32,
        "GITHUB_TOKEN": "another",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    async with connect(sandbox) as client:
        await client.call_tool("currents_cancel_run", CANCEL)
    ((_, stdin, environment),) = opened_by(file)
    assert stdin == ""
    assert set(environment) & set(secrets) == set()
    assert environment["DISPLAY"] == ":0"


@pytest.mark.usefixtures("desktop")
async def test_a_call_that_is_repeated_opens_no_second_tab(
    sandbox: Sandbox, make_browser: MakeBrowser
) -> None:
    file = make_browser()
    async with connect(sandbox) as client:
        for _ in range(3):
            report = report_of(await client.call_tool("currents_cancel_run", CANCEL))
            assert report["outcome"] == "confirmation_required"
            assert "confirmation_url" not in report
        await client.call_tool("currents_delete_run", {"run_id": FAILED})
    assert len(opened_by(file)) == 2


@pytest.mark.parametrize("browser", ["fails", "is missing", "w3m", "lynx", "www-browser"])
@pytest.mark.usefixtures("desktop")
async def test_where_no_window_would_open_the_answer_has_the_link(
    sandbox: Sandbox, make_browser: MakeBrowser, browser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if browser == "is missing":
        monkeypatch.setenv("BROWSER", "/no/such/browser")
        monkeypatch.setenv("PATH", "")
    else:
        file = make_browser(browser, status=1 if browser == "fails" else 0)
        monkeypatch.setenv("PATH", str(file.parent))
    async with connect(sandbox) as client:
        report = report_of(await client.call_tool("currents_cancel_run", CANCEL))
        assert (await PageVisitor(report["confirmation_url"]).open()).status_code == 200
    assert "Give the person confirmation_url" in report["next"]
    if browser not in ("fails", "is missing"):
        assert opened_by(file) == []


@pytest.mark.usefixtures("desktop")
async def test_a_browser_that_is_not_to_be_opened_is_not(
    sandbox: Sandbox, make_browser: MakeBrowser
) -> None:
    file = make_browser()
    async with connect(sandbox, settings={"RUNS_MCP_OPEN_BROWSER": "false"}) as client:
        report = report_of(await client.call_tool("currents_cancel_run", CANCEL))
    assert report["confirmation_url"]
    assert opened_by(file) == []


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="these always have a desktop")
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"DISPLAY": ":1.0"}, True),
        ({"DISPLAY": "unix:0"}, True),
        ({"DISPLAY": "localhost:10.0"}, False),
        ({"DISPLAY": "192.0.2.1:0"}, False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"BROWSER": "w3m"}, False),
        ({"BROWSER": "/usr/bin/firefox"}, False),
    ],
)
def test_a_desktop_is_a_display_of_this_machine(
    variables: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_desktop() is expected


class UrlHost:
    """A host that opens pages, and has no forms."""

    def __init__(self, answer: ElicitResult | ErrorData, types: str = "") -> None:
        self.answer = answer
        self.types = types
        self.asked: list[ElicitRequestURLParams] = []

    async def __call__(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult | ErrorData:
        del context
        assert isinstance(params, ElicitRequestURLParams)
        self.asked.append(params)
        if self.types:
            assert (await PageVisitor(params.url).confirm(self.types)).status_code == 200
        return self.answer


@pytest.fixture
def url_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that declare elicitation declare pages, and no forms."""
    monkeypatch.setattr("mcp_types.FormElicitationCapability", lambda: None)


@every_era
@pytest.mark.usefixtures("url_only", "desktop")
async def test_a_host_that_opens_pages_is_asked_to_where_it_has_no_forms(
    sandbox: Sandbox, era: Era, make_browser: MakeBrowser
) -> None:
    file = make_browser()
    host = UrlHost(ElicitResult(action="accept"))
    async with connect(sandbox, era=era, elicitation=host) as client:
        result = await client.call_tool("currents_cancel_run", CANCEL)
        (asked,) = host.asked
        await PageVisitor(asked.url).confirm(RUNNING[-6:])
        done = report_of(await client.call_tool("currents_cancel_run", CANCEL))

    assert "Cancel this test run" in asked.message
    assert report_of(result)["outcome"] == "confirmation_required"
    assert "/confirm/" not in text_of(result)
    assert done["outcome"] == "done"
    assert opened_by(file) == []


@every_era
@pytest.mark.usefixtures("url_only")
async def test_a_person_who_confirms_before_the_host_answers_needs_no_second_call(
    sandbox: Sandbox, era: Era
) -> None:
    host = UrlHost(ElicitResult(action="accept"), types=RUNNING[-6:])
    async with connect(sandbox, era=era, elicitation=host) as client:
        report = report_of(await client.call_tool("currents_cancel_run", CANCEL))
    assert report["outcome"] == "done"
    assert writes(sandbox) == ["PUT"]


@every_era
@pytest.mark.parametrize("is_instant", [False, True])
@pytest.mark.usefixtures("url_only")
async def test_a_host_that_does_not_open_the_page_is_told_from_a_person(
    sandbox: Sandbox, era: Era, is_instant: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_instant:
        monkeypatch.setattr("runs_mcp.confirmation.question.READING_SECONDS", 0.0)
    host = UrlHost(ElicitResult(action="decline"))
    async with connect(sandbox, era=era, elicitation=host) as client:
        report = report_of(await client.call_tool("currents_cancel_run", CANCEL))
        (asked,) = host.asked
        assert (await PageVisitor(asked.url).open()).status_code == 410
    assert report["outcome"] == ("no_answer" if is_instant else "declined")
    assert writes(sandbox) == []


@every_era
@pytest.mark.usefixtures("url_only")
async def test_the_policies_decide_who_opens_the_page(sandbox: Sandbox, era: Era) -> None:
    outcomes: dict[str, Any] = {}
    for policy in ("human", "page", "token"):
        host = UrlHost(ElicitResult(action="accept"))
        settings = {"RUNS_MCP_CONFIRM": policy}
        async with connect(sandbox, era=era, settings=settings, elicitation=host) as client:
            report = report_of(await client.call_tool("currents_cancel_run", CANCEL))
        offered = {"confirmation_url", "confirmation_token"} & set(report)
        outcomes[policy] = (len(host.asked), sorted(offered))
    assert outcomes == {
        "human": (1, []),
        "page": (0, ["confirmation_url"]),
        "token": (0, ["confirmation_token"]),
    }
