"""The scenarios of `tests/reports`: read from their files, and played through a client."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import msgspec
import stamina
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hosts import ANSWER_SECONDS, Era, text_of
from mcp import Client
from report_stub import Route, Stub
from schema_2 import is_old_playwright, to_schema_2

from runs_mcp.configuration import Configuration
from runs_mcp.server.build import build_server

FOLDER: Final = Path(__file__).parent / "reports"
TWIN: Final = "+schema-2"
Json = dict[str, Any]
_MOST_BYTES: Final = 8000
_MOST_PAGES: Final = 60
_SIGNED: Final = re.compile(r"Signature=|Key-Pair-Id=")


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a list of an answer must hold."""

    has: list[Json] = []
    has_not: list[Json] = []
    count: int | None = None


class Requests(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must have been asked of the API, as «GET /path?query»."""

    some: list[str] = []
    none: list[str] = []
    at_most: dict[str, int] = {}


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must be true of one call; README.md says what each field means."""

    call: int = 0
    error: str | bool | list[str] | None = None
    may_fail: bool = False
    equal: dict[str, object] = {}
    lists: dict[str, Rows] = {}
    causes: list[list[str]] | None = None
    kind: dict[str, object] = {}
    novelty: dict[str, object] = {}
    cause: dict[str, object] = {}
    tests: dict[str, object] = {}
    specs: dict[str, object] = {}
    says: list[str | list[str]] = []
    says_not: list[str] = []
    requests: Requests | None = None


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the API answers, which tools are called, and what must be true of their answers."""

    name: str
    about: str
    source: str
    form: str
    routes: list[Route]
    calls: list[tuple[str, Json]]
    expect: list[Claim]
    env: dict[str, str] = {}

    @property
    def waits(self) -> bool:
        """Whether it is about time, so that none may be cut short."""
        return bool(self.env) or any(tool == "wait_for_run" for tool, _ in self.calls)


class Answer:
    """What one call came to, over all its pages."""

    def __init__(self) -> None:
        self.pages: list[Json] = []
        self.texts: list[str] = []
        self.error = ""
        self.faults: list[str] = []

    @property
    def text(self) -> str:
        """All of the text channel."""
        return "\n".join(self.texts)

    @property
    def structured(self) -> str:
        """All of the structured channel; of a failure there is the text alone."""
        return "\n".join(map(compact, self.pages)) or self.text

    @property
    def data(self) -> Json:
        """The first page, with the lists of later ones; the rows of one group are joined."""
        whole = deepcopy(self.pages[0]) if self.pages else {}
        for page in self.pages[1:]:
            for name, value in page.items():
                if isinstance(value, list):
                    whole[name] = (whole.get(name) or []) + value
        groups = whole.get("groups") or []
        if any(isinstance(group, dict) and "fingerprint" in group for group in groups):
            whole["groups"] = _joined(groups)
        return whole


def _joined(groups: list[Json]) -> list[Json]:
    causes: dict[str, Json] = {}
    for group in groups:
        held = causes.setdefault(group["fingerprint"], {})
        for name, value in group.items():
            held[name] = held[name] + value if isinstance(value, list) and name in held else value
    return list(causes.values())


def compact(value: object) -> str:
    """Returns JSON without a needless byte."""
    return msgspec.json.encode(value).decode()


def load_scenarios() -> list[Scenario]:
    """Returns all scenarios; one that serves Playwright instances twice, the second as schema 2."""
    found: list[Scenario] = []
    for path in sorted(FOLDER.glob("*.json")):
        written: Json = msgspec.json.decode(path.read_bytes())
        found.append(msgspec.convert(deepcopy({**written, "name": path.stem}), Scenario))
        told = [one for route in written["routes"] for one in (route, *route.get("answers", []))]
        instances = [body["data"] for one in told if is_old_playwright(body := one.get("body"))]
        for instance in instances:
            to_schema_2(instance)
        if instances:
            found.append(msgspec.convert({**written, "name": path.stem + TWIN}, Scenario))
    return found


class Player:
    """Plays scenarios in turn against servers in this process: one of each era.

    A scenario with settings of its own has its own server.
    """

    def __init__(self, portal: BlockingPortal, stub: Stub, stack: ExitStack) -> None:
        self._portal = portal
        self._stub = stub
        self._stack = stack
        self._clients: dict[Era, Client] = {}

    def play(self, scenario: Scenario, era: Era) -> tuple[list[Answer], list[str]]:
        """Returns the answers to all calls of a scenario, and what was asked of the API."""
        self._stub.serve(scenario.routes)
        with ExitStack() as own, _pauses(scenario):
            if scenario.env:
                client = self._connect(era, scenario.env, own)
            else:
                client = self._clients.get(era) or self._connect(era, {}, self._stack)
                self._clients[era] = client
            return self._portal.call(play, scenario, client), self._stub.asked

    def _connect(self, era: Era, settings: dict[str, str], stack: ExitStack) -> Client:
        # Whatever this machine's environment holds.
        with patch.dict(os.environ, {**self._stub.environment, **settings}, clear=True):
            server = build_server(Configuration.load())
        client = Client(server, mode=era, read_timeout_seconds=ANSWER_SECONDS)
        return stack.enter_context(self._portal.wrap_async_context_manager(client))


@contextmanager
def playing() -> Iterator[Player]:
    """Yields a player, its stub and the loop that all its servers run in."""
    with Stub() as stub, start_blocking_portal() as portal, ExitStack() as stack:
        yield Player(portal, stub, stack)


@contextmanager
def _pauses(scenario: Scenario) -> Iterator[None]:
    """Shortens the pauses of retries and of waiting, but where a scenario is about time."""
    if scenario.waits:
        yield
        return
    with (
        stamina.set_testing(True, attempts=10, cap=True),
        patch("runs_mcp.server.tools.wait_for_run.FIRST_PAUSE_S", 0.05),
    ):
        yield


async def play(scenario: Scenario, client: Client) -> list[Answer]:
    """Returns the answers to all calls of a scenario."""
    return [await _every_page(client, tool, arguments) for tool, arguments in scenario.calls]


async def _every_page(client: Client, tool: str, arguments: Json) -> Answer:
    answer, cursor = Answer(), ""
    for _ in range(_MOST_PAGES):
        result = await client.call_tool(
            tool, {**arguments, **({"cursor": cursor} if cursor else {})}
        )
        text = text_of(result)
        answer.texts.append(text)
        if result.is_error:
            kind = re.search(r"kind=(\w+)", text)
            answer.error = kind[1] if kind else "an error of no kind"
            return answer
        data: Json = result.structured_content or {}
        answer.pages.append(data)
        cursor = (data.get("trim") or {}).get("next_cursor") or data.get("next_cursor") or ""
        answer.faults += _faults_of_a_page(text, data, cursor)
        if not arguments.get("include_asset_urls") and _SIGNED.search(text + compact(data)):
            answer.faults.append("a signed URL is in the answer")
        if not cursor:
            return answer
    answer.faults.append(f"there are more than {_MOST_PAGES} pages")
    return answer


def _faults_of_a_page(text: str, data: Json, cursor: str) -> list[str]:
    sizes = {"the text": len(text.encode()), "the structured content": len(compact(data).encode())}
    faults = [f"{name} is {size} bytes" for name, size in sizes.items() if size > _MOST_BYTES]
    if cursor not in text:
        faults.append("next_cursor is in the structured content alone")
    return faults
