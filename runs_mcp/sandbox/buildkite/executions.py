"""The executions of tests in a build, including passed ones."""

from collections.abc import Mapping
from typing import Literal

import msgspec

ExecutionResult = Literal["passed", "failed", "skipped", "pending", "unknown"]
TestState = Literal["enabled", "muted", "skipped"]


class KnownTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test of a suite, with what the API shows and what it filters by."""

    __test__ = False  # pytest would collect a class of this name

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
    """The slug of the team that owns it, which the API only filters by."""


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a test: an attempt in a job."""

    test: KnownTest
    result: ExecutionResult
    duration: float | None
    tags: Mapping[str, str]
    """The tags except the result and the file, which follow from the other fields."""

    def tag(self, key: str) -> str | None:
        """Returns the value of a tag; None where it is absent."""
        if key == "result":
            return self.result
        if key == "code.file.path":
            return self.test.file_name
        return self.tags.get(key)
