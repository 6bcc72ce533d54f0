"""In which runs a cause is, over random histories: runs that were not read, requests that end."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Final

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from runs_mcp.errors import UpstreamError
from runs_mcp.model import ErrorText, FailedTest, Failure, Run
from runs_mcp.providers.cause_history import AskedCause, CauseHistory
from runs_mcp.providers.past_runs import PastRun, SpecFailures, SpecKey, SpecStates
from runs_mcp.providers.request_allowance import Allowance
from runs_mcp.triage.fingerprint.causes import Cause, causes_of
from runs_mcp.triage.history import NO_RUN, Trace

SPECS: Final = ("a.spec.ts", "b.spec.ts", "c.spec.ts")
SPOKEN: Final = ("the harbour is closed", "no such berth")
"""The messages of two causes."""
OUTCOMES: Final = (
    "passed",
    SPOKEN[0],
    SPOKEN[1],
    "idle",
    "missing",
    "not loaded",
    "read in part",
)
runs_of_specs = st.one_of(
    st.none(), st.fixed_dictionaries({spec: st.sampled_from(OUTCOMES) for spec in SPECS})
)
"""How each spec of a run went; None for a run that cannot be read."""
histories = st.lists(runs_of_specs, max_size=12)


def failed(spec: str, message: str) -> FailedTest:
    return FailedTest(
        Failure(test=f"{spec} works", spec=spec, status="failed"),
        ErrorText(message=message, spec=spec, test=f"{spec} works"),
        "chromium",
    )


def cause_of(message: str, *specs: str) -> AskedCause:
    tests = tuple(failed(spec, message) for spec in specs)
    (cause,) = {cause.fingerprint: cause for cause in causes_of([t.text for t in tests])}.values()
    return AskedCause(cause, tests)


class FakeRun:
    """A run in memory, which counts what is read of it."""

    def __init__(self, number: int, outcomes: Mapping[str, str] | None) -> None:
        self.run = Run(provider="currents", id=f"run{number}")
        self.reference = f"currents:run{number}"
        self.outcomes = outcomes
        self.read: list[str] = []

    async def states(self, specs: Collection[SpecKey]) -> SpecStates:
        self.read.append("run")
        await anyio.lowlevel.checkpoint()
        if self.outcomes is None:
            raise UpstreamError("It could not be read.", status=500)
        ended = {key: self.outcomes[key.spec] for key in specs}
        return SpecStates(
            frozenset(key for key, how in ended.items() if how not in ("idle", "missing")),
            frozenset(
                key for key, how in ended.items() if how not in ("idle", "missing", "passed")
            ),
        )

    async def flaky_specs(self) -> frozenset[SpecKey]:
        raise AssertionError("A history of causes asks for no flaky tests.")

    async def failures_of(self, spec: SpecKey) -> SpecFailures:
        self.read.append(spec.spec)
        await anyio.lowlevel.checkpoint()
        assert self.outcomes is not None
        how = self.outcomes[spec.spec]
        if how == "not loaded":
            raise UpstreamError("It could not be read.", status=500)
        tests = (failed(spec.spec, how),) if how in SPOKEN else ()
        return SpecFailures(tests, is_complete=how != "read in part")


async def work(make: Callable[[], list[Cause]]) -> list[Cause]:
    return make()


async def no_progress(done: int, total: int) -> None:
    assert done <= total


def traced(
    runs: list[FakeRun],
    *causes: AskedCause,
    requests: int = 10_000,
    starts: Mapping[str, Trace] | None = None,
) -> list[Trace]:
    past: list[PastRun] = list(runs)
    allowance = Allowance(requests, lambda: sum(len(run.read) for run in runs))

    async def read() -> list[Trace]:
        history = CauseHistory(past, causes, allowance, work, no_progress)
        return [
            await history.trace(cause, (starts or {}).get(cause.cause.cause, Trace()))
            for cause in causes
        ]

    return anyio.run(read)


@given(histories, st.sampled_from([SPECS[:1], SPECS[:2], SPECS]))
@settings(max_examples=300, deadline=None)
def test_each_fact_of_a_history_is_one_of_the_runs(
    history: list[dict[str, str] | None], specs: tuple[str, ...]
) -> None:
    runs = [FakeRun(number, outcomes) for number, outcomes in enumerate(history, 1)]
    (trace,) = traced(runs, cause_of(SPOKEN[0], *specs))
    assert trace.runs == len(runs)
    old = [spec for spec in specs if any(h and h[spec] not in ("idle", "missing") for h in history)]

    def has_it(place: int) -> bool:
        outcomes = history[place - 1]
        return outcomes is not None and SPOKEN[0] in [outcomes[spec] for spec in specs]

    def is_known_to_lack_it(place: int) -> bool:
        outcomes = history[place - 1]
        ended = ("passed", SPOKEN[1])
        return outcomes is not None and bool(old) and all(outcomes[s] in ended for s in old)

    until = trace.last_good if trace.last_good != NO_RUN else len(runs) + 1
    assert not any(is_known_to_lack_it(place) for place in range(1, until))
    assert trace.since == max((n for n in range(1, until) if has_it(n)), default=0)
    if trace.last_good != NO_RUN:
        assert is_known_to_lack_it(trace.last_good)
    assert trace.seen == sum(map(has_it, range(1, len(runs) + 1)))
    assert trace.read <= sum(outcomes is not None for outcomes in history)


@given(histories)
@settings(max_examples=150, deadline=None)
def test_a_run_and_a_spec_are_read_once_and_specs_that_passed_are_not(
    history: list[dict[str, str] | None],
) -> None:
    runs = [FakeRun(number, outcomes) for number, outcomes in enumerate(history, 1)]
    traced(runs, cause_of(SPOKEN[0], *SPECS), cause_of(SPOKEN[1], *SPECS))
    for run in runs:
        assert len(run.read) == len(set(run.read))
        assert run.outcomes is None or not any(
            run.outcomes[spec] in ("passed", "idle", "missing") for spec in run.read[1:]
        )


@given(histories, st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_where_requests_end_the_trace_stops_and_goes_on_later_as_if_it_had_not(
    history: list[dict[str, str] | None], requests: int
) -> None:
    cause = cause_of(SPOKEN[0], SPECS[0])
    runs = [FakeRun(number, outcomes) for number, outcomes in enumerate(history, 1)]
    (part,) = traced(runs, cause, requests=requests)
    assert sum(len(run.read) for run in runs) <= requests
    assert part.runs <= len(runs)
    again = [FakeRun(number, outcomes) for number, outcomes in enumerate(history, 1)]
    (whole,) = traced(again, cause, starts={cause.cause.cause: part})
    fresh = [FakeRun(number, outcomes) for number, outcomes in enumerate(history, 1)]
    assert [whole] == traced(fresh, cause)
    assert not any(run.read for run in again[: part.runs])


def test_one_request_for_each_run_and_each_spec_is_enough_to_come_further() -> None:
    """However many specs a cause is in, a call that may read one run's looks at that run."""
    busy = dict.fromkeys(SPECS, SPOKEN[1])
    runs = [FakeRun(number, busy) for number in range(1, 11)]
    (trace,) = traced(runs, cause_of(SPOKEN[0], *SPECS), requests=len(runs) + len(SPECS))
    assert trace.runs == 1
    assert trace.last_good == 1


def test_a_spec_that_no_earlier_run_has_does_not_keep_one_from_being_good() -> None:
    without_c = {"a.spec.ts": "passed", "b.spec.ts": "passed", "c.spec.ts": "missing"}
    runs = [FakeRun(1, without_c)]
    assert traced(runs, cause_of(SPOKEN[0], *SPECS))[0].pattern == "new"
    # It does if one has: then the others left it out.
    runs = [FakeRun(1, without_c), FakeRun(2, dict.fromkeys(SPECS, "passed"))]
    (trace,) = traced(runs, cause_of(SPOKEN[0], *SPECS))
    assert (trace.not_run, trace.last_good) == (1, 2)


def test_the_cause_of_one_test_counts_in_that_test_alone() -> None:
    asked = replace(cause_of(SPOKEN[0], "a.spec.ts"), of_tests_alone=True)
    other = replace(
        asked,
        tests=tuple(
            test._replace(failure=Failure(test="another", spec="a.spec.ts", status="failed"))
            for test in asked.tests
        ),
    )
    for cause, seen in ((asked, 1), (other, 0)):
        (trace,) = traced([FakeRun(1, dict.fromkeys(SPECS, SPOKEN[0]))], cause)
        assert trace.seen == seen
