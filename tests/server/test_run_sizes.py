"""Runs of every size, read by a host from an API over HTTP."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

import pytest
from hosts import structured_of, text_of
from in_process import configured
from mcp_types import CallToolResult
from msgspec import UNSET
from run_of_size import add_run_of_size
from shared_client import SharedClient, shared_client
from story_time import STORY_END

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.currents.records import Spec

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.

BUDGET: Final = 8000
SIZES: Final = {
    "20 KB": 20_000,
    "0.3 MB": 300_000,
    "0.95 MB": 950_000,
    "1.2 MB": 1_200_000,
    "4 MB": 4_000_000,
    "20 MB": 20_000_000,
}


def of_sizes(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("size", names)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=STORY_END) as running:
        yield running


@pytest.fixture(scope="module")
def host(sandbox: Sandbox) -> Iterator[SharedClient]:
    with shared_client(configured(sandbox.variables)) as connected:
        yield connected


@pytest.fixture(scope="module")
def made() -> set[str]:
    return set()


@pytest.fixture
def run(sandbox: Sandbox, size: str, made: set[str]) -> str:
    """The ID of a run of this size, which is made once for all tests."""
    run_id = f"of-{SIZES[size]}"
    if run_id not in made:
        add_run_of_size(sandbox, run_id, SIZES[size])
        made.add(run_id)
    return run_id


def sizes_of(page: CallToolResult) -> tuple[int, int]:
    compact = json.dumps(page.structured_content, ensure_ascii=False, separators=(",", ":"))
    return len(text_of(page).encode()), len(compact.encode())


def listed(pages: Sequence[CallToolResult]) -> list[str]:
    return [spec["instance_id"] for page in pages for spec in structured_of(page)["specs"]]


def named_in_text(pages: Sequence[CallToolResult]) -> list[str]:
    words = [
        word
        for page in pages
        for line in text_of(page).splitlines()
        if line.startswith("spec ")
        for word in line.split()
    ]
    return [word.removeprefix("instance_id=") for word in words if "instance_id=" in word]


def severity(spec: Spec) -> tuple[int, int, str] | None:
    """What the API says of a spec of a completed run: how bad it is, None where it is not."""
    if spec.completed_at is None:
        return (0, 0, spec.spec) if spec.claimed_at is not None else (3, 0, spec.spec)
    if spec.results is UNSET:
        return (3, 0, spec.spec)
    if spec.results.stats.failures:
        return (1, -spec.results.stats.failures, spec.spec)
    return (2, 0, spec.spec) if spec.results.flaky else None


@of_sizes("20 KB", "0.3 MB", "0.95 MB", "1.2 MB", "4 MB")
def test_the_failures_are_exactly_the_specs_that_did_not_just_pass(
    sandbox: Sandbox, host: SharedClient, run: str
) -> None:
    specs = sandbox.currents.specs_of(run)
    bad = {spec.instance_id: key for spec in specs if (key := severity(spec)) is not None}

    pages = host.pages("currents_get_run", run_id=run, detail="failures")

    shown = listed(pages)
    assert len(shown) == len(set(shown))
    assert set(shown) == set(bad)
    assert [bad[instance] for instance in shown] == sorted(bad.values())
    assert named_in_text(pages) == shown
    for page in pages:
        assert max(sizes_of(page)) <= BUDGET
        assert structured_of(page)["trim"]["total"] == len(bad)


@of_sizes(*SIZES)
def test_one_call_without_a_detail_answers_within_the_budget_and_counts_exactly(
    sandbox: Sandbox, host: SharedClient, run: str, size: str
) -> None:
    specs = sandbox.currents.specs_of(run)

    answer = host.call("currents_get_run", {"run_id": run})

    content = structured_of(answer)
    assert max(sizes_of(answer)) <= BUDGET
    assert content["trim"]["upstream_bytes"] == pytest.approx(SIZES[size], rel=0.02)
    stats = [spec.results.stats for spec in specs if spec.results is not UNSET]
    assert content["totals"]["tests"]["overall"] == sum(stat.tests for stat in stats)
    assert content["totals"]["tests"]["failed"] == sum(stat.failures for stat in stats)
    assert content["totals"]["tests"]["passed"] == sum(stat.passes for stat in stats)
    assert content["totals"]["specs"]["overall"] == len(specs)
    assert content["totals"]["specs"]["complete"] == len(stats)
    if size == "20 KB":
        assert content["trim"]["trimmed"] is False
        assert len(content["specs"]) == len(specs)
    else:
        assert content["trim"]["detail"] == "failures"
        assert len(content["specs"]) < len(specs)


@of_sizes("20 KB", "0.3 MB", "0.95 MB", "1.2 MB")
def test_the_pages_of_full_are_all_specs_once(
    sandbox: Sandbox, host: SharedClient, run: str
) -> None:
    pages = host.pages("currents_get_run", run_id=run, detail="full")

    shown = listed(pages)
    assert len(shown) == len(set(shown))
    assert set(shown) == {spec.instance_id for spec in sandbox.currents.specs_of(run)}
    assert named_in_text(pages) == shown
    assert max(max(sizes_of(page)) for page in pages) <= BUDGET


@of_sizes("20 KB")
def test_a_run_over_the_threshold_is_trimmed_even_where_all_of_it_would_fit(
    sandbox: Sandbox, run: str
) -> None:
    threshold = configured(sandbox.variables, {"trim_above_bytes": "10000"})
    with shared_client(threshold) as host:
        content = host.answer("currents_get_run", run_id=run)

    assert content["trim"]["trimmed"] is True
    assert content["trim"]["detail"] == "failures"
    assert "bytes upstream" in content["trim"]["reason"]
