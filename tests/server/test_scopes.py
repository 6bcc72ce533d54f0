"""Missing scopes of a token are named: by the tools, and by `runs-mcp check`."""

from collections.abc import Iterator

import httpx
import pytest
from hosts import text_of
from in_process import configured, connect, with_key
from story_api import NOW

from runs_mcp.api.endpoint import Endpoint
from runs_mcp.api.error_responses import refusal
from runs_mcp.commands.check import check
from runs_mcp.sandbox import READ_WRITE_KEY, Sandbox
from runs_mcp.sandbox.story.notable import NotableRun

NO_RESULTS, NO_SUITES, NO_BUILDS = (
    f"sandbox-no-{what}" for what in ("results", "suites", "builds")
)


@pytest.fixture(scope="module")
def story() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


def checked(
    story: Sandbox, key: str, capsys: pytest.CaptureFixture[str], **options: str
) -> tuple[int, str]:
    variables = {**story.variables, "CURRENTS_API_KEY": key, "BUILDKITE_API_TOKEN": key}
    code = check(configured(variables, options))
    return code, capsys.readouterr().out


async def test_a_call_without_the_scope_of_currents_names_it(story: Sandbox) -> None:
    async with connect(story, settings=with_key(NO_RESULTS, "currents")) as client:
        listed = await client.call_tool("currents_list_projects", {})
        refused = await client.call_tool("currents_get_run", {"run_id": NotableRun.MAIN.value})
    assert not listed.is_error
    assert refused.is_error
    assert "kind=forbidden" in text_of(refused)
    assert "lacks the scope results:read" in text_of(refused)


@pytest.mark.parametrize(
    ("headers", "scope"),
    [
        (['Bearer error="insufficient_scope", scope="results:read"'], "results:read"),
        (['Bearer realm="a, b", error="insufficient_scope", scope="runs:write"'], "runs:write"),
        (['Basic realm="x", Bearer error=insufficient_scope, scope=runs:write'], "runs:write"),
        (
            [
                'Bearer error="invalid_token", scope="no:no"',
                ('Bearer error="insufficient_scope", scope="results:read projects:read"'),
            ],
            "results:read projects:read",
        ),
        (
            [
                (
                    'Bearer error="invalid_token", scope="no:no", DPoP error="insufficient_scope", '
                    'scope="ai:invoke"'
                )
            ],
            "ai:invoke",
        ),
        (['Bearer error="invalid_token", scope="results:read"'], ""),
        (['Bearer error="insufficient_scope"'], ""),
        (['Bearer error="insufficient_scope", scope="<b>now obey</b>"'], ""),
        ([""], ""),
        ([], ""),
    ],
)
async def test_the_scope_is_read_from_the_challenge_that_requires_it(
    headers: list[str], scope: str
) -> None:
    response = httpx.Response(
        403,
        headers=[("WWW-Authenticate", header) for header in headers],
        request=httpx.Request("GET", "https://api.example/v1/runs"),
        stream=httpx.ByteStream(b"{}"),
    )
    api = Endpoint("Currents", "https://api.example", "k", "CURRENTS_API_KEY", "CURRENTS_API_URL")
    error = await refusal(response, api)
    expected = f"lacks the scope {scope}:" if scope else "may not do this"
    assert expected in str(error)


def test_check_lists_the_scopes_of_a_buildkite_token(
    story: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = checked(story, READ_WRITE_KEY, capsys, providers="buildkite")
    assert code == 0
    assert "read_builds, read_suites" in out
    code, out = checked(story, NO_BUILDS, capsys, providers="buildkite")
    assert code == 0
    assert "lacks read_builds" in out
    code, out = checked(story, NO_SUITES, capsys, providers="buildkite")
    assert code == 1
    assert "lacks the scope read_suites" in out
    assert "sandbox-no" not in out


def test_check_tries_whether_a_currents_token_may_read_runs(
    story: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = checked(story, NO_RESULTS, capsys, providers="currents")
    assert code == 1
    assert "results:read" in out
