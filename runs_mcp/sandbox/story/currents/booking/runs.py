"""The runs of the booking site in two weeks."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec.structs import replace

from runs_mcp.sandbox.currents.records import Platform
from runs_mcp.sandbox.seeded import choice, hex_id
from runs_mcp.sandbox.story.currents import commits
from runs_mcp.sandbox.story.currents.booking import causes, long_history
from runs_mcp.sandbox.story.currents.booking.failures import (
    THREE_CAUSES,
    ending,
    failing,
    matrix_failures,
    with_seat_map_flake,
)
from runs_mcp.sandbox.story.currents.booking.odd_endings import (
    STOPPED_EARLY,
    UNUSUAL_ENDS,
    only_in_one_browser,
)
from runs_mcp.sandbox.story.currents.causes import Outcome
from runs_mcp.sandbox.story.currents.run_plan import (
    OLD_REPORTER,
    PLAYWRIGHT,
    Outcomes,
    RunPlan,
    all_pass,
)
from runs_mcp.sandbox.story.currents.spec_files import booking_specs, route_specs
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, PUSH_IN_PROGRESS


def _groups(*projects: str) -> dict[str, Platform]:
    """Returns a group for each Playwright project, whose name is in place of the browser's."""
    return {
        project: Platform(
            os_name="linux",
            os_version="Ubuntu - 24.04",
            browser_name=project,
            browser_version="",
        )
        for project in projects
    }


CHROMIUM_GROUP = _groups("chromium")
_BROWSERS = _groups("chromium", "firefox", "webkit")
MATRIX_GROUPS = _groups(
    *(f"{browser}-{screen}" for screen in ("desktop", "mobile") for browser in _BROWSERS)
)
_MATRIX_ROUTES = 610
_KNOWN_ON_MAIN = ({"timetable/print": [1]}, causes.PRINTED_WEEKDAY)


