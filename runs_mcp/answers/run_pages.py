"""A run as pages within a budget. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from runs_mcp.answers.cursors import PageRequest, Position, Query, bad_cursor, encode_cursor
from runs_mcp.answers.encoding import encoded_size, fits
from runs_mcp.answers.fitting import longest_page
from runs_mcp.answers.reports import RunReport, odd_records
from runs_mcp.answers.trim import trim_of
from runs_mcp.errors import InvalidArgument
from runs_mcp.model import FullRun, Group, LastRun, Spec

Detail: TypeAlias = Literal["auto", "failures", "full"]
_RANK: Final = {"idle": 0, "failed": 1, "flaky": 2}
_SMALLEST_SPEC_BYTES: Final = 25
_FIRST_GROUPS_SHARE: Final = 4
"""The groups before the specs take at most this part of a page, a quarter."""


@dataclass(frozen=True)
class _Start:
    """Where a page begins.

    Args:
        detail: The detail that is applied.
        first_groups: How many groups come before the specs on the first page.
        after: The position of the last record shown; empty on the first page.
    """

    detail: Literal["failures", "full"]
    first_groups: int
    after: Position


class _Key(NamedTuple):
    """The place of a record in the order of all pages.

    Not a number: records are neither skipped nor repeated where others change in between.
    `nth` counts from 0 among the specs as sent, or among the groups or tests that follow.
    """

    phase: int = 0
    rank: int = 0
    minus_failed: int = 0
    path: str = ""
    nth: int = 0


_Place: TypeAlias = tuple[int, int, int, str, int]
"""The same as a plain tuple, which is made and compared faster: there are thousands."""


def run_page(
    full: FullRun, request: PageRequest, *, detail: Detail, trim_above_bytes: int
) -> RunReport:
    """Returns one page of a run.

    `auto` shows every spec where the payload is at most `trim_above_bytes` and all specs fit into
    one answer, otherwise the specs that matter. Specs come worst first: never reported, failed
    (most failures first), flaky, the rest; then by path. As many groups as fit into a quarter of
    the first page come before them, the others after them; last come the tests of `last_run`.

    Raises:
        InvalidArgument: The cursor is not one of this query, or of another detail.
    """
    why = ""
    if position := request.position():
        start = _start_at(position, detail)
    else:
        if detail == "auto":
            if full.upstream_bytes > trim_above_bytes:
                why = f" since the run is {full.upstream_bytes:,} bytes upstream"
            elif (whole := _whole_run(full, request.budget)) is not None:
                return whole
            else:
                why = " since all of them do not fit into one answer"
        first_groups = _groups_within(request.budget // _FIRST_GROUPS_SHARE, full)
        start = _Start("full" if detail == "full" else "failures", first_groups, [])
    pages = _RunPages(full, start, request.query, why)
    return longest_page(len(pages.rows), pages.page, request.budget)


class _RunPages:
    """The pages of a run from a start on."""

    def __init__(self, full: FullRun, start: _Start, query: Query, why: str = "") -> None:
        self._full, self._start, self._query, self._why = full, start, query, why
        is_over = full.run.is_over
        listed: list[tuple[_Place, Spec]] = [
            (_place_of(nth, spec), spec)
            for nth, spec in enumerate(full.specs)
            if start.detail == "full" or _matters(spec, run_is_over=is_over)
        ]
        listed.sort(key=itemgetter(0))
        self._listed = len(listed)
        rows: list[tuple[_Place, Spec | Group | str]] = [*listed]
        tail = enumerate(full.groups[start.first_groups :])
        rows += [(_Key(phase=1, nth=nth), group) for nth, group in tail]
        tests = full.last_run.failed_tests if full.last_run else ()
        rows += [(_Key(phase=2, nth=nth), test) for nth, test in enumerate(tests)]
        after = _key_of_last(start.after, full.specs)
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
            trim=trim_of(
                len(specs),
                self._listed,
                self._cursor_after(count) if more else "",
                trimmed=more or len(specs) < len(full.specs),
                upstream_bytes=full.upstream_bytes,
                detail=start.detail,
                reason=self._reason(),
            ),
        )

    def _cursor_after(self, count: int) -> str:
        start, key = self._start, _Key(*self.rows[count - 1][0])
        shown = (key.phase, key.rank, key.minus_failed, key.nth)
        return encode_cursor(self._query, [start.detail, start.first_groups, *shown])

    def _reason(self) -> str:
        """Returns why specs are on no page, if any are not."""
        not_listed = len(self._full.specs) - self._listed
        if not not_listed:
            return ""
        return f"{not_listed} specs that did not fail are not listed{self._why}; see detail=full"

    def _last_run(self, tests: tuple[str, ...]) -> LastRun | msgspec.UnsetType:
        last_run = self._full.last_run
        return msgspec.UNSET if last_run is None else replace(last_run, failed_tests=tests)


def _whole_run(full: FullRun, budget: int) -> RunReport | None:
    """Returns the whole run in one answer; None where it does not fit."""
    if len(full.specs) * _SMALLEST_SPEC_BYTES > budget:
        return None
    pages = _RunPages(full, _Start("full", len(full.groups), []), ())
    page = pages.page(len(pages.rows))
    return page if fits(page, budget) else None


def _start_at(position: Position, detail: Detail) -> _Start:
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


def _key_of_last(position: Position, specs: Sequence[Spec]) -> _Key:
    """Returns the key of the last record shown, from its position in a cursor."""
    match position:
        case []:
            return _Key(phase=-1)
        case [0, int(rank), int(minus_failed), int(nth)] if 0 <= nth < len(specs):
            return _Key(0, rank, minus_failed, specs[nth].spec, nth)
        case [1 | 2 as phase, int(), int(), int(nth)]:
            return _Key(phase=int(phase), nth=nth)
        case _:
            raise bad_cursor()


def _place_of(nth: int, spec: Spec) -> _Place:
    rank = _RANK["failed"] if _fails_already(spec) else _RANK.get(spec.status, 3)
    return 0, rank, -spec.failed if rank == _RANK["failed"] else 0, spec.spec, nth


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
