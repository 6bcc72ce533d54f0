"""The records of a spec file after a reset."""

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.sandbox.currents.instance_records import Instance
from runs_mcp.sandbox.currents.records import Spec, SpecResults, Stats
from runs_mcp.sandbox.currents.schema2_records import AnyInstance, ListedTest, Schema2Results


def reset_spec(spec: Spec) -> Spec:
    """Returns the spec, not completed, with only the number of its tests."""
    if spec.results is UNSET:
        return replace(spec, completed_at=None)
    results = SpecResults(stats=_reset_stats(spec.results.stats), flaky=0, video_url=None)
    return replace(spec, completed_at=None, results=results)


def reset_instance(instance: AnyInstance) -> AnyInstance:
    """Returns the instance without results; of schema 2, with its tests."""
    if isinstance(instance, Instance):
        return replace(instance, results=UNSET)
    results = Schema2Results(
        stats=_reset_stats(instance.results.stats),
        tests=tuple(map(_reset_test, instance.results.tests)),
    )
    return replace(instance, results=results, test_results={})


def _reset_stats(stats: Stats) -> Stats:
    return Stats(
        suites=stats.suites,
        tests=stats.tests,
        overall=stats.overall,
        flaky=0,
        retries=UNSET if stats.retries is UNSET else 0,
    )


def _reset_test(test: ListedTest) -> ListedTest:
    return replace(
        test,
        short_state=None,
        is_done=False,
        is_flaky=False,
        start_time=None,
        end_time=None,
        duration=0,
    )
