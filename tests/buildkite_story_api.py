"""The sandbox's story of Buildkite runs, read over its HTTP as any client would."""

import re
from typing import Any, Final

import httpx
from story_api import NO_TLS

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, READ_ONLY_KEY, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import BUILDKITE_PIPELINE

ANALYTICS: Final = f"/v2/analytics/organizations/{BUILDKITE_ORGANIZATION}"
SUITES: Final = f"{ANALYTICS}/suites"
RUNS: Final = f"{SUITES}/{BUILDKITE_SUITE}/runs"
PIPELINES: Final = f"/v2/organizations/{BUILDKITE_ORGANIZATION}/pipelines"
Json = dict[str, Any]

_LINK: Final = re.compile(r'<([^>]+)>; rel="([a-z]+)"')


def api_of(sandbox: Sandbox) -> httpx.Client:
    """Returns a client of the sandbox's Buildkite API."""
    return httpx.Client(
        base_url=sandbox.buildkite_url,
        headers={"Authorization": f"Bearer {READ_ONLY_KEY}"},
        timeout=10,
        verify=NO_TLS,
    )


def links(answer: httpx.Response) -> dict[str, httpx.URL]:
    """Returns where the other pages are, by relation."""
    return {rel: httpx.URL(url) for url, rel in _LINK.findall(answer.headers.get("link", ""))}


def path_of(sandbox: Sandbox, build_id: str) -> str:
    """Returns the path of a build, which goes by its number."""
    number = sandbox.buildkite.build(build_id)[0].number
    return f"{PIPELINES}/{BUILDKITE_PIPELINE}/builds/{number}"


def build_of(sandbox: Sandbox, run_id: str) -> str:
    """Returns the ID of the build of a run."""
    return sandbox.buildkite.build_of(run_id)[0].id


def everything(api: httpx.Client, path: str, **parameters: str | int) -> list[Json]:
    """Returns what all pages of a list hold."""
    answer = api.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()
    while "next" in links(answer):
        answer = api.get(links(answer)["next"])
        assert answer.status_code == 200, answer.text
        found += answer.json()
    return found


def listed_tests(api: httpx.Client, build_id: str, **parameters: str | int) -> list[Json]:
    """Returns the tests of a build that the parameters ask for."""
    path = f"{ANALYTICS}/builds/{build_id}/tests"
    return everything(api, path, **{"per_page": 100, **parameters})
