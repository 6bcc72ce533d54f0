import pytest
from answers.encoded_bytes import encoded_sizes
from answers.made_runs import a_run, page_at, pages_of
from msgspec.structs import replace

from runs_mcp.answers.run_pages import Detail
from runs_mcp.model import FullRun, Group, Run, Spec


def test_idle_specs_come_first_then_most_failures_then_flaky_then_the_rest_by_path() -> None:
    full = replace(
        a_run(1, 0),
        run=Run(provider="currents", id="r", completion="timeout"),
        specs=(
            Spec(spec="z-unknown", status="unknown"),
            Spec(spec="p-passed", status="passed"),
            Spec(spec="b-flaky", status="flaky", flaky=9),
            Spec(spec="a-flaky", status="flaky", flaky=1),
            Spec(spec="c-failed", status="failed", failed=2),
            Spec(spec="b-failed", status="failed", failed=2),
            Spec(spec="d-failed", status="failed", failed=11),
            Spec(spec="a-unclaimed", status="unclaimed"),
            Spec(spec="y-idle", status="idle"),
            Spec(spec="x-idle", status="idle"),
        ),
    )
    worst = ["x-idle", "y-idle", "d-failed", "b-failed", "c-failed", "a-flaky", "b-flaky"]
    failures = [spec.spec for spec in page_at(full, detail="failures").specs]
    assert failures == [*worst, "a-unclaimed", "z-unknown"]
    everything = [spec.spec for spec in page_at(full, detail="full").specs]
    assert everything == [*worst, "a-unclaimed", "p-passed", "z-unknown"]


@pytest.mark.parametrize("completion", ["in_progress", ""])
def test_specs_that_have_not_run_are_no_failures_before_the_run_is_over(completion: str) -> None:
    full = replace(
        a_run(1, 0),
        run=Run(provider="currents", id="r", completion=completion),
        specs=(
            Spec(spec="a", status="unclaimed"),
            Spec(spec="b", status="unknown"),
            Spec(spec="c", status="running"),
            Spec(spec="d", status="failed", failed=1),
        ),
    )
    page = page_at(full, detail="failures")
    assert [spec.spec for spec in page.specs] == ["d"]
    assert (page.trim.shown, page.trim.total, page.trim.trimmed) == (1, 1, True)


def test_long_paths_that_begin_the_same_come_in_the_order_of_their_ends() -> None:
    paths = ["x" * 250 + end for end in ("c", "a", "b", "a")]
    full = replace(
        a_run(1, 0),
        specs=tuple(
            Spec(spec=path, status="idle", instance_id=f"{n}") for n, path in enumerate(paths)
        ),
    )
    assert [spec.instance_id for spec in page_at(full).specs] == ["1", "3", "2", "0"]


def test_a_spec_that_changes_between_pages_neither_hides_nor_repeats_others() -> None:
    def run_with(done: set[int]) -> FullRun:
        return replace(
            a_run(1, 0),
            run=Run(provider="currents", id="r", completion="in_progress"),
            specs=tuple(
                Spec(spec=f"tests/{n:03}.spec.ts", status="failed", failed=1, instance_id=f"{n}")
                if n not in done
                else Spec(spec=f"tests/{n:03}.spec.ts", status="passed", instance_id=f"{n}")
                for n in range(100)
            ),
        )

    first = page_at(run_with(set()), budget=2000)
    shown = {int(spec.instance_id) for spec in first.specs}
    again = {0, 1, 2}
    assert again < shown
    second = page_at(run_with(again), cursor=first.trim.next_cursor, budget=40_000)
    assert {int(spec.instance_id) for spec in second.specs} == set(range(100)) - shown


@pytest.mark.parametrize("detail", ["auto", "failures", "full"])
def test_groups_take_a_quarter_of_the_first_page_at_most_and_the_rest_comes_last(
    detail: Detail,
) -> None:
    full = replace(
        a_run(1, 0),
        run=Run(provider="currents", id="r"),
        groups=tuple(Group(group=f"{n:03} " + "g" * 100) for n in range(200)),
        specs=tuple(Spec(spec=f"{n:03}", status="failed", failed=1) for n in range(200)),
    )
    first, *rest = pages_of(full, detail, 8000)
    assert first.groups == full.groups[: len(first.groups)]
    assert 1500 < sum(max(encoded_sizes(group)) for group in first.groups) <= 2000
    assert len(first.specs) > 80
    later = [page for page in rest if page.groups]
    assert [len(page.specs) for page in later[1:]] == [0] * (len(later) - 1)
