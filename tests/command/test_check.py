"""`runs-mcp check`: what works, what does not, and what to do."""

from typing import Final

from command_runs import on, run

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, READ_WRITE_KEY, Sandbox

KEY: Final = "runs-mcp-secret-key-0123456789"


def test_check_says_that_a_key_works(sandbox: Sandbox) -> None:
    done = run("check", **on(sandbox))

    assert done.returncode == 0
    assert "the key works; it can see 2 projects" in done.stdout


def test_check_tries_every_provider_that_is_configured(sandbox: Sandbox) -> None:
    buildkite = {
        "BUILDKITE_BASE_URL": sandbox.buildkite_url,
        "BUILDKITE_API_TOKEN": READ_WRITE_KEY,
        "BUILDKITE_ORGANIZATION": BUILDKITE_ORGANIZATION,
        "BUILDKITE_SUITE": BUILDKITE_SUITE,
    }
    both = run("check", **on(sandbox), **buildkite)
    assert both.returncode == 0
    assert "the key works" in both.stdout
    assert f"{BUILDKITE_SUITE} can be read" in both.stdout

    for wrong in (
        {"BUILDKITE_API_TOKEN": "nonsense"},
        {"BUILDKITE_ORGANIZATION": "no-such-organization"},
        {"BUILDKITE_ORGANIZATION": ""},
        {"BUILDKITE_SUITE": "no-such-suite"},
    ):
        done = run("check", **{**on(sandbox), **buildkite, **wrong})
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
