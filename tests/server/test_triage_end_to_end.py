"""Why a run failed, what changed, and waiting: as a host asks, over stdio, of both providers."""

import json
from typing import Any, Final

import anyio
import pytest
from hosts import ERAS, Era, pages_of, structured_of, text_of
from in_process import connect
from mcp import Client
from mcp_types import CallToolResult
from msgspec import UNSET
from story_api import api_of, failed_tests

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, Fault, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import NotableRun

BUDGET: Final = 8000
BRANCH: Final = f"currents:{NotableRun.THREE_CAUSES.value}"
FLAKE: Final = "Seat map › keeps the chosen seats after a reload"


def buildkite(run: NotableBuildkiteRun) -> str:
    return f"buildkite:{BUILDKITE_ORGANIZATION}/{BUILDKITE_SUITE}/{run.value}"


def fits(result: CallToolResult) -> bool:
    compact = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return max(len(text_of(result).encode()), len(compact.encode())) <= BUDGET


async def triaged(client: Client, run: str, **more: str) -> list[dict[str, Any]]:
    """Returns the pages of a triage, each of which fits."""
    pages = [page async for page in pages_of(client, "triage_run", {"run": run, **more})]
    assert all(fits(page) for page in pages)
    return [structured_of(page) for page in pages]


def members_of(pages: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Returns the tests of each group over all pages."""
    members: dict[str, list[tuple[str, str]]] = {}
    for page in pages:
        for group in page["groups"]:
            named = members.setdefault(group["fingerprint"], [])
            told = [group["example"]] if "example" in group else []
            named += [(test["spec"], test["test"]) for test in [*told, *group.get("others", [])]]
    return members


def failing_instances(sandbox: Sandbox, run: NotableRun) -> list[str]:
    """Returns the instances in which tests failed, those with the fewest first."""
    failures = {
        spec.instance_id: spec.results.stats.failures
        for spec in sandbox.currents.specs_of(run.value)
        if spec.results is not UNSET and spec.results.stats.failures
    }
    return sorted(failures, key=lambda instance: failures[instance])


@pytest.mark.parametrize("era", ERAS)
async def test_the_feature_branch_has_its_three_causes_and_the_known_flake(
    sandbox: Sandbox, era: Era
) -> None:
    async with connect(sandbox, era=era) as client:
        first, *rest = await triaged(client, BRANCH)

    assert "42 tests failed for 3 causes (3 new)" in first["verdict"]
    assert [group["tests"] for group in first["groups"]] == [23, 10, 9]
    assert {group["novelty"] for group in first["groups"]} == {"new"}
    assert [test["test"] for page in (first, *rest) for test in page.get("flaky", [])] == [FLAKE]
    assert first["baseline"]["run"] == f"currents:{NotableRun.MAIN.value}"
    assert first["coverage"] == {"failing_specs": 27, "inspected": 27, "failed_to_load": 0}
    example = first["groups"][0]["example"]
    assert example["error"]["code_frame"]
    assert example["url"].startswith("https://app.currents.dev/instance/")


async def test_every_failed_test_is_in_exactly_one_group_over_the_pages(sandbox: Sandbox) -> None:
    with api_of(sandbox) as api:
        failed = failed_tests(api, NotableRun.THREE_CAUSES.value)
    truth = {(spec, " › ".join(test["title"])) for spec, test in failed}
    many = buildkite(NotableBuildkiteRun.MANY_FAILURES)
    async with connect(sandbox) as client:
        currents = members_of(await triaged(client, BRANCH))
        pages = await triaged(client, many)

    named = [test for tests in currents.values() for test in tests]
    assert len(named) == len(set(named))
    assert set(named) == truth
    named = [test for tests in members_of(pages).values() for test in tests]
    assert len(named) == len(set(named)) == 437
    counts = {group["fingerprint"]: group["tests"] for group in pages[0]["groups"]}
    assert {name: len(tests) for name, tests in members_of(pages).items()} == counts


async def test_known_and_new_causes_are_told_apart(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        first, *_ = await triaged(client, f"currents:{NotableRun.KNOWN_AND_NEW.value}")
        other, *_ = await triaged(client, buildkite(NotableBuildkiteRun.TWELVE_FAILURES))
        named, *_ = await triaged(client, BRANCH, baseline=BRANCH)

    assert sorted(group["novelty"] for group in first["groups"]) == ["known", "new"]
    assert sum(group["novelty"] == "known" for group in other["groups"]) == 1
    assert {group["novelty"] for group in named["groups"]} == {"known"}
    assert named["baseline"] == {"run": BRANCH, "chosen": "as asked for"}


async def test_without_history_novelty_is_unknown_and_the_reason_is_told(sandbox: Sandbox) -> None:
    sandbox.fail(Fault(path="/v1/projects", status=500))
    async with connect(sandbox) as client:
        first, *_ = await triaged(client, BRANCH)

    assert {group["novelty"] for group in first["groups"]} == {"unknown"}
    assert "The baseline could not be read" in first["no_baseline"]
    assert "baseline" not in first


async def test_a_baseline_read_in_part_makes_nothing_new(sandbox: Sandbox) -> None:
    failed = failing_instances(sandbox, NotableRun.MAIN)
    sandbox.fail(Fault(path=f"/v1/instances/{failed[0]}", status=500))
    async with connect(sandbox) as client:
        first, *_ = await triaged(client, BRANCH)

    assert {group["novelty"] for group in first["groups"]} == {"unknown"}
    assert "of the baseline could not be read" in first["no_baseline"]


async def test_what_could_not_be_loaded_is_counted_and_told(sandbox: Sandbox) -> None:
    fewest = failing_instances(sandbox, NotableRun.THREE_CAUSES)[:10]
    sandbox.fail(Fault(path=f"/v1/instances/({'|'.join(fewest)})", status=500, times=10))
    async with connect(sandbox) as client:
        arguments = {"run": BRANCH, "baseline": f"currents:{NotableRun.EMPTY.value}"}
        first = structured_of(await client.call_tool("triage_run", arguments))
        # The next page would be of an answer that knows more.
        cursor = first["trim"]["next_cursor"]
        later = await client.call_tool("triage_run", {**arguments, "cursor": cursor})

    assert "kind=conflict" in text_of(later)
    assert "Call again without a cursor" in text_of(later)
    assert first["coverage"] == {
        "failing_specs": 27,
        "inspected": 17,
        "failed_to_load": 10,
        "why": ["upstream_error 10"],
    }
    assert "10 of 27 failing specs could not be loaded" in first["verdict"]


async def test_failures_behind_a_page_that_cannot_be_read_are_told_as_not_loaded(
    sandbox: Sandbox,
) -> None:
    many = NotableBuildkiteRun.MANY_FAILURES
    path = f".*/runs/{many.value}/failed_executions"
    sandbox.fail(Fault(path=path, times=1))  # the first page is answered
    sandbox.fail(Fault(path=path, status=500))
    async with connect(sandbox) as client:
        arguments = {"run": buildkite(many), "baseline": buildkite(NotableBuildkiteRun.PASSED)}
        first = structured_of(await client.call_tool("triage_run", arguments))

    assert "100 tests failed" in first["verdict"]
    assert "could not be loaded" in first["verdict"]
    assert first["coverage"]["failed_to_load"] >= 1


async def test_where_no_failure_can_be_read_the_error_of_the_api_is_told(sandbox: Sandbox) -> None:
    many = NotableBuildkiteRun.MANY_FAILURES
    sandbox.fail(Fault(path=f".*/runs/{many.value}/failed_executions", status=403))
    async with connect(sandbox) as client:
        refused = await client.call_tool("triage_run", {"run": buildkite(many)})

    assert refused.is_error
    assert "kind=forbidden status=403" in text_of(refused)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (NotableRun.CANCELED, "The run was canceled"),
        (NotableRun.TIMED_OUT, "The run timed out"),
        (NotableRun.FAILING, "The run is still going on"),
        (NotableRun.CONSOLE_MAIN, "The run passed; no test failed"),
        (NotableRun.NEVER_RAN, "failed for 1 cause"),
        (NotableRun.CONSOLE_NEVER_RAN, "failed for 1 cause"),
        (NotableRun.OLDEST_SHAPE, "no test failed"),
        (NotableRun.EMPTY, "no test failed"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_the_state_of_the_run_comes_before_its_causes(
    sandbox: Sandbox, run: NotableRun, said: str
) -> None:
    async with connect(sandbox) as client:
        first, *_ = await triaged(client, f"currents:{run.value}")

    assert said in first["verdict"]
    if run is NotableRun.TIMED_OUT:
        assert len(first["incomplete"]) == 3
        assert "3 specs never reported" in first["verdict"]


async def test_every_form_of_reference_names_the_run(sandbox: Sandbox) -> None:
    run = NotableRun.CONSOLE_MAIN.value
    root = f"https://buildkite.com/organizations/{BUILDKITE_ORGANIZATION}/analytics"
    url = f"{root}/suites/{BUILDKITE_SUITE}/runs/{NotableBuildkiteRun.PASSED.value}"
    async with connect(sandbox) as client:
        for reference in (f"currents:{run}", f"https://app.currents.dev/run/{run}?x#y"):
            result = await client.call_tool("wait_for_run", {"run": reference})
            assert structured_of(result)["run"]["id"] == run
        for reference in (url, buildkite(NotableBuildkiteRun.PASSED)):
            result = await client.call_tool("wait_for_run", {"run": reference})
            assert structured_of(result)["run"]["provider"] == "buildkite"
        requests = len(sandbox.requests)
        for bad in (run, "", "currents:", "currents:a/b", "circleci:1", "buildkite:a/b", "../x"):
            refused = await client.call_tool("triage_run", {"run": bad})
            assert "kind=invalid_argument" in text_of(refused), bad
        assert len(sandbox.requests) == requests
    async with connect(sandbox, settings={"BUILDKITE_API_TOKEN": ""}) as client:
        result = await client.call_tool("wait_for_run", {"run": run})
        assert structured_of(result)["run"]["id"] == run
        refused = await client.call_tool("wait_for_run", {"run": url})
        assert "kind=invalid_argument" in text_of(refused)


async def test_a_run_that_is_not_there_is_one_clear_error(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        for tool, arguments in (
            ("triage_run", {"run": "currents:nope"}),
            ("compare_runs", {"base": "currents:nope", "head": BRANCH}),
            ("wait_for_run", {"run": "currents:nope"}),
        ):
            result = await client.call_tool(tool, arguments)
            assert "kind=not_found status=404" in text_of(result)


async def test_comparing_tells_what_fails_newly_still_and_no_longer(sandbox: Sandbox) -> None:
    main = f"currents:{NotableRun.MAIN.value}"
    async with connect(sandbox) as client:
        arguments: dict[str, object] = {"base": main, "head": BRANCH}
        pages = [page async for page in pages_of(client, "compare_runs", arguments)]
        back = structured_of(await client.call_tool("compare_runs", {"base": BRANCH, "head": main}))
        mixed = await client.call_tool(
            "compare_runs", {"base": main, "head": buildkite(NotableBuildkiteRun.MAIN)}
        )

    first = structured_of(pages[0])
    assert all(fits(page) for page in pages)
    assert first["counts"]["new_failures"] == 42
    listed = [test for page in pages for test in structured_of(page)["new_failures"]]
    assert len({(test["spec"], test["test"]) for test in listed}) == len(listed) == 42
    assert back["counts"]["new_failures"] == first["counts"]["fixed"] == 1
    assert "two providers" in text_of(mixed)


async def test_of_buildkite_only_what_it_tells_is_claimed(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        report = structured_of(
            await client.call_tool(
                "compare_runs",
                {
                    "base": buildkite(NotableBuildkiteRun.TWELVE_FAILURES),
                    "head": buildkite(NotableBuildkiteRun.MAIN),
                },
            )
        )

    counts = report["counts"]
    assert (counts["fixed"], counts["missing"]) == (0, 0)
    assert counts["no_longer_failing"] == 12 - counts["still_failing"]
    assert "fixed" not in report


async def test_waiting_ends_when_the_run_is_over(sandbox: Sandbox) -> None:
    run = NotableRun.IN_PROGRESS.value
    async with connect(sandbox, settings={"RUNS_MCP_PREAPPROVE": "cancel"}) as client:

        async def cancel() -> None:
            await client.call_tool("currents_cancel_run", {"run_id": run})

        with anyio.fail_after(40):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(cancel)
                result = await client.call_tool(
                    "wait_for_run", {"run": f"currents:{run}", "timeout_s": 30}
                )

    report = structured_of(result)
    assert report["finished"] is True
    assert report["run"]["completion"] == "canceled"


async def test_waiting_ends_when_the_time_is_up(sandbox: Sandbox) -> None:
    arguments = {"run": f"currents:{NotableRun.IN_PROGRESS.value}", "timeout_s": 0}
    async with connect(sandbox) as client:
        report = structured_of(await client.call_tool("wait_for_run", arguments))

    assert report["finished"] is False
    assert report["run"]["completion"] == "in_progress"


@pytest.mark.parametrize("era", ERAS)
async def test_waiting_ends_at_once_when_the_client_cancels(sandbox: Sandbox, era: Era) -> None:
    """Another wait, longer than the first one's pause, shows that the first reads no more."""
    run, other = NotableRun.IN_PROGRESS.value, NotableRun.CONSOLE_IN_PROGRESS.value

    def reads_of(read: str) -> int:
        return sum(request.path.endswith(read) for request in sandbox.requests)

    waiting = anyio.Event()

    async def note(progress: float, total: float | None, message: str | None) -> None:
        del progress, total, message
        waiting.set()

    async with connect(sandbox, era=era) as client:

        async def wait() -> None:
            arguments = {"run": f"currents:{run}", "timeout_s": 600}
            await client.call_tool("wait_for_run", arguments, progress_callback=note)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            with anyio.fail_after(20):
                await waiting.wait()
            tasks.cancel_scope.cancel()
        await client.call_tool("wait_for_run", {"run": f"currents:{other}", "timeout_s": 3})

    assert reads_of(other) >= 2
    assert reads_of(run) == 1


async def test_progress_is_reported_while_specs_are_read(sandbox: Sandbox) -> None:
    told: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        del message
        told.append((progress, total))

    async with connect(sandbox) as client:
        await client.call_tool("triage_run", {"run": BRANCH}, progress_callback=note)

    assert told
    assert told[-1][0] == told[-1][1]
