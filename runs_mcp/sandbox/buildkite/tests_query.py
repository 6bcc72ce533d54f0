"""The query of the tests of a build: filters by tags, labels, branch, owners, state; order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import get_args

import msgspec
from starlette.datastructures import QueryParams

from runs_mcp.sandbox.buildkite.error_responses import ApiError
from runs_mcp.sandbox.buildkite.executions import Execution, ExecutionResult, KnownTest, TestState
from runs_mcp.sandbox.buildkite.measured_tests import MeasuredTest, measured

_ORDERS: dict[str, Callable[[MeasuredTest], float | None]] = {
    "duration_avg": lambda test: test.duration_avg,
    "duration_sum": lambda test: test.duration_sum,
    "duration_min": lambda test: test.duration_min,
    "duration_max": lambda test: test.duration_max,
    "reliability": lambda test: test.reliability,
}


class _Pattern(msgspec.Struct, frozen=True):
    """A value with its operator: ! or ~ or ^ before it, or * after it."""

    operator: str
    value: str

    def accepts(self, value: str | None) -> bool:
        """Whether a value matches."""
        if self.operator == "!":
            return value != self.value
        if self.operator == "*":
            return value is not None and value.startswith(self.value)
        return value == self.value


class TestQuery:
    """The query of a request for the tests of a build."""

    __test__ = False  # pytest would collect a class of this name

    def __init__(self, given: QueryParams) -> None:
        self._tags: dict[str, list[_Pattern]] = defaultdict(list)
        for tag in _several(given, "tags"):
            key, colon, value = tag.partition(":")
            if not key or not colon or not value:
                raise ApiError(422, "tags must be of the form key:value")
            self._tags[key].append(_pattern(value, "!~^" if key == "result" else "!"))
        # The build is the one in the path.
        self._tags.pop("build.id", None)
        self._result = self._take_result()
        self._labels = [_pattern(label, "!") for label in _several(given, "labels")]
        self._owners = [_pattern(owner, "!") for owner in _several(given, "owners")]
        branch = given.get("branch")
        if branch:
            self._tags["scm.branch"].append(_pattern(branch, "!"))
        self._state = _one_of(given, "state", get_args(TestState), None)
        self._sort_by = _one_of(given, "sort_by", tuple(_ORDERS), "duration_avg")
        self._order = _one_of(given, "order", ("asc", "desc"), "desc")

    def of(self, executions: Iterable[Execution]) -> list[MeasuredTest]:
        """Returns the matching tests, with the metrics of their executions that match the tags."""
        by_test: dict[str, list[Execution]] = defaultdict(list)
        for one in executions:
            if self._has_tags(one):
                by_test[one.test.id].append(one)
        found = [
            measured(ran[0].test, ran)
            for ran in by_test.values()
            if self._matches(ran[0].test) and self._has_result(ran)
        ]
        return self._sorted(found)

    def _take_result(self) -> _Pattern | None:
        results = self._tags.pop("result", [])
        if len(results) > 1:
            raise ApiError(422, "tags can have one result at most")
        if not results:
            return None
        if results[0].operator != "*" and results[0].value not in get_args(ExecutionResult):
            raise ApiError(422, "tags must have a result that there is")
        if results[0].operator not in ("~", "^"):
            self._tags["result"] = results
            return None
        return results[0]

    def _has_tags(self, execution: Execution) -> bool:
        return all(_match(patterns, execution.tag(key)) for key, patterns in self._tags.items())

    def _matches(self, test: KnownTest) -> bool:
        for label in self._labels:
            if (label.value in test.labels) == (label.operator == "!"):
                return False
        return self._state in (None, test.state) and _match(self._owners, test.owner)

    def _has_result(self, executions: Sequence[Execution]) -> bool:
        if self._result is None:
            return True
        have_it = [one.result == self._result.value for one in executions]
        return all(have_it) if self._result.operator == "^" else any(have_it)

    def _sorted(self, tests: list[MeasuredTest]) -> list[MeasuredTest]:
        by = _ORDERS[self._sort_by or "duration_avg"]
        tests.sort(key=lambda test: test.id)
        known = [test for test in tests if by(test) is not None]
        known.sort(key=lambda test: by(test) or 0.0, reverse=self._order == "desc")
        return known + [test for test in tests if by(test) is None]


def _match(patterns: Sequence[_Pattern], value: str | None) -> bool:
    """Whether a value matches all exclusions, and any of the other patterns."""
    exclusions = [one for one in patterns if one.operator == "!"]
    others = [one for one in patterns if one.operator != "!"]
    return all(one.accepts(value) for one in exclusions) and (
        not others or any(one.accepts(value) for one in others)
    )


def _several(given: QueryParams, name: str) -> list[str]:
    return [value for value in given.get(name, "").split(",") if value]


def _pattern(value: str, operators: str) -> _Pattern:
    if value[0] in operators:
        if len(value) == 1:
            raise ApiError(422, f"there is nothing behind {value}")
        return _Pattern(value[0], value[1:])
    return _Pattern("*", value[:-1]) if value.endswith("*") else _Pattern("", value)


def _one_of(
    given: QueryParams, name: str, values: tuple[str, ...], default: str | None
) -> str | None:
    value = given.get(name) or default
    if value is not None and value not in values:
        raise ApiError(422, f"{name} must be one of {', '.join(values)}")
    return value
