"""Whatever an API answers, a tool answers within its schema and budget, or says what is wrong."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import httpx
import pytest
from calls_of_every_tool import calls_of_every_tool
from fuzz.checks import examples, problem_of
from fuzz.mutations import mutated_text
from in_process import configured
from jsonschema import ValidationError
from report_stub import Route, Stub
from server.story_references import buildkite
from shared_client import SharedClient, shared_client
from story_api import NO_TLS

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, READ_WRITE_KEY, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.


class Recorded(NamedTuple):
    """A call, and what the APIs answered to it, by path and query."""

    tool: str
    arguments: dict[str, object]
    answers: dict[str, str]


@pytest.fixture(scope="module")
def recorded(story: Sandbox, client: SharedClient) -> list[Recorded]:
    main = buildkite(NotableBuildkiteRun.MAIN)
    calls: list[tuple[str, dict[str, object]]] = [
        *calls_of_every_tool(story).items(),
        ("triage_run", {"run": main}),
        ("compare_runs", {"base": main, "head": buildkite(NotableBuildkiteRun.PASSED_SO_FAR)}),
    ]
    headers = {"Authorization": f"Bearer {READ_WRITE_KEY}"}
    found = []
    with httpx.Client(verify=NO_TLS, headers=headers, timeout=10) as api:
        for tool, arguments in calls:
            story.requests.clear()
            client.answer(tool, **arguments)
            urls = [f"{sent.path}?{sent.query}".rstrip("?") for sent in story.requests]
            base = f"http://127.0.0.1:{story.port}"
            answers = {url: api.get(base + url).text for url in urls}
            found.append(Recorded(tool, arguments, answers))
    return found


@pytest.fixture(scope="module")
def served(stub: Stub) -> Iterator[SharedClient]:
    settings = {
        **stub.environment,
        "BUILDKITE_ORGANIZATION": BUILDKITE_ORGANIZATION,
        "BUILDKITE_SUITE": BUILDKITE_SUITE,
    }
    with shared_client(configured(settings)) as connected:
        yield connected


@pytest.mark.usefixtures("no_pauses")
def test_no_payload_breaks_a_tool(
    recorded: list[Recorded], served: SharedClient, stub: Stub
) -> None:
    wrong: dict[int, Any] = {}
    for seed in examples(60):
        random = Random(seed)
        # A call of many requests takes as long as many others.
        weights = [1 / len(call.answers) for call in recorded]
        (call,) = random.choices(recorded, weights)
        # The first answer decides what is asked next.
        spoiled = random.choice([next(iter(call.answers)), *call.answers])
        body = mutated_text(call.answers[spoiled], random)
        stub.serve(
            [
                Route(path=f"^{re.escape(url)}$", raw=body if url == spoiled else answer)
                for url, answer in call.answers.items()
            ]
        )
        try:
            result = served.call(call.tool, call.arguments)
            if not result.is_error:
                served.validate(call.tool, result)
            problem = problem_of(result)
        except ValidationError as error:
            problem = error.message
        if problem or any(not asked.startswith("GET ") for asked in stub.asked):
            wrong[seed] = (call.tool, spoiled, problem, body[:300])
    assert not wrong
