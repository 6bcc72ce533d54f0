"""Installs a collector, runs it over its suite, and records what it uploads."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

from collectors.kept_uploads import kept_uploads
from collectors.loopback import Loopback, loopback
from collectors.recipes import BUILD, RECIPES, Recipe, Run
from collectors.scrub import Scrubber

HERE: Final = Path(__file__).parent
MAX_SECONDS: Final = 300
NESTED_LEVELS: Final = 5
GIT: Final = {
    "GIT_AUTHOR_NAME": "Ada Example",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Ada Example",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@dataclass(frozen=True)
class Project:
    """A suite with its framework and collector, in a temporary folder."""

    recipe: Recipe
    home: Path

    @property
    def folder(self) -> Path:
        """The checkout."""
        return self.home / "project"

    @property
    def packages(self) -> Path:
        """The folder of the installed packages, which git ignores."""
        if self.recipe.language == "python":
            return self.folder / ".venv"
        return self.folder / "node_modules"

    def copy_suite(self) -> None:
        """Copies the suite and commits it; `.py.txt`, which our tools ignore, becomes `.py`."""
        shutil.copytree(HERE / "suites" / self.recipe.suite, self.folder)
        for path in self.folder.rglob("*.py.txt"):
            path.rename(path.with_suffix(""))
        for arguments in (
            ("init", "--quiet", "--initial-branch=main"),
            ("add", "."),
            ("commit", "--quiet", "--message=Sell tea"),
            ("remote", "add", "origin", "https://example.com/shop/web.git"),
        ):
            self._call(("git", *arguments), {**os.environ, **GIT})

    def install(self) -> None:
        """Installs the packages that the suite names."""
        if self.recipe.language == "python":
            self._call((sys.executable, "-m", "venv", ".venv"), os.environ)
            pip = (str(self.packages / "bin" / "pip"), "install", "--quiet")
            self._call((*pip, "--requirement", "requirements.txt"), os.environ)
        else:
            self._call(("npm", "install", "--no-audit", "--no-fund", "--silent"), os.environ)

    def version(self, package: str) -> str:
        """Returns the installed version of a package."""
        if self.recipe.language == "python":
            [library] = self.packages.glob("lib/python*/site-packages")
            [found] = distributions(name=package, path=[str(library)])
            return found.version
        manifest = json.loads((self.packages / package / "package.json").read_text())
        return str(manifest["version"])

    def run(self, run: Run, base: str) -> None:
        """Runs the suite in its own environment; its tests are meant to fail."""
        paths = [str(self.packages / "bin"), os.environ["PATH"]]
        environment = {
            "PATH": os.pathsep.join(paths),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "CI": "true",
            "COLUMNS": "100",
            "FORCE_COLOR": "1",
            **GIT,
            **self.recipe.environment,
            **run.environment,
        }
        environment = {key: value.format(base=base) for key, value in environment.items()}
        done = subprocess.run(  # noqa: S603 - the commands are our own
            run.command,
            cwd=self.folder,
            env=environment,
            timeout=MAX_SECONDS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"  {run.name}: exit status {done.returncode}")  # noqa: T201
        (self.home / f"{run.name}.log").write_text(done.stdout + done.stderr)

    def _call(
        self, command: Sequence[str], environment: "os._Environ[str] | dict[str, str]"
    ) -> None:
        subprocess.run(  # noqa: S603 - the commands are our own
            command, cwd=self.folder, env=environment, check=True, timeout=MAX_SECONDS
        )


def recorded(project: Project, server: Loopback) -> list[dict[str, Any]]:
    """Runs the suite in each way, and returns the uploads, each with the name of its run."""
    scrubber = Scrubber(str(project.home), frozenset({BUILD}))
    uploads: list[dict[str, Any]] = []
    for run in project.recipe.runs:
        server.uploads.clear()
        project.run(run, server.base)
        uploads += [
            {"run": run.name, **scrubber.value(vars(upload))}
            for upload in kept_uploads(server.uploads)
        ]
    return uploads


def lines_of(value: Any, depth: int = 0) -> str:  # noqa: ANN401 - plain JSON
    """Returns JSON with a line for each test result, so that a difference is readable."""
    if depth == NESTED_LEVELS or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {lines_of(value[key], depth + 1)}" for key in sorted(value)]
    else:
        parts = [lines_of(part, depth + 1) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(parts) + f"\n{closing}"


def record(recipe: Recipe, out: Path, home: Path) -> None:
    """Writes one recording."""
    project = Project(recipe, home)
    project.copy_suite()
    project.install()
    with loopback() as server:
        uploads = recorded(project, server)
    recording = {
        "collector": recipe.collector,
        "version": project.version(recipe.collector),
        "framework": recipe.framework,
        "framework_version": project.version(recipe.framework),
        "runs": [run.name for run in recipe.runs],
        "uploads": uploads,
    }
    (out / f"{recipe.name}.json").write_text(lines_of(recording) + "\n", encoding="utf-8")


def main() -> int:
    """Records the collectors that the arguments name, or all."""
    names = [recipe.name for recipe in RECIPES]
    parser = argparse.ArgumentParser(description="Records what collectors upload.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names)}")
    parser.add_argument("--out", type=Path, default=HERE / "recordings", help="where to write")
    parser.add_argument("--keep", type=Path, help="a folder for the projects and their output")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no such recording: {', '.join(sorted(unknown))}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for recipe in RECIPES:
        if arguments.names and recipe.name not in arguments.names:
            continue
        print(recipe.name)  # noqa: T201
        if arguments.keep:
            home = (arguments.keep / recipe.name).resolve()
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            record(recipe, arguments.out, home)
            continue
        with tempfile.TemporaryDirectory() as home_name:
            record(recipe, arguments.out, Path(home_name).resolve())
    return 0
