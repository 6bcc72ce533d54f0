"""What Dockerfile and compose.yaml say of the server is true of it."""

import re
import shlex
from pathlib import Path
from typing import Final

import msgspec
import pytest
from command_runs import run

from runs_mcp.settings import PREFIX, option_fields

ROOT: Final = Path(__file__).parents[1]
DOCKERFILE: Final = ROOT / "Dockerfile"

if not DOCKERFILE.exists():
    pytest.skip("the files of the checkout are not here", allow_module_level=True)


def instructions(name: str) -> list[str]:
    """Returns what the instructions of a name say, continued lines joined."""
    text = DOCKERFILE.read_text().replace("\\\n", "")
    return re.findall(rf"^{name} (.*)$", text, re.MULTILINE)


def test_what_is_copied_is_there_and_not_ignored() -> None:
    kept = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [
        source
        for line in instructions("COPY")
        if not line.startswith("--from")
        for source in shlex.split(line)[:-1]
    ]
    assert {"pyproject.toml", "runs_mcp", "prompts"} <= set(copied)
    assert set(copied) <= set(kept)
    assert all((ROOT / source).exists() for source in copied)


def test_the_entry_point_is_a_call_of_the_command() -> None:
    (line,) = instructions("ENTRYPOINT")
    program, *arguments = msgspec.json.decode(line, type=list[str])
    assert program == "runs-mcp"
    # A wrong setting ends it before anything is served.
    done = run(*arguments, "--timeout-s", "0")
    assert (done.returncode, "RUNS_MCP_TIMEOUT_S" in done.stderr) == (2, True)


def test_it_does_not_run_as_root() -> None:
    assert int(instructions("USER")[-1]) > 0


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml"])
def test_every_setting_in_it_is_one(name: str) -> None:
    settings = {PREFIX + field.upper() for field in option_fields()}
    assert set(re.findall(r"RUNS_MCP_\w+", (ROOT / name).read_text())) <= settings


def test_no_secret_is_in_the_files() -> None:
    (keys,) = re.findall(r"RUNS_MCP_STATE_KEYS: (.*)", (ROOT / "compose.yaml").read_text())
    assert keys.startswith("${RUNS_MCP_STATE_KEYS:?")
