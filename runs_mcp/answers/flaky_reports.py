"""How often tests were flaky, as pages within a budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType, field

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.fitting import longest_page
from runs_mcp.answers.trim import Trim, trim_of
from runs_mcp.model import Id, Path, Record, Text, Texts, Timestamp, Title
from runs_mcp.text import clip
from runs_mcp.triage.flakiness import Flakiness

Source = Literal["statistics", "runs"]
_ERROR_CHARS: Final = 300


class LastFlaky(Record, frozen=True, kw_only=True):
    """When a test was flaky last."""

    run: Id = ""
    created_at: Timestamp = ""
    error: Text = ""


class FlakyTest(Record, frozen=True, kw_only=True):
    """A test that failed and then passed on a retry."""

    test: Title
    spec: Path = ""
    group: Annotated[Title, Meta(description="Browser, project or shard.")] = ""
    flaky: Annotated[int, Meta(description="Runs in which it was flaky.")] = 0
    failed: Annotated[int, Meta(description="Runs in which it failed on every try.")] = 0
    seen: Annotated[int, Meta(description="Runs in which it ran.")] = 0
    rate: Annotated[float, Meta(description="flaky / seen.")] = 0.0
    last: LastFlaky | UnsetType = UNSET

    @classmethod
    def of(cls, test: Flakiness) -> "FlakyTest":
        """Returns the row of a test."""
        last = test.last
        return cls(
            test=test.name.test,
            spec=test.name.spec,
            group=test.name.group,
            flaky=test.flaky,
            failed=test.failed,
            seen=test.seen,
            rate=test.rate,
            last=LastFlaky(
                run=last.run, created_at=last.created_at, error=clip(last.error, _ERROR_CHARS)
            )
            if last
            else UNSET,
        )


class FlakySearched(Record, frozen=True, kw_only=True):
    """Where the counts are from."""

    source: Annotated[
        Source,
        Meta(
            description="statistics: the provider's own, which count executions. runs: the runs "
            "themselves."
        ),
    ]
    project: Id
    branch: Text = ""
    from_: Annotated[Timestamp, Meta(description="From when on runs count.")] = field(
        default="", name="from"
    )
    to: Timestamp = ""
    remarks: Texts = ()


class FlakyReport(Record, frozen=True, kw_only=True):
    """The tests that were flaky, those most often so first."""

    tests: tuple[FlakyTest, ...]
    runs_read: Annotated[
        int | UnsetType, Meta(description="Runs that were read; not with statistics.")
    ] = UNSET
    searched: FlakySearched
    trim: Trim


@dataclass(frozen=True)
class FlakyAnswer:
    """The flaky tests of a project, and where they are from.

    Args:
        tests: All of them, those flaky most often first.
        runs_read: How many runs were read; None with statistics.
        searched: Where the counts are from.
        left_out: Why the counts are not of all runs that were asked for; empty if they are.
    """

    tests: Sequence[Flakiness]
    runs_read: int | None
    searched: FlakySearched
    left_out: str = ""

    def page(self, request: PageRequest, limit: int) -> FlakyReport:
        """Returns one page, of at most so many tests.

        Raises:
            InvalidArgument: The cursor is not one of this query.
        """
        total = len(self.tests)
        start = min(request.rows_before(), total)

        def make(count: int) -> FlakyReport:
            end = start + count
            cursor = request.cursor_after([end]) if end < total else ""
            return FlakyReport(
                tests=tuple(map(FlakyTest.of, self.tests[start:end])),
                runs_read=UNSET if self.runs_read is None else self.runs_read,
                searched=self.searched,
                trim=trim_of(
                    count,
                    total,
                    cursor,
                    trimmed=bool(cursor or self.left_out),
                    reason=self.left_out,
                ),
            )

        return longest_page(min(limit, total - start), make, request.budget)
