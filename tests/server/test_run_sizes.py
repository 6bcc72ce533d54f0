"""Runs of every size, read by a host over stdio from an API over HTTP."""

import json
from collections.abc import Sequence

import pytest
from hosts import pages_of, structured_of, text_of
from in_process import connect
from mcp_types import CallToolResult
from msgspec import UNSET

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.currents.records import Spec

BUDGET = 8000
SIZES = {
    "20 KB": 20_000,
    "0.3 MB": 300_000,
    "0.95 MB": 950_000,
    "1.2 MB": 1_200_000,
    "8 MB": 8_000_000,
    "40 MB": 40_000_000,
}
every_size = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())


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


@every_size
async def test_the_failures_are_exactly_the_specs_that_did_not_just_pass(
    sandbox: Sandbox, size: int
) -> None:
    sandbox.add_run_of_size("sized", size)
    specs = sandbox.specs_of("sized")
    bad = {spec.instance_id: key for spec in specs if (key := severity(spec)) is not None}

    async with connect(sandbox) as client:
        arguments: dict[str, object] = {"run_id": "sized", "detail": "failures"}
        pages = [page async for page in pages_of(client, "currents_get_run", arguments)]

    shown = listed(pages)
    assert len(shown) == len(set(shown))
    assert set(shown) == set(bad)
    assert [bad[instance] for instance in shown] == sorted(bad.values())
    assert named_in_text(pages) == shown
    for page in pages:
        assert max(sizes_of(page)) <= BUDGET
        assert structured_of(page)["trim"]["total"] == len(bad)


@every_size
async def test_one_call_without_a_detail_answers_within_the_budget_and_counts_exactly(
    sandbox: Sandbox, size: int
) -> None:
    sandbox.add_run_of_size("sized", size)
    specs = sandbox.specs_of("sized")

    async with connect(sandbox) as client:
        answer = await client.call_tool("currents_get_run", {"run_id": "sized"})

    content = structured_of(answer)
    assert max(sizes_of(answer)) <= BUDGET
    assert content["trim"]["upstream_bytes"] == pytest.approx(size, rel=0.02)
    stats = [spec.results.stats for spec in specs if spec.results is not UNSET]
    assert content["totals"]["tests"]["overall"] == sum(stat.tests for stat in stats)
    assert content["totals"]["tests"]["failed"] == sum(stat.failures for stat in stats)
    assert content["totals"]["tests"]["passed"] == sum(stat.passes for stat in stats)
    assert content["totals"]["specs"]["overall"] == len(specs)
    assert content["totals"]["specs"]["complete"] == len(stats)
    if size == SIZES["20 KB"]:
        assert content["trim"]["trimmed"] is False
        assert len(content["specs"]) == len(specs)
    else:
        assert content["trim"]["detail"] == "failures"
        assert len(content["specs"]) < len(specs)


@pytest.mark.parametrize("size", list(SIZES.values())[:-1], ids=list(SIZES)[:-1])
async def test_the_pages_of_full_are_all_specs_once(sandbox: Sandbox, size: int) -> None:
    sandbox.add_run_of_size("sized", size)

    async with connect(sandbox) as client:
        arguments: dict[str, object] = {"run_id": "sized", "detail": "full"}
        pages = [page async for page in pages_of(client, "currents_get_run", arguments)]

    shown = listed(pages)
    assert len(shown) == len(set(shown))
    assert set(shown) == {spec.instance_id for spec in sandbox.specs_of("sized")}
    assert named_in_text(pages) == shown
    assert max(max(sizes_of(page)) for page in pages) <= BUDGET


async def test_a_run_over_the_threshold_is_trimmed_even_where_all_of_it_would_fit(
    sandbox: Sandbox,
) -> None:
    sandbox.add_run_of_size("sized", 20_000)

    async with connect(sandbox, settings={"RUNS_MCP_TRIM_ABOVE_BYTES": "10000"}) as client:
        content = structured_of(await client.call_tool("currents_get_run", {"run_id": "sized"}))

    assert content["trim"]["trimmed"] is True
    assert content["trim"]["detail"] == "failures"
    assert "bytes upstream" in content["trim"]["reason"]
