"""Instances with all kinds of texts, and their pages."""

import random
from functools import cache
from typing import NamedTuple, get_args

from answers.made_runs import BUDGETS, QUERY, some_id, some_text

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.instance_pages import instance_page
from runs_mcp.answers.reports import InstanceReport
from runs_mcp.model import (
    Artifacts,
    Asset,
    AssetKind,
    Error,
    Failure,
    FailureStatus,
    FullInstance,
    Instance,
    TestResult,
    TestStatus,
    TestTotals,
)


def an_instance(
    seed: int, failures: int, passed: int = 0, assets: int = 0, *, url_chars: int = 500
) -> FullInstance:
    rng = random.Random(seed)
    return FullInstance(
        instance=Instance(
            instance_id=some_id(rng, 0),
            run_id=some_id(rng, 0),
            spec=some_text(rng, 300),
            group=some_text(rng, 300),
            machine_id=some_id(rng, 0),
            platform=some_text(rng, 128),
            framework=some_text(rng, 128),
            duration_ms=rng.randrange(10**6),
        ),
        totals=TestTotals(overall=failures + passed),
        exception=some_text(rng, 1500),
        artifacts=Artifacts(screenshots=assets),
        tests=(
            *(a_failed_test(a_failure(rng, number)) for number in range(failures)),
            *(a_passed_test(rng, number) for number in range(passed)),
        ),
        assets=tuple(
            Asset(
                kind=rng.choice(get_args(AssetKind)),
                url="https://a.example/?"[:url_chars] + "s" * (url_chars - 19),
                test=some_text(rng, 300),
                attempt=number + 1,
                name=some_text(rng, 128),
                expires_at="2026-08-31T08:00:00.000Z",
            )
            for number in range(assets)
        ),
        upstream_bytes=rng.randrange(10**9),
    )


def a_passed_test(rng: random.Random, number: int) -> TestResult:
    return TestResult(
        test_id="", title=some_text(rng, 400), status="passed", duration_ms=number + 1
    )


def a_failed_test(failure: Failure) -> TestResult:
    status: TestStatus = "flaky" if failure.status == "flaky" else "failed"
    return TestResult(test_id="", title=failure.test, status=status, failure=failure)


def a_failure(rng: random.Random, number: int) -> Failure:
    return Failure(
        test=some_text(rng, 300),
        status=rng.choice(get_args(FailureStatus)),
        spec=some_text(rng, 300),
        location=some_text(rng, 300),
        error=Error(
            name=some_text(rng, 128),
            message=some_text(rng, 1500),
            frame=some_text(rng, 300),
            code_frame="\n".join([some_text(rng, 100)] * 8)[:800],
            stack="\n".join([some_text(rng, 100)] * 8)[:800],
        ),
        attempts=number + 1,
        instance_id=some_id(rng, 0),
        artifacts=Artifacts(screenshots=1),
        url="https://app.currents.dev/instance/" + some_id(rng, 0),
    )


def instance_page_at(full: FullInstance, cursor: str = "", budget: int = 8000) -> InstanceReport:
    return instance_page(
        full,
        PageRequest(QUERY, cursor, budget),
        include_passed=True,
        include_assets=True,
    )


def instance_pages_of(full: FullInstance, budget: int) -> list[InstanceReport]:
    rows = len(full.failures) + len(full.passed) + len(full.assets)
    pages = [instance_page_at(full, budget=budget)]
    while cursor := pages[-1].trim.next_cursor:
        assert len(pages) <= rows, "there are more pages than records"
        pages.append(instance_page_at(full, cursor, budget))
    return pages


class PagedInstance(NamedTuple):
    """An instance, and all its pages."""

    full: FullInstance
    budget: int
    pages: list[InstanceReport]


@cache
def paged_instances() -> tuple[PagedInstance, ...]:
    """Returns instances of all sizes with their pages, of small and large budgets."""
    rng = random.Random(20_261_126)
    instances = []
    for number, budget in enumerate(BUDGETS * 2):
        full = an_instance(
            number,
            failures=rng.choice([0, 1, 5, 12]),
            passed=rng.choice([0, 1, 40]),
            assets=rng.choice([0, 1, 12]),
        )
        instances.append(PagedInstance(full, budget, instance_pages_of(full, budget)))
    return tuple(instances)
