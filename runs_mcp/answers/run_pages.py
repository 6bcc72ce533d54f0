"""What of a run an answer shows, and in which order. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from runs_mcp.answers.cursors import (
    PageRequest,
    Position,
    Query,
    bad_cursor,
    encode_cursor,
)
from runs_mcp.answers.encoding import encoded_size
from runs_mcp.answers.fitting import longest_page
from runs_mcp.answers.reports import RunReport, Trim, odd_records
from runs_mcp.errors import InvalidArgument
from runs_mcp.model import (
    FullRun,
    Group,
    LastRun,
    Spec,
)

Detail: TypeAlias = Literal["auto", "failures", "full"]
_RANK: Final = {"idle": 0, "failed": 1, "flaky": 2}
_SMALLEST_SPEC_BYTES: Final = 25
_FIRST_GROUPS_SHARE: Final = 4  # groups before the specs take a quarter of the page at most


@dataclass(frozen=True)
class _Start:
    """Where a page begins.

    Args:
        detail: The detail in force.
        first_groups: How many groups stand before the specs on the first page.
        after: The position of the last record shown; at the beginning empty.
    """

    detail: Literal["failures", "full"]
    first_groups: int
    after: Position


class _Key(NamedTuple):
    """Where a record stands in the order of all pages.

    A key, not a count: specs that change while a run goes on neither hide nor repeat others.
    `nth` counts from 0 among the specs as sent, or among the groups or tests behind them.
    """

    phase: int = 0
    rank: int = 0
    minus_failed: int = 0
    path: str = ""
    nth: int = 0


def run_page(
    full: FullRun,
    request: PageRequest,
    *,
    detail: Detail,
    trim_above_bytes: int,
) -> RunReport:
    """Returns the page of a run that is asked for.

    `auto` shows every spec where the payload is at most `trim_above_bytes` and all of it fits
    into one answer, otherwise the specs that matter. Specs come worst first: never reported,
    failed (most failures first), flaky, the rest; then by path. The groups stand before them as
    far as they take little room, the others behind; last of all, the tests of `last_run`.

    Raises:
        InvalidArgument: The cursor is none of this query, or of another detail.
    """
    why = ""
    if position := request.position():
        start = _resumed(position, detail)
    elif detail == "auto":
        if full.upstream_bytes > trim_above_bytes:
            why = f" since the run is {full.upstream_bytes:,} bytes upstream"
        elif (whole := _whole_run(full, request.budget)) is not None:
            return whole
        else:
            why = " since all of them do not fit into one answer"
        start = _Start("failures", _groups_within(request.budget // _FIRST_GROUPS_SHARE, full), [])
    else:
        start = _Start(detail, _groups_within(request.budget // _FIRST_GROUPS_SHARE, full), [])
    pages = _RunPages(full, start, request.query, why)
    return longest_page(len(pages.rows), pages.page, request.budget)


class _RunPages:
    """The pages of a run from one start on."""

    def __init__(self, full: FullRun, start: _Start, query: Query, why: str = "") -> None:
        self._full, self._start, self._query, self._why = full, start, query, why
        listed: list[tuple[_Key, Spec]] = [
            (_key_of(nth, spec), spec)
            for nth, spec in enumerate(full.specs)
            if start.detail == "full" or _matters(spec, run_is_over=full.run.is_over)
        ]
        listed.sort(key=lambda row: row[0])
        self._listed = len(listed)
        rows: list[tuple[_Key, Spec | Group | str]] = [*listed]
        tail = enumerate(full.groups[start.first_groups :])
        rows += [(_Key(phase=1, nth=nth), group) for nth, group in tail]
        tests = full.last_run.failed_tests if full.last_run else ()
        rows += [(_Key(phase=2, nth=nth), test) for nth, test in enumerate(tests)]
        after = _key_behind(start.after, full.specs)
        self.rows = [row for row in rows if row[0] > after]

    def page(self, count: int) -> RunReport:
        """Returns the page with the next `count` rows."""
        full, start = self._full, self._start
        taken = [row for _, row in self.rows[:count]]
        specs = tuple(row for row in taken if isinstance(row, Spec))
        first_groups = () if start.after else full.groups[: start.first_groups]
        more = count < len(self.rows)
        return RunReport(
            run=full.run,
            totals=full.totals,
            groups=(*first_groups, *(row for row in taken if isinstance(row, Group))),
            specs=specs,
            last_run=self._last_run(tuple(row for row in taken if isinstance(row, str))),
            **odd_records(full.unreadable),
            trim=Trim(
                trimmed=more or len(specs) < len(full.specs),
                detail=start.detail,
                upstream_bytes=full.upstream_bytes,
                shown=len(specs),
                total=self._listed,
                reason=_reason(len(full.specs) - self._listed, self._why, more=more),
                next_cursor=self._cursor_behind(count) if more else "",
            ),
        )

    def _cursor_behind(self, count: int) -> str:
        start, key = self._start, self.rows[count - 1][0]
        shown = (key.phase, key.rank, key.minus_failed, key.nth)
        return encode_cursor(self._query, [start.detail, start.first_groups, *shown])

    def _last_run(self, tests: tuple[str, ...]) -> LastRun | msgspec.UnsetType:
        last_run = self._full.last_run
        return msgspec.UNSET if last_run is None else replace(last_run, failed_tests=tests)


def _whole_run(full: FullRun, budget: int) -> RunReport | None:
    """Returns everything in one answer, or None where that is over the budget."""
    if len(full.specs) * _SMALLEST_SPEC_BYTES > budget:
        return None
    pages = _RunPages(full, _Start("full", len(full.groups), []), ())
    page = pages.page(len(pages.rows))
    return page if encoded_size(page) <= budget else None


def _resumed(position: Position, detail: Detail) -> _Start:
    match position:
        case ["failures" | "full" as applied, int(first_groups), *after] if after:
            pass
        case _:
            raise bad_cursor()
    if detail not in ("auto", applied):
        raise InvalidArgument(
            f"The cursor belongs to detail={applied}.",
            next_step=f"Pass detail={applied} with it, or leave cursor out to start again.",
        )
    return _Start("full" if applied == "full" else "failures", max(0, first_groups), after)


def _key_behind(position: Position, specs: Sequence[Spec]) -> _Key:
    """Returns the key of the last record shown, from what a cursor says of it."""
    match position:
        case []:
            return _Key(phase=-1)
        case [0, int(rank), int(minus_failed), int(nth)] if 0 <= nth < len(specs):
            return _Key(0, rank, minus_failed, specs[nth].spec, nth)
        case [1 | 2 as phase, int(), int(), int(nth)]:
            return _Key(phase=int(phase), nth=nth)
        case _:
            raise bad_cursor()


def _key_of(nth: int, spec: Spec) -> _Key:
    rank = _RANK["failed"] if _fails_already(spec) else _RANK.get(spec.status, 3)
    return _Key(0, rank, -spec.failed if rank == _RANK["failed"] else 0, spec.spec, nth)


def _matters(spec: Spec, *, run_is_over: bool) -> bool:
    if spec.status in _RANK or _fails_already(spec):
        return True
    return run_is_over and spec.status in ("unclaimed", "unknown")


def _fails_already(spec: Spec) -> bool:
    return spec.status == "running" and spec.failed > 0


def _groups_within(budget: int, full: FullRun) -> int:
    used = 0
    for count, group in enumerate(full.groups):
        used += encoded_size(group)
        if used > budget:
            return count
    return len(full.groups)


def _reason(not_listed: int, why: str, *, more: bool) -> str:
    parts = []
    if not_listed:
        parts.append(
            f"{not_listed} specs that did not fail are not listed{why}; detail=full lists them"
        )
    if more:
        parts.append("next_cursor gives the rest")
    return "; ".join(parts)
