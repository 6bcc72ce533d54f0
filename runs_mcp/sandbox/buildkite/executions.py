"""What ran in a build: every execution of a test, the passed ones, too."""

from collections.abc import Mapping
from typing import Literal

import msgspec

ExecutionResult = Literal["passed", "failed", "skipped", "pending", "unknown"]
TestState = Literal["enabled", "muted", "skipped"]


class KnownTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test of a suite, with what the API shows of it and what it can be found by."""

    __test__ = False  # pytest would take the name for a test's

    id: str
    url: str
    web_url: str
    scope: str
    name: str
    location: str | None
    file_name: str | None
    labels: tuple[str, ...] = ()
    state: TestState = "enabled"
    owner: str | None = None
    """The slug of the team that owns it; the API only filters by it."""


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a test, on one attempt, in one job."""

    test: KnownTest
    result: ExecutionResult
    duration: float | None
    tags: Mapping[str, str]
    """Without those that follow from the rest: the result and the file."""

    def tag(self, key: str) -> str | None:
        """The value of a tag; None where it has no such tag."""
        if key == "result":
            return self.result
        if key == "code.file.path":
            return self.test.file_name
        return self.tags.get(key)
