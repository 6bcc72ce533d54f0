"""The runs of the port console in two weeks."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.sandbox.currents.records import Platform
from runs_mcp.sandbox.seeded import choice, hex_id
from runs_mcp.sandbox.story.currents import commits
from runs_mcp.sandbox.story.currents.causes import Outcome
from runs_mcp.sandbox.story.currents.console import causes
from runs_mcp.sandbox.story.currents.run_plan import CYPRESS, Outcomes, RunPlan, all_pass
from runs_mcp.sandbox.story.currents.spec_files import SpecFile, console_specs
from runs_mcp.sandbox.story.notable import CONSOLE_PROJECT, PUSH_IN_PROGRESS

_ELECTRON = Platform(
    os_name="linux", os_version="Debian - 12.8", browser_name="Electron", browser_version="138.0"
)
_BERTH_DRAG = "feat/berth-drag"
_BERTH_DRAG_OUTCOMES: Mapping[str, Mapping[int, Outcome]] = {
    f"cypress/e2e/{name}.cy.ts": {place: Outcome("failed", cause) for place in places}
    for cause, hits in (
        (
            causes.NO_BERTH_PLAN,
            {"berths/plan": [0, 1, 2], "berths/conflicts": [0, 1], "sailings/create": [0]},
        ),
        (
            causes.MANIFEST_API,
            {"manifests/upload": [0, 2], "manifests/search": [0, 1], "manifests/weights": [0]},
        ),
    )
    for name, places in hits.items()
} | {"cypress/e2e/staff/roster.cy.ts": {0: Outcome("flaky", causes.SLOW_ROSTER)}}


class ConsoleRuns:
    """Makes the plans; times count back from the end of the story."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._specs = console_specs()

    def plans(self) -> Iterator[RunPlan]:
        """Yields all runs of the project."""
        for at in range(22):
            age = timedelta(hours=5 + 15 * at, minutes=choice(f"console push {at}", 50))
            yield self._plan(f"console main {at}", "main", age, tags=("push",))
        yield from self._berth_drag_branch()
        yield from self._unusual()

    def _berth_drag_branch(self) -> Iterator[RunPlan]:
        yield self._plan("console before", _BERTH_DRAG, timedelta(hours=52), pr="88")
        canceled = self._plan("console canceled", _BERTH_DRAG, timedelta(hours=28), pr="88")
        yield dataclasses.replace(
            canceled,
            completion="CANCELED",
            completed=9,
            running=1,
            stopped_after=timedelta(minutes=2),
        )
        yield self._plan(
            "console failed", _BERTH_DRAG, timedelta(hours=4), _berth_drag_breaks, pr="88"
        )

    def _unusual(self) -> Iterator[RunPlan]:
        empty = self._plan("console empty", "docs/onboarding", timedelta(hours=40))
        yield dataclasses.replace(empty, specs=(), groups={})
        never = self._plan("console never ran", "feat/tariff-import", timedelta(hours=22))
        exceptions = {"cypress/e2e/tariffs/surcharges.cy.ts": causes.DOES_NOT_COMPILE}
        yield dataclasses.replace(never, exceptions=exceptions)
        run, attempt = PUSH_IN_PROGRESS
        in_progress = self._plan("console in progress", "main", timedelta(minutes=6))
        build = f"skerry-lines/port-console-{run}-{attempt}"
        yield dataclasses.replace(
            in_progress,
            completion="IN_PROGRESS",
            completed=11,
            running=2,
            meta=replace(in_progress.meta, ci_build_id=build),
        )
        oldest = self._plan("oldest shape", "main", timedelta(days=13, hours=22))
        yield dataclasses.replace(
            oldest, has_oldest_form=True, meta=replace(oldest.meta, framework=UNSET)
        )

    def _plan(
        self,
        key: str,
        branch: str,
        age: timedelta,
        outcomes: Outcomes = all_pass,
        *,
        tags: Sequence[str] = (),
        pr: str | None = None,
    ) -> RunPlan:
        workflow_run = 15_300_000_000 + 41 * int((timedelta(days=15) - age).total_seconds() / 60)
        return RunPlan(
            run_id=hex_id(f"run {key}"),
            project_id=CONSOLE_PROJECT,
            created_at=self._now - age,
            meta=commits.meta(
                key,
                repository="port-console",
                branch=branch,
                ci_build_id=f"skerry-lines/port-console-{workflow_run}-1",
                framework=CYPRESS,
                pr=pr,
            ),
            groups={"electron": _ELECTRON},
            specs=self._specs,
            tags=tuple(tags),
            outcomes=outcomes,
            machines=2,
            retries=1,
            lists_screenshots=True,
            cancels_as_open_api=True,
        )


def _berth_drag_breaks(_: str, spec: SpecFile) -> Mapping[int, Outcome]:
    return _BERTH_DRAG_OUTCOMES.get(spec.path, {})
