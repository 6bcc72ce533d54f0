"""The import contracts refuse imports that would let one room into another's concern."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]

WRONG_IMPORTS: Final = {
    # HTTP outside of the one door.
    ("triage/grouping.py", "httpx"),
    ("confirmation/audit.py", "httpx"),
    ("confirmation/guard.py", "socket"),
    ("server/prompts.py", "httpx"),
    ("deadline.py", "ssl"),
    ("api/request.py", "ssl"),
    ("providers/currents/client.py", "httpx"),
    ("answers/encoding.py", "starlette"),
    # MCP outside of the server.
    ("triage/fingerprint/causes.py", "mcp"),
    ("providers/buildkite/tools.py", "mcp_types"),
    ("answers/reports.py", "mcp"),
    ("cli.py", "mcp"),
    # The sandbox in the product, and the product in the sandbox.
    ("server/build.py", "runs_mcp.sandbox.server"),
    ("providers/buildkite/client.py", "runs_mcp.sandbox.keys"),
    ("sandbox/keys.py", "runs_mcp.model"),
    ("sandbox/faults.py", "runs_mcp.settings"),
    # Rooms that know nothing of what is above or beside them.
    ("answers/encoding.py", "runs_mcp.api.client"),
    ("triage/verdict.py", "runs_mcp.api.client"),
    ("triage/comparison.py", "runs_mcp.answers.reports"),
    ("answers/cursors.py", "runs_mcp.confirmation.tokens"),
    ("confirmation/action.py", "runs_mcp.providers.run_reader"),
    ("api/client.py", "runs_mcp.model"),
    ("settings.py", "runs_mcp.providers"),
    ("errors.py", "runs_mcp.deadline"),
    ("services.py", "runs_mcp.server.build"),
    # Providers that know each other, and rooms that know one provider.
    ("providers/currents/reading/reader.py", "runs_mcp.providers.buildkite.client"),
    ("server/tools/triage_run.py", "runs_mcp.providers.currents.references"),
    ("commands/check.py", "runs_mcp.providers.buildkite.settings"),
}


def lint(folder: Path) -> str:
    """Returns what the import linter says of the package in a folder."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])",
        ],
        cwd=folder,
        env={**os.environ, "COLUMNS": "300"},  # so that no line is wrapped
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    if not (ROOT / "runs_mcp").is_dir():
        pytest.skip("There is no checkout here.")
    shutil.copytree(
        ROOT / "runs_mcp", tmp_path / "runs_mcp", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_wrong_import_is_refused_and_named(copy: Path) -> None:
    wrong = []
    for path, module in WRONG_IMPORTS:
        file = copy / "runs_mcp" / path
        file.write_text(f"{file.read_text()}\n\nimport {module}\n")
        importer = ".".join(("runs_mcp", *Path(path).with_suffix("").parts))
        wrong.append(f"{importer} -> {module}")

    found = lint(copy)

    assert [one for one in wrong if one not in found] == []


def test_the_product_itself_is_accepted(copy: Path) -> None:
    assert "0 broken" in lint(copy)
