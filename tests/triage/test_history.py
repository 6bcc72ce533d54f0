"""The trace of a cause through the runs before a run."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.triage.history import NO_RUN, Pattern, Sighting, Trace

SIGHTINGS: Final[list[Sighting]] = ["present", "absent", "not_run", "unread"]
LETTERS: Final[dict[str, Sighting]] = dict(zip("+-.?", SIGHTINGS, strict=True))
histories = st.lists(st.sampled_from(SIGHTINGS), max_size=30)


def traced(sightings: list[Sighting], start: Trace | None = None) -> Trace:
    trace = start or Trace()
    for sighting in sightings:
        trace = trace.then(sighting)
    return trace


@pytest.mark.parametrize(
    ("runs", "since", "last_good", "pattern"),
    [
        ("", 0, NO_RUN, "unknown"),
        ("-", 0, 1, "new"),
        ("---", 0, 1, "new"),
        ("++-", 2, 3, "since"),
        ("+-+", 1, 2, "intermittent"),
        ("-+-", 0, 1, "intermittent"),
        ("+++", 3, NO_RUN, "always"),
        ("...", 0, NO_RUN, "unknown"),
        # A run that did not run the specs breaks nothing.
        (".+.-", 2, 4, "since"),
        (".-", 0, 2, "new"),
        ("+.", 1, NO_RUN, "always"),
        # One that could not be read may be where it began, or where it was gone.
        ("?-", 0, 2, "unknown"),
        ("+?-", 1, 3, "unknown"),
        ("+?+-", 3, 4, "unknown"),
        ("++?", 2, NO_RUN, "unknown"),
        ("+-?", 1, 2, "since"),
        ("?-+", 0, 2, "intermittent"),
    ],
)
def test_the_runs_from_the_newest_on_give(
    runs: str, since: int, last_good: int, pattern: Pattern
) -> None:
    trace = traced([LETTERS[run] for run in runs])
    assert (trace.since, trace.last_good, trace.pattern) == (since, last_good, pattern)


@given(histories)
def test_every_run_since_then_has_it_or_tells_nothing_and_the_last_good_one_ran_without_it(
    sightings: list[Sighting],
) -> None:
    trace = traced(sightings)
    until = trace.last_good if trace.last_good != NO_RUN else len(sightings) + 1
    assert "absent" not in sightings[: until - 1]
    assert "present" not in sightings[trace.since : until - 1]
    if trace.since:
        assert sightings[trace.since - 1] == "present"
    if trace.last_good != NO_RUN:
        assert sightings[trace.last_good - 1] == "absent"


@given(histories)
def test_the_counts_are_those_of_the_runs(sightings: list[Sighting]) -> None:
    trace = traced(sightings)
    assert trace.runs == len(sightings)
    assert trace.seen == sightings.count("present")
    assert trace.not_run == sightings.count("not_run")
    assert trace.unread == sightings.count("unread")
    assert trace.read == len(sightings) - sightings.count("unread")


@given(histories, st.integers(0, 30))
def test_a_trace_that_goes_on_later_ends_as_one_that_was_made_at_once(
    sightings: list[Sighting], stop: int
) -> None:
    assert traced(sightings[stop:], traced(sightings[:stop])) == traced(sightings)


@given(histories)
def test_reading_what_could_not_be_read_never_contradicts_what_was_said(
    sightings: list[Sighting],
) -> None:
    """Whatever the unread runs turn out to be, a pattern other than unknown about now holds."""
    said = traced(sightings)
    for truth in ("present", "absent", "not_run"):
        known = traced([truth if one == "unread" else one for one in sightings])
        if said.pattern in ("new", "since"):
            assert (known.since, known.last_good) == (said.since, said.last_good)
        if said.pattern == "intermittent":
            assert known.pattern == "intermittent"
        if said.pattern == "always":
            assert known.pattern == "always"
