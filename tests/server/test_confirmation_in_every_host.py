"""What comes of a destructive call in each kind of host: the table in README.md, cell by cell.

Each cell is tried in both protocol eras against the log of what reached the API.
"""

import re
from pathlib import Path
from typing import Any, Final, Literal

import anyio
import httpx
import pytest
from hosts import Era
from in_process import connect
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp_types import ElicitRequestParams, ElicitResult
from providers.currents_runs import RUNNING, writes
from server.confirmation_pages import PageVisitor
from server.destructive_calls import FakePerson, every_era, report_of, typing

from runs_mcp.sandbox import Sandbox

README: Final = Path(__file__).parents[2] / "README.md"
POLICIES: Final = ("auto", "human", "page", "token")
CANCEL: Final = {"run_id": RUNNING}
RIGHT: Final = RUNNING[-6:]
Cell = Literal["done", "declined", "no_answer", "refused", "page", "token"]


async def never(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    del context, params
    await anyio.sleep_forever()
    raise AssertionError


HOSTS: Final[dict[str, ElicitationFnT | None]] = {
    "asks, and the person types the characters": FakePerson(RIGHT),
    "asks, and the person types something else": FakePerson("wrong!"),
    "declares that it asks, and drops the question": never,
    "accepts the empty form by itself": FakePerson(typing("")),
    "refuses at once by itself": FakePerson(ElicitResult(action="cancel")),
    "cannot ask": None,
    "cannot ask, and starts a server for each call": None,
}


def table() -> dict[tuple[str, str], str]:
    """Returns the cells of the table in README.md by host and policy."""
    text = README.read_text("utf-8")
    (rows,) = re.findall(r"\| the host … .*\n\| ---.*\n((?:\|.*\n)+)", text)
    cells: dict[tuple[str, str], str] = {}
    for row in rows.splitlines():
        host, *outcomes = (cell.strip().strip("`") for cell in row.strip("|").split("|"))
        cells |= {(host, policy): cell for policy, cell in zip(POLICIES, outcomes, strict=True)}
    return cells


TABLE: Final = table()


def test_the_table_has_a_cell_for_each_host_and_policy() -> None:
    assert list(TABLE) == [(host, policy) for host in HOSTS for policy in POLICIES]


@every_era
@pytest.mark.parametrize(("host", "policy"), TABLE)
async def test_each_cell_of_the_table_is_what_happens(
    sandbox: Sandbox, era: Era, host: str, policy: str
) -> None:
    reports: list[dict[str, Any]] = []
    seconds = 0.2 if HOSTS[host] is never else 120.0
    settings = {"RUNS_MCP_CONFIRM": policy}
    async with connect(
        sandbox, era=era, settings=settings, elicitation=HOSTS[host], answer_seconds=seconds
    ) as client:
        # In the newer era a host that drops a question never calls again: nothing comes back.
        with anyio.move_on_after(1 if HOSTS[host] is never else 30):
            reports.append(report_of(await client.call_tool("currents_cancel_run", CANCEL)))
    expected = TABLE[host, policy]
    if not reports:
        assert (expected, era) == ("no_answer", "auto")
    else:
        assert cell_of(reports[0]) == expected
    assert writes(sandbox) == (["PUT"] if expected == "done" else [])


def cell_of(report: dict[str, Any]) -> str:
    if report["outcome"] != "confirmation_required":
        return str(report["outcome"])
    return "token" if "confirmation_token" in report else "page"


@every_era
async def test_a_token_confirms_where_each_call_has_a_server_of_its_own(
    sandbox: Sandbox, era: Era
) -> None:
    settings = {"RUNS_MCP_CONFIRM": "token"}
    outcomes, given = [], dict[str, object](CANCEL)
    for _ in range(3):
        async with connect(sandbox, era=era, settings=settings) as client:
            report = report_of(await client.call_tool("currents_cancel_run", given))
        outcomes.append(report["outcome"])
        given["confirmation_token"] = report.get("confirmation_token", "")
    assert outcomes == ["confirmation_required", "done", "already_done"]
    assert writes(sandbox) == ["PUT"]


@every_era
async def test_a_page_confirms_nothing_once_its_server_has_ended(
    sandbox: Sandbox, era: Era
) -> None:
    async with connect(sandbox, era=era) as client:
        report = report_of(await client.call_tool("currents_cancel_run", CANCEL))
    assert "has to go on running" in report["next"]
    with pytest.raises(httpx.ConnectError):
        await PageVisitor(report["confirmation_url"]).open()
    async with connect(sandbox, era=era) as client:
        again = report_of(await client.call_tool("currents_cancel_run", CANCEL))
    assert again["outcome"] == "confirmation_required"
    assert writes(sandbox) == []