class BookingRuns:
    """Makes the plans; times count back from the end of the story."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._specs = booking_specs()

    def plans(self) -> Iterator[RunPlan]:
        """Yields all runs of the project."""
        yield from self._pushes_to_main()
        yield from self._nightly_runs()
        yield self._matrix()
        yield from self._fare_engine_branch()
        yield from self._other_branches()
        yield from self._split_bill_branch()
        yield from self._unfinished()
        yield from self._odd_endings()
        yield from self._long_history()

    def _pushes_to_main(self) -> Iterator[RunPlan]:
        known = failing(_KNOWN_ON_MAIN)
        odd = {
            7: failing(({"sailing/details": [1]}, causes.BROKEN_PAGE)),
            21: failing(({"freight/quote": [0, 2]}, causes.TEST_TIMEOUT)),
        }
        messages = {
            1: commits.LONG_MESSAGE,
            2: commits.INSTRUCTION_MESSAGE,
            4: commits.INVISIBLE_MESSAGE,
            5: commits.MARKUP_MESSAGE,
        }
        for at in range(40):
            age = timedelta(hours=3 + 8 * at, minutes=choice(f"push {at}", 50))
            outcomes = known if at < 3 else odd.get(at, all_pass)
            yield self._plan(
                f"main {at}", "main", age, outcomes, tags=("push",), message=messages.get(at)
            )

    def _nightly_runs(self) -> Iterator[RunPlan]:
        for night in range(1, 14):
            yield dataclasses.replace(
                self._plan(
                    f"nightly {night}",
                    "main",
                    timedelta(hours=10 + 24 * night),
                    tags=("nightly",),
                ),
                groups=_BROWSERS,
            )

    def _matrix(self) -> RunPlan:
        plan = self._plan(
            "matrix", "main", timedelta(hours=10), matrix_failures, tags=("nightly", "matrix")
        )
        return dataclasses.replace(
            plan,
            groups=MATRIX_GROUPS,
            specs=[*self._specs, *islice(route_specs(), _MATRIX_ROUTES)],
            machines=10,
            extra_screenshots=4,
            # The cross-browser job uses an old reporter, which makes its runs large.
            lists_screenshots=True,
            meta=replace(plan.meta, framework=OLD_REPORTER),
        )

    def _fare_engine_branch(self) -> Iterator[RunPlan]:
        branch, pr = "feat/fare-engine-v2", "412"
        api_down = failing(
            ({"search/calendar": [0, 3], "search/return": [0]}, causes.FARE_API_DOWN)
        )
        history: Sequence[tuple[str, float, Outcomes]] = (
            ("fares 3", 70, all_pass),
            ("fares 2", 44, api_down),
            ("fares 1", 20, all_pass),
            ("three causes", 1.5, THREE_CAUSES),
        )
        for key, hours, outcomes in history:
            yield self._plan(key, branch, timedelta(hours=hours), outcomes, pr=pr)

    def _other_branches(self) -> Iterator[RunPlan]:
        node = "chore/node-24"
        node_fails = failing(_KNOWN_ON_MAIN, ({"account/privacy": [0]}, causes.DOWNLOAD))
        yield self._plan("node 24 before", node, timedelta(hours=30), pr="409")
        yield self._plan("node 24", node, timedelta(hours=2), node_fails, pr="409")
        names = failing(({"passengers/names": [0, 1]}, causes.STRANGE_NAME))
        yield self._plan(
            "names",
            "fix/names-with-accents",
            timedelta(hours=26),
            names,
            message=commits.INVISIBLE_MESSAGE,
            pr="415",
        )
        yield self._plan("names after", "fix/names-with-accents", timedelta(hours=16), pr="415")
        yield self._plan("release", "release/2.31", timedelta(hours=60), tags=("release",))
        empty = self._plan("empty", "docs/contributing", timedelta(hours=33))
        yield dataclasses.replace(empty, specs=())
        never = self._plan("never ran", "refactor/fixtures", timedelta(hours=7))
        reason = (
            "SyntaxError: /home/runner/work/booking-site/booking-site/e2e/specs/help/faq.spec.ts:"
            " Unexpected token, expected \",\" (12:34)\n\n  11 |   test('finds an answer'\n"
        )
        yield dataclasses.replace(never, exceptions={"e2e/specs/help/faq.spec.ts": reason})

    def _split_bill_branch(self) -> Iterator[RunPlan]:
        branch, pr = "feat/split-bill", "401"
        yield self._plan("split bill", branch, timedelta(hours=50), pr=pr)
        interrupted = ending(({"sailing/weather": [0]}, Outcome("interrupted", causes.INTERRUPTED)))
        canceled = self._plan("canceled", branch, timedelta(hours=5), interrupted, pr=pr)
        yield dataclasses.replace(
            canceled, completion="CANCELED", completed=41, stopped_after=timedelta(minutes=6)
        )
        failing_now = failing(
            ({"search/one-way": [0, 2], "search/deep-link": [0]}, causes.BROKEN_PAGE)
        )
        failing_run = self._plan("failing", branch, timedelta(minutes=9), failing_now, pr=pr)
        yield dataclasses.replace(failing_run, completion="IN_PROGRESS", completed=36, running=4)

    def _odd_endings(self) -> Iterator[RunPlan]:
        sticky = self._plan(
            "sticky calendar",
            "feat/sticky-calendar",
            timedelta(hours=150),
            only_in_one_browser,
            pr="418",
        )
        yield dataclasses.replace(sticky, groups=_BROWSERS)
        yield self._plan(
            "halted", "feat/lounge-menu", timedelta(hours=148), STOPPED_EARLY, pr="420"
        )
        yield self._plan(
            "unusual ends",
            "test/expected-failures",
            timedelta(hours=146),
            UNUSUAL_ENDS,
            pr="421",
        )

    def _long_history(self) -> Iterator[RunPlan]:
        for number in range(long_history.RUNS):
            was_rerun = number == long_history.RERUN + 1
            run = self._plan(
                f"next {number}",
                long_history.BRANCH,
                long_history.age_of(number),
                long_history.outcomes_of(number),
                tags=("push",),
                commit=f"next {long_history.RERUN}" if was_rerun else "",
            )
            if number == long_history.CANCELED:
                run = dataclasses.replace(
                    run, completion="CANCELED", completed=2, stopped_after=timedelta(minutes=1)
                )
            yield run

    def _unfinished(self) -> Iterator[RunPlan]:
        timed_out = self._plan("timed out", "release/2.31", timedelta(hours=29), tags=("release",))
        yield dataclasses.replace(
            timed_out,
            completion="TIMEOUT",
            completed=len(self._specs) - 3,
            running=3,
            stopped_after=timedelta(hours=1),
        )
        in_progress = self._plan("in progress", "main", timedelta(minutes=6), tags=("push",))
        run, attempt = PUSH_IN_PROGRESS
        yield dataclasses.replace(
            in_progress,
            completion="IN_PROGRESS",
            completed=28,
            running=4,
            meta=replace(
                in_progress.meta, ci_build_id=f"skerry-lines/booking-site-{run}-{attempt}"
            ),
        )

    def _plan(
        self,
        key: str,
        branch: str,
        age: timedelta,
        outcomes: Outcomes = all_pass,
        *,
        tags: tuple[str, ...] = (),
        message: str | None = None,
        pr: str | None = None,
        commit: str = "",
    ) -> RunPlan:
        workflow_run = 15_400_000_000 + 37 * int((timedelta(days=15) - age).total_seconds() / 60)
        return RunPlan(
            run_id=hex_id(f"run {key}"),
            project_id=BOOKING_PROJECT,
            created_at=self._now - age,
            meta=commits.meta(
                commit or key,
                repository="booking-site",
                branch=branch,
                ci_build_id=f"skerry-lines/booking-site-{workflow_run}-1",
                framework=PLAYWRIGHT,
                message=message,
                pr=pr,
            ),
            groups=CHROMIUM_GROUP,
            specs=self._specs,
            tags=tags,
            outcomes=with_seat_map_flake(key, outcomes),
        )
