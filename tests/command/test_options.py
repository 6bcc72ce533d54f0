"""Options and settings of the command."""

import pytest
from command_runs import Done, on, run

from runs_mcp import __version__
from runs_mcp.sandbox import Fault, Sandbox


def assert_one_line_and_exit_2(done: Done, expected: str) -> None:
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("runs-mcp: ")
    assert expected in done.stderr


@pytest.mark.parametrize(
    "command", [(), ("check",), ("tools",), ("call", "currents_list_projects")]
)
def test_without_a_key_it_says_what_to_set_and_that_the_sandbox_needs_none(
    command: tuple[str, ...],
) -> None:
    done = run(*command)

    assert_one_line_and_exit_2(done, "CURRENTS_API_KEY")
    assert "--sandbox" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        (["--no-such"], {}, "--no-such"),
        (["nonsense"], {}, "nonsense"),
        (["--transport", "sse"], {}, "--transport"),
        *(
            (["--transport", "http", "--path", path], {}, "--path: must be a path such as /mcp")
            for path in ("/", "//", "/{x}", "/a b", "/mcp?x=1", "/mcp/../x", "/.", "mcp", "/readyz")
        ),
        (["--host", "127.0.0.1"], {}, "--host: only `runs-mcp --transport http`"),
        (["--port", "8000", "--transport", "stdio"], {}, "--port: only"),
        (["--path", "/mcp", "--sandbox"], {}, "--path: only"),
        (["--port", "8000", "tools", "--sandbox"], {}, "--port: only"),
        (["--host", "127.0.0.1", "sandbox"], {}, "--host: only"),
        (["--result-bytes", "many"], {}, "RUNS_MCP_RESULT_BYTES"),
        (["--result-bytes", "40001"], {}, "RUNS_MCP_RESULT_BYTES"),
        (["--timeout-s", "0"], {}, "RUNS_MCP_TIMEOUT_S"),
        ([], {"RUNS_MCP_READONLY": "true"}, "did you mean RUNS_MCP_READ_ONLY?"),
        ([], {"RUNS_MCP_CACHED_BYTES": "0"}, "is not a setting of this version"),
        ([], {"RUNS_MCP_CONFIRM": "never"}, "RUNS_MCP_CONFIRM"),
        ([], {"RUNS_MCP_PREAPPROVE": "cancel,everything"}, "RUNS_MCP_PREAPPROVE"),
        ([], {"RUNS_MCP_STATE_KEYS": "hush-hush"}, "RUNS_MCP_STATE_KEYS"),
        ([], {"RUNS_MCP_PROVIDERS": "circleci"}, "RUNS_MCP_PROVIDERS"),
        ([], {"CURRENTS_API_URL": "ftp://a.b"}, "CURRENTS_API_URL"),
        ([], {"CURRENTS_API_URL": "https://user:hush@a.b"}, "CURRENTS_API_URL"),
        ([], {"CURRENTS_API_KEY": "hush\nhush"}, "CURRENTS_API_KEY"),
        (["call", "currents_get_run", "run_id", "--sandbox"], {}, "name=value"),
        (["call", "currents_get_run", "--json", "{", "--sandbox"], {}, "--json"),
        (["call", "currents_list_runs", "--json", '{"limit":NaN}', "--sandbox"], {}, "--json"),
        (["sandbox", "--port", "99999"], {}, "--port 99999"),
    ],
    ids=str,
)
def test_a_wrong_option_or_setting_ends_with_one_clear_line(
    arguments: list[str], variables: dict[str, str], expected: str
) -> None:
    done = run(*arguments, **{"CURRENTS_API_KEY": "a-key", **variables})

    assert_one_line_and_exit_2(done, expected)
    assert "hush" not in done.stderr


def test_version_and_help_tell_what_it_is() -> None:
    assert run("--version").stdout == f"runs-mcp {__version__}\n"
    told = run("--help").stdout
    for command in ("demo", "sandbox", "check", "tools", "call", "--result-bytes", "--read-only"):
        assert command in told


def test_settings_count_as_variables_and_as_options_which_win(sandbox: Sandbox) -> None:
    sandbox.fail(Fault(status=429, headers={"Retry-After": "20"}))
    wanted = ("call", "currents_list_projects")

    short = run(*wanted, RUNS_MCP_TIMEOUT_S="10", **on(sandbox))
    assert "retry_after_s=20" in short.stderr
    assert len(sandbox.requests) == 1
    shorter = run(*wanted, "--timeout-s", "5", RUNS_MCP_TIMEOUT_S="nonsense", **on(sandbox))
    assert "retry_after_s=20" in shorter.stderr


def test_what_is_on_by_default_can_be_turned_off_by_an_option() -> None:
    assert run("tools", "--sandbox", "--no-open-browser").returncode == 0
    assert run("tools", "--sandbox", "--open-browser").returncode == 0
    assert_one_line_and_exit_2(run("tools", "--sandbox", "--no-read-only"), "--no-read-only")
