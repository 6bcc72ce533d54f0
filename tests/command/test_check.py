"""`runs-mcp check`: what works, what does not, and what to do."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from command_runs import Done, on, run
from report_stub import Route, Stub

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, READ_WRITE_KEY, Sandbox

KEY: Final = "runs-mcp-secret-key-0123456789"


def both(sandbox: Sandbox, **changed: str) -> dict[str, str]:
    """Returns the variables under which everything works, but for what is changed."""
    buildkite = {
        "BUILDKITE_BASE_URL": sandbox.buildkite_url,
        "BUILDKITE_API_TOKEN": READ_WRITE_KEY,
        "BUILDKITE_ORGANIZATION": BUILDKITE_ORGANIZATION,
        "BUILDKITE_SUITE": BUILDKITE_SUITE,
    }
    return {**on(sandbox), **buildkite, **changed}


def line_of(done: Done, beginning: str) -> str:
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(beginning)]
    return line


def test_check_says_that_a_key_works(sandbox: Sandbox) -> None:
    done = run("check", **on(sandbox))

    assert done.returncode == 0
    assert "the key works; it can see 2 projects" in done.stdout


def test_check_tries_every_provider_that_is_configured(sandbox: Sandbox) -> None:
    done = run("check", **both(sandbox))
    assert done.returncode == 0
    assert "the key works" in done.stdout
    assert f"{BUILDKITE_SUITE} can be read" in done.stdout

    for wrong in (
        {"BUILDKITE_API_TOKEN": "nonsense"},
        {"BUILDKITE_ORGANIZATION": "no-such-organization"},
        {"BUILDKITE_ORGANIZATION": ""},
        {"BUILDKITE_SUITE": "no-such-suite"},
    ):
        done = run("check", **both(sandbox, **wrong))
        assert done.returncode == 1
        assert "currents: the key works" in done.stdout
        assert "buildkite: does not work" in done.stdout


def test_check_says_what_does_not_work_and_what_to_do_and_never_a_secret(
    sandbox: Sandbox,
) -> None:
    done = run("check", **on(sandbox, KEY))

    assert done.returncode == 1
    assert "kind=unauthorized" in done.stdout
    assert "CURRENTS_API_KEY" in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_the_embedded_sandbox_never_sees_the_operators_key() -> None:
    done = run("check", "--sandbox", CURRENTS_API_KEY=KEY, CURRENTS_API_URL="https://a.invalid/v1")

    assert done.returncode == 0
    assert "127.0.0.1" in done.stdout


def test_check_names_an_organization_that_is_not_there(story: Sandbox) -> None:
    done = run("check", **both(story, BUILDKITE_ORGANIZATION="no-such-organization"))
    told = line_of(done, "buildkite: does not work")
    assert 'There is no organization "no-such-organization" in Buildkite' in told
    assert "or this token cannot see it" in told
    assert "BUILDKITE_ORGANIZATION" in told
    assert "Check the ID" not in told


def test_check_names_a_suite_that_is_not_there_and_those_that_are(story: Sandbox) -> None:
    done = run("check", **both(story, BUILDKITE_SUITE="no-such-suite"))
    told = line_of(done, "buildkite: does not work")
    assert f'{BUILDKITE_ORGANIZATION} has no suite "no-such-suite"' in told
    assert 'Set BUILDKITE_SUITE to one of its slugs: "' in told
    assert f'"{BUILDKITE_SUITE}"' in told


def test_check_says_which_address_is_not_that_of_the_api(story: Sandbox) -> None:
    bare = story.currents_url.removesuffix("/v1")
    done = run("check", **both(story, CURRENTS_API_URL=bare))
    told = line_of(done, "currents: does not work")
    assert "CURRENTS_API_URL must be where the Currents API is, and most often ends in /v1" in told
    assert "Check the ID" not in told

    done = run("check", **both(story, BUILDKITE_BASE_URL=f"{story.buildkite_url}/v2/v2"))
    told = line_of(done, "buildkite: does not work")
    assert "BUILDKITE_BASE_URL must be where the Buildkite API is, without `/v2`" in told
    for organization in ("", BUILDKITE_ORGANIZATION):
        changed = {"BUILDKITE_BASE_URL": f"{bare}/v1", "BUILDKITE_ORGANIZATION": organization}
        told = line_of(run("check", **both(story, **changed)), "buildkite: does not work")
        assert "BUILDKITE_BASE_URL must be" in told


def test_a_version_that_is_not_wanted_in_an_address_is_no_trouble(story: Sandbox) -> None:
    assert run("check", **both(story, BUILDKITE_BASE_URL=f"{story.buildkite_url}/v2")).stderr == ""
    wanted = both(story, BUILDKITE_BASE_URL=f"{story.buildkite_url}/v2/")
    assert run("check", **wanted).returncode == 0


def test_check_says_that_an_address_answers_something_else(stub: Stub) -> None:
    stub.serve([Route(path="/", raw="<html>Sign in</html>", headers={"Content-Type": "text/html"})])
    done = run("check", **stub.environment, BUILDKITE_ORGANIZATION="acme")
    assert "Check that CURRENTS_API_URL is where the API is." in line_of(done, "currents: does")
    assert "Check that BUILDKITE_BASE_URL is where the API is." in line_of(done, "buildkite: does")


def test_a_token_that_could_not_be_tried_is_not_said_to_work(stub: Stub) -> None:
    stub.serve([Route(path="/v2/access-token", status=500)])
    environment = {name: value for name, value in stub.environment.items() if "BUILD" in name}
    done = run("check", **environment)
    assert "kind=upstream_error" in line_of(done, "buildkite: does not work")
    assert "works;" not in done.stdout


@pytest.mark.parametrize("providers", ["currents", "buildkite,currents"])
def test_a_provider_that_is_wanted_and_has_no_key_is_refused(providers: str) -> None:
    wanted = {"BUILDKITE_API_TOKEN": "a-token", "RUNS_MCP_PROVIDERS": providers}
    for command in ((), ("check",), ("check", "--json"), ("tools",), ("call", "no_such_tool")):
        done = run(*command, **wanted)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("runs-mcp: RUNS_MCP_PROVIDERS: ")
        assert "set CURRENTS_API_KEY" in line
        assert "BUILDKITE_API_TOKEN" not in line
    assert run("tools", "--sandbox", RUNS_MCP_PROVIDERS=providers).returncode == 0


def checked_as_json(**variables: str) -> tuple[int, dict[str, Any]]:
    done = run("check", "--json", **variables)
    assert KEY not in done.stdout + done.stderr
    assert done.stderr == ""
    report: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, report


def test_check_prints_one_json_object(story: Sandbox) -> None:
    code, report = checked_as_json(**both(story))
    assert (code, report["ok"]) == (0, True)
    currents, buildkite = report["providers"]
    assert currents == {
        "name": "currents",
        "ok": True,
        "url": story.currents_url,
        "found": "the key works; it can see 2 projects",
    }
    assert f"{BUILDKITE_SUITE} can be read" in buildkite["found"]
    assert report["files"] == [
        {"name": "audit log", "ok": True},
        {"name": "used confirmations", "ok": True},
    ]


def test_the_json_object_says_what_does_not_work_and_what_to_do(
    story: Sandbox, tmp_path: Path
) -> None:
    wrong = both(story, BUILDKITE_API_TOKEN=KEY, RUNS_MCP_AUDIT_LOG=str(tmp_path))
    code, report = checked_as_json(**wrong)
    assert (code, report["ok"]) == (1, False)
    currents, buildkite = report["providers"]
    assert currents["ok"]
    assert not buildkite["ok"]
    assert buildkite["url"] == f"{story.buildkite_url}/v2"
    problem = buildkite["problem"]
    assert (problem["kind"], problem["status"]) == ("unauthorized", 401)
    assert "answered 401" in problem["what"]
    assert "BUILDKITE_API_TOKEN" in problem["next"]
    audit, used = report["files"]
    assert used["ok"]
    assert not audit["ok"]
    assert "RUNS_MCP_AUDIT_LOG" in audit["problem"]["next"]
    assert str(tmp_path) not in json.dumps(report)


def test_the_json_object_has_what_the_lines_have(story: Sandbox) -> None:
    wrong = both(story, CURRENTS_API_KEY=KEY)
    lines = run("check", **wrong).stdout
    _, report = checked_as_json(**wrong)
    for provider in report["providers"]:
        problem = provider.get("problem")
        for text in (problem["what"], problem["next"]) if problem else (provider["found"],):
            assert text in lines


def test_json_is_refused_as_lines_are_where_a_setting_is_wrong() -> None:
    done = run("check", "--json", CURRENTS_API_KEY="a key")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("runs-mcp: CURRENTS_API_KEY: ")
