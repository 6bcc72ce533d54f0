"""Every setting, wrong in every way: one line on stderr, exit 2, and never a key."""

import os
import re
from pathlib import Path
from typing import Final

import pytest
from command_runs import Done, run, run_process
from wrong_values import SECRET, WRONG

from runs_mcp.providers import PROVIDERS
from runs_mcp.settings import PREFIX, Settings, option_fields

KEY: Final = "k3y-0123456789-of-the-operator"
COMMAND: Final = ("call", "no_such_tool")  # with right settings it ends at once, with 1
HOSTILE: Final = (
    "\n",
    "a\nb",
    "\r",
    "\x1b[2J",
    "\u202e",
    "\u2028",
    "\ufeff",
    "é",
    "漢字",
    "\U0001f600",
    "\udcff",
    "%s%n",
    "{0.__class__}",
    "$(id)",
    "`id`",
    "../../etc/passwd",
    "-",
    "--help",
    '"',
    "''",
    "=",
    ",",
    "[]",
    "{}",
    "null",
    "0",
    "-0",
    "1" * 5000,
    "x" * 100_000,
)
every_variable = pytest.mark.parametrize("variable", WRONG)


def assert_one_line(done: Done, expected: str) -> None:
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert re.match(f"runs-mcp: {expected}", line), line
    assert line.isprintable()
    assert len(line) < 500
    assert_no_key(done)


def assert_no_key(done: Done) -> None:
    assert not any(part in done.stderr + done.stdout for part in (SECRET[:12], KEY))


def in_environment(variable: str, value: str) -> Done:
    keys = {"CURRENTS_API_KEY": KEY, "BUILDKITE_API_TOKEN": KEY}
    return run(*COMMAND, **{**keys, variable: value})


def test_every_setting_has_wrong_values() -> None:
    providers = {
        str(field.validation_alias)
        for provider in PROVIDERS
        for field in provider.settings.model_fields.values()
    }
    assert {PREFIX + name.upper() for name in option_fields()} | providers == set(WRONG)
    assert min(map(len, WRONG.values())) >= 5


@every_variable
def test_a_wrong_value_in_the_environment_ends_with_one_line_that_names_it(variable: str) -> None:
    for value in filter(fits_into_the_environment, WRONG[variable]):
        assert_one_line(in_environment(variable, value), f"{variable}: ")


@pytest.mark.parametrize("name", option_fields())
def test_a_wrong_value_of_an_option_ends_with_one_line_that_names_the_variable(name: str) -> None:
    option, variable = f"--{name.replace('_', '-')}", PREFIX + name.upper()
    is_flag = Settings.model_fields[name].annotation is bool
    expected = rf"argument {option}\b" if is_flag else f"{variable}: "
    for value in WRONG[variable]:
        done = run(*COMMAND, f"{option}={value}", CURRENTS_API_KEY=KEY)
        assert_one_line(done, expected)


@every_variable
def test_no_value_whatever_ends_with_more_than_a_line(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # an audit log of almost any name is fine
    for value in HOSTILE:
        done = in_environment(variable, value)
        (line,) = done.stderr.splitlines()
        assert line.isprintable()
        assert (done.returncode, line[:9]) in ((2, "runs-mcp:"), (1, "There is "))
        assert_no_key(done)


def fits_into_the_environment(value: str) -> bool:
    try:
        return b"\x00" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


@pytest.mark.parametrize(
    "name", ["RUNS_MCP_NO\nSUCH", "RUNS_MCP_\x1b[31m", f"RUNS_MCP_{'X' * 5000}", "RUNS_MCP_\udcff"]
)
def test_a_variable_of_any_name_is_refused_in_one_line(name: str) -> None:
    done = in_environment(name, SECRET)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert line.isprintable()
    assert "is not a setting of this version" in line
    assert_no_key(done)


@pytest.mark.parametrize(
    "arguments",
    [
        (f"CURRENTS_API_KEY={SECRET}",),
        ("--currents-api-key", SECRET),
        (f"--currents-api-key={SECRET}",),
        ("check", f"--state-keys={SECRET[:20]}"),
        ("check", SECRET),
        ("check\n", "\x1b[31m"),
        ("sandbox", "--port", SECRET),
        ("sandbox", "--port", "1" * 5000),
        ("call", "x", "--json", "[" * 100_000, "--sandbox"),
        ("call", "x", "a\n\x1b[31m", "--sandbox"),
    ],
    ids=lambda arguments: ascii(arguments)[:30],
)
def test_no_argument_is_answered_with_more_than_a_line_or_a_key(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, CURRENTS_API_KEY=KEY)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert line.startswith("runs-mcp: ")
    assert line.isprintable()
    assert_no_key(done)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RUNS_MCP_RESULT_BYTES", "many"),
        ("CURRENTS_API_KEY", f"{SECRET} {SECRET}"),
        ("SSL_CERT_FILE", "/no/such/file"),
    ],
)
def test_a_server_of_its_own_refuses_them_before_anything_is_served(
    variable: str, value: str
) -> None:
    done = run_process(**{"CURRENTS_API_KEY": KEY, variable: value})
    assert_one_line(done, f"{variable}: ")
