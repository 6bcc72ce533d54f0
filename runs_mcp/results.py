"""What tools answer with, and its two encodings: structured content and text.

Hosts differ in which of the two a model gets, so both are made from the same record by one rule
each: the structured content is the record as JSON, the text has one line for every record in it.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeAlias, TypedDict

import msgspec
from msgspec import Meta

from runs_mcp.model import (
    Artifacts,
    Asset,
    Failure,
    Group,
    Instance,
    LastRun,
    ListedRun,
    PassedTest,
    Project,
    Receipt,
    Record,
    Run,
    Spec,
    Suite,
    TestTotals,
    Totals,
)

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

NextCursor = Annotated[
    str, Meta(description="Call again with this cursor and the same arguments for the rest.")
]

Unreadable = Annotated[
    int, Meta(description="Records of an odd shape that could not be read: they are not shown.")
]
Odd = Annotated[tuple[str, ...], Meta(description="Where the first of those stood, and why.")]
_SHOWN_ODD: Final = 3
"""Of how many records that could not be read an answer says where they stood."""

_BARE = re.compile(r'[^\s"=]+')


class Trim(Record, frozen=True, kw_only=True):
    """How much of all there is this answer shows."""

    trimmed: Annotated[bool, Meta(description="Whether anything is left out of this answer.")]
    upstream_bytes: Annotated[
        int | msgspec.UnsetType, Meta(description="Size of what the API sent, decoded.")
    ] = msgspec.UNSET
    shown: Annotated[int, Meta(description="Records on this page.")]
    total: Annotated[
        int | msgspec.UnsetType,
        Meta(description="Records on all pages together, where that is known."),
    ] = msgspec.UNSET
    detail: Annotated[str, Meta(description="The detail that was applied.")] = ""
    reason: Annotated[str, Meta(description="Why this is not everything.")] = ""
    next_cursor: NextCursor = ""


class RunReport(Record, frozen=True, kw_only=True):
    """A run, and its specs or those that matter."""

    run: Run
    totals: Totals
    groups: tuple[Group, ...] = ()
    specs: tuple[Spec, ...]
    last_run: LastRun | msgspec.UnsetType = msgspec.UNSET
    unreadable: Unreadable = 0
    odd: Odd = ()
    trim: Trim


class InstanceReport(Record, frozen=True, kw_only=True):
    """One spec file's execution: what failed in it, and why."""

    instance: Instance
    totals: TestTotals
    note: Annotated[str, Meta(description="Where its counts and its tests disagree.")] = ""
    exception: Annotated[str, Meta(description="What kept the spec from running at all.")] = ""
    artifacts: Artifacts = Artifacts()
    failures: tuple[Failure, ...]
    passed: tuple[PassedTest, ...] = ()
    assets: tuple[Asset, ...] = ()
    unreadable: Unreadable = 0
    odd: Odd = ()
    trim: Trim


class RunList(Record, frozen=True):
    """Runs, newest first."""

    runs: tuple[ListedRun, ...]
    next_cursor: NextCursor = ""
    unreadable: Unreadable = 0
    odd: Odd = ()


class RunStatus(Record, frozen=True, kw_only=True):
    """A run without its tests."""

    run: Run


class FailureList(Record, frozen=True, kw_only=True):
    """Tests that failed in a run."""

    failures: tuple[Failure, ...]
    note: Annotated[str, Meta(description="What the list alone does not tell.")] = ""
    unreadable: Unreadable = 0
    odd: Odd = ()
    trim: Trim


class SuiteList(Record, frozen=True, kw_only=True):
    """Suites of an organization."""

    suites: tuple[Suite, ...]
    next_cursor: NextCursor = ""
    unreadable: Unreadable = 0
    odd: Odd = ()


class ProjectList(Record, frozen=True):
    """Projects that the key can see."""

    projects: tuple[Project, ...]
    next_cursor: NextCursor = ""
    unreadable: Unreadable = 0
    odd: Odd = ()


Outcome = Literal[
    "done",
    "already_done",
    "confirmation_required",
    "declined",
    "no_answer",
    "refused",
    "changed",
    "unknown",
]


class ActionReport(Record, frozen=True, kw_only=True):
    """What came of a destructive call.

    Every outcome but done, already_done and unknown says that nothing was changed.
    """

    action: Literal["cancel", "reset", "delete"]
    outcome: Outcome
    run: Annotated[
        Run | msgspec.UnsetType, Meta(description="What was about to be, or was, acted on.")
    ] = msgspec.UNSET
    others: Annotated[tuple[Run, ...], Meta(description="More runs concerned.")] = ()
    preview: Annotated[str, Meta(description="The run's state in plain words.")] = ""
    effect: Annotated[str, Meta(description="What it does, and whether it can be undone.")] = ""
    upstream: Annotated[Receipt, Meta(description="What the API said of it.")] = Receipt()
    confirmation_token: str = ""
    expires_in_s: Annotated[int, Meta(description="How long the token holds, in seconds.")] = 0
    next: Annotated[str, Meta(description="What to do now.")] = ""


class OddRecords(TypedDict):
    """The fields of a report that say what could not be read."""

    unreadable: int
    odd: tuple[str, ...]


def odd_records(unreadable: Sequence[str]) -> OddRecords:
    """Returns how many records could not be read, and where the first of them stood and why."""
    return OddRecords(unreadable=len(unreadable), odd=tuple(unreadable[:_SHOWN_ODD]))


def structured(report: Record) -> dict[str, Json]:
    """Returns the report as a JSON object; what has nothing to say is left out."""
    fields = _compact(msgspec.to_builtins(report))
    if not isinstance(fields, dict):
        raise TypeError("A report is a record.")
    return fields


def text(report: Record) -> str:
    """Returns the report as text: a line for each record in it, and one for each plain field."""
    lines: list[str] = []
    for name, value in structured(report).items():
        if isinstance(value, list):
            lines.extend(_line(name.removesuffix("s"), row) for row in value)
            lines.extend([] if value else [f"{name} none"])
        else:
            lines.append(_line(name, value))
    return "\n".join(lines)


def size(report: Record) -> int:
    """Returns the bytes (UTF-8) of the larger of the two encodings."""
    return max(len(msgspec.json.encode(structured(report))), len(text(report).encode()))


@lru_cache
def output_schema(report_type: type[Record]) -> dict[str, Any]:
    """Returns the JSON schema of a report, its root an object."""
    (root,), definitions = msgspec.json.schema_components(
        [report_type], ref_template="#/$defs/{name}"
    )
    name = root["$ref"].rpartition("/")[2]
    return {**definitions.pop(name), "$defs": definitions}


def _compact(value: Json) -> Json:
    """Returns the value without the records in it that have nothing to say."""
    if isinstance(value, dict):
        inner = {name: _compact(item) for name, item in value.items()}
        return {name: item for name, item in inner.items() if item != {}}
    if isinstance(value, (list, tuple)):
        return [_compact(item) for item in value]
    return value


def _line(name: str, value: Json) -> str:
    if isinstance(value, dict):
        return " ".join([name, *_pairs(value)])
    return f"{name} {_plain_value(value)}"


def _pairs(record: dict[str, Json], prefix: str = "") -> list[str]:
    pairs: list[str] = []
    for name, value in record.items():
        if isinstance(value, dict):
            pairs.extend(_pairs(value, f"{prefix}{name}."))
        else:
            pairs.append(f"{prefix}{name}={_plain_value(value)}")
    return pairs


def _plain_value(value: Json) -> str:
    if isinstance(value, str) and _BARE.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
