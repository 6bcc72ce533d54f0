"""Currents runs whose «get run» body has a given size: a believable mix, mostly passed."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from itertools import chain, islice

import msgspec
from msgspec.structs import replace

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.assets import signed_size
from runs_mcp.sandbox.currents.answers import One
from runs_mcp.sandbox.seeded import choice
from runs_mcp.sandbox.story.currents import commits
from runs_mcp.sandbox.story.currents.booking import causes
from runs_mcp.sandbox.story.currents.booking.runs import CHROMIUM_GROUP, MATRIX_GROUPS
from runs_mcp.sandbox.story.currents.causes import Outcome
from runs_mcp.sandbox.story.currents.run_plan import OLD_REPORTER, RunPlan
from runs_mcp.sandbox.story.currents.spec_files import SpecFile, booking_specs, route_specs
from runs_mcp.sandbox.story.currents.story_run import StoryRun
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT

MIN_BYTES, MAX_BYTES = 20_000, 42_000_000
_ONE_GROUP_BELOW = 3_000_000
_SAMPLES = 150, 450
"""Numbers of spec files from which the size of more is extrapolated."""
_AGE = timedelta(minutes=25)
_FAILED, _FLAKY = "e2e/specs/search/return.spec.ts", "e2e/specs/search/ports.spec.ts"
"""Two files that even the smallest run has."""
_FAILURES = (causes.DOWNLOAD, causes.RENAMED_BUTTON, causes.TEST_TIMEOUT)


def add_run_of_size(
    sandbox: Sandbox,
    run_id: str,
    target_bytes: int,
    *,
    project_id: str = BOOKING_PROJECT,
    branch: str = "main",
) -> None:
    """Adds a complete, failed run whose «get run» body has this many bytes (decoded).

    It is the newest completed run there is; its body is made when asked for.
    """
    if not MIN_BYTES <= target_bytes <= MAX_BYTES:
        raise ValueError(f"a run has {MIN_BYTES} to {MAX_BYTES} bytes")
    plan = RunPlan(
        run_id=run_id,
        project_id=project_id,
        created_at=sandbox.now - _AGE,
        meta=commits.meta(
            run_id,
            repository="booking-site",
            branch=branch,
            ci_build_id=f"skerry-lines/booking-site-{run_id}",
            framework=OLD_REPORTER,
        ),
        groups=CHROMIUM_GROUP if target_bytes < _ONE_GROUP_BELOW else MATRIX_GROUPS,
        specs=(),
        outcomes=_sometimes,
        extra_screenshots=3,
        lists_screenshots=True,
    )
    sandbox.currents.store.add_run(StoryRun(_sized(plan, target_bytes)))


def _sized(plan: RunPlan, target: int) -> RunPlan:
    few, many = (_size(_of_files(plan, count)) for count in _SAMPLES)
    bytes_per_file = (many - few) / (_SAMPLES[1] - _SAMPLES[0])
    count = max(2, _SAMPLES[0] + round((target - few) / bytes_per_file))
    if count > _SAMPLES[0]:
        return _of_files(plan, count)
    # In a small run every file counts, so it is measured: files as far as they fit, then pictures.
    while _size(_of_files(plan, count)) > target:
        count -= 1
    while _size(_of_files(plan, count + 1)) <= target:
        count += 1
    fitting = _of_files(plan, count)
    varied = [dataclasses.replace(fitting, last_screenshots=more) for more in range(6)]
    return min(varied, key=lambda candidate: abs(_size(candidate) - target))


def _of_files(plan: RunPlan, count: int) -> RunPlan:
    specs = list(islice(chain(booking_specs(), route_specs()), count))
    # As many machines as it takes to be through within some 15 minutes.
    return dataclasses.replace(plan, specs=specs, machines=4 + count // 70)


def _size(plan: RunPlan) -> int:
    source = StoryRun(plan)
    whole = replace(source.run, specs=tuple(source.specs()))
    return signed_size(msgspec.json.encode(One(data=whole)))


def _sometimes(group_id: str, spec: SpecFile) -> Mapping[int, Outcome]:
    """Two of a hundred spec files fail, and three more are flaky."""
    luck = choice(f"{group_id} {spec.path}", 100)
    cause = _FAILURES[luck % len(_FAILURES)]
    if spec.path == _FAILED or luck < 2:
        return {0: Outcome("failed", cause)}
    if spec.path == _FLAKY or luck < 5:
        return {0: Outcome("flaky", cause)}
    return {}
