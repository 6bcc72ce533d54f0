"""Reads the recordings of what the vendors' collectors uploaded for the suites."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "recordings"
PYTEST: Final = "buildkite-python-pytest"
JEST: Final = "buildkite-js-jest"
VITEST: Final = "buildkite-js-vitest"
MOCHA: Final = "buildkite-js-mocha"
JASMINE: Final = "buildkite-js-jasmine"
PLAYWRIGHT: Final = "buildkite-js-playwright"
NAMES: Final = sorted(path.stem for path in FOLDER.glob("*.json"))
ABSENT: Final = "<absent>"


@dataclass(frozen=True)
class Recording:
    """The uploads of one collector in one framework, for one suite."""

    collector: str
    version: str
    framework: str
    framework_version: str
    runs: list[str]
    uploads: list[dict[str, Any]]


@dataclass(frozen=True)
class UploadedResult:
    """A test result as it was uploaded to Buildkite. A field that was not sent is `ABSENT`."""

    run: str
    id: str
    name: str
    scope: str | None
    location: str | None
    file_name: str | None
    result: str
    failure_reason: str | None
    failure_expanded: Any
    tags: Any

    @property
    def first_line(self) -> str:
        """The first line of the reason."""
        return (self.failure_reason or "").partition("\n")[0]

    def lines(self, part: str) -> list[str]:
        """Returns the lines of all `expanded` or all `backtrace` parts."""
        if self.failure_expanded == ABSENT:
            return []
        return [line for error in self.failure_expanded for line in error.get(part, [])]


@cache
def recording(name: str) -> Recording:
    """Returns the recording of that name."""
    return Recording(**json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def uploaded_results(name: str) -> Iterator[UploadedResult]:
    """Yields every test result that a Buildkite collector uploaded, in order."""
    fields = [field for field in UploadedResult.__dataclass_fields__ if field != "run"]
    for upload in recording(name).uploads:
        for result in upload["body"]["data"]:
            values = {field: result.get(field, ABSENT) for field in fields}
            yield UploadedResult(run=upload["run"], **values)


def results_by_name(name: str, run: str = "suite") -> dict[str, list[UploadedResult]]:
    """Returns the results of one run by the names of the tests: several where one was retried."""
    found: dict[str, list[UploadedResult]] = {}
    for result in uploaded_results(name):
        if result.run == run:
            found.setdefault(result.name, []).append(result)
    return found


@dataclass(frozen=True)
class CurrentsRecord:
    """A test as it was uploaded to Currents, after its last update."""

    run: str
    body: dict[str, Any]

    @property
    def title(self) -> str:
        """The titles of describes and of the test, joined."""
        return " > ".join(self.body["title"])

    @property
    def state(self) -> str:
        """The state that the reporter gives the test."""
        return str(self.body["_s"])

    @property
    def attempts(self) -> list[dict[str, Any]]:
        """The attempts, as uploaded."""
        return list(self.body["attempts"])


def currents_records(name: str = "currents-playwright") -> Iterator[CurrentsRecord]:
    """Yields every test record that the reporter of Currents uploaded."""
    for upload in recording(name).uploads:
        if upload["path"] == "/test-record":
            yield CurrentsRecord(upload["run"], upload["body"])


def currents_requests(path_part: str, name: str = "currents-playwright") -> list[dict[str, Any]]:
    """Returns the bodies of the other requests with this text in their path."""
    return [
        upload["body"]
        for upload in recording(name).uploads
        if path_part in upload["path"] and upload["path"] != "/test-record"
    ]
