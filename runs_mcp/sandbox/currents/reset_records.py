"""What is left of a spec file's results when it is to run again."""

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.sandbox.currents.instance_records import Instance
from runs_mcp.sandbox.currents.records import Spec, SpecResults, Stats
from runs_mcp.sandbox.currents.schema2_records import AnyInstance, ListedTest, Schema2Results


def unreported_spec(spec: Spec) -> Spec:
    """The spec, not completed, of which only the number of tests is known."""
    if spec.results is UNSET:
        return replace(spec, completed_at=None)
    results = SpecResults(stats=_unreported(spec.results.stats), flaky=0, video_url=None)
    return replace(spec, completed_at=None, results=results)


def unreported_instance(instance: AnyInstance) -> AnyInstance:
    """The instance without results; of schema 2, with the tests that it has."""
    if isinstance(instance, Instance):
        return replace(instance, results=UNSET)
    results = Schema2Results(
        stats=_unreported(instance.results.stats),
        tests=tuple(map(_not_done, instance.results.tests)),
    )
    return replace(instance, results=results, test_results={})


def _unreported(stats: Stats) -> Stats:
    return Stats(
        suites=stats.suites,
        tests=stats.tests,
        overall=stats.overall,
        flaky=0,
        retries=UNSET if stats.retries is UNSET else 0,
    )


def _not_done(test: ListedTest) -> ListedTest:
    return replace(
        test,
        short_state=None,
        is_done=False,
        is_flaky=False,
        start_time=None,
        end_time=None,
        duration=0,
    )
