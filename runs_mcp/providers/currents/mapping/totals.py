"""The totals of a run, summed over its groups or its specs."""

from collections.abc import Sequence

from msgspec.structs import asdict

from runs_mcp import model
from runs_mcp.providers.currents.wire import runs as wire


def totals_of(
    sent: Sequence[wire.WireGroup], groups: Sequence[model.Group], specs: Sequence[model.Spec]
) -> model.Totals:
    """Returns the sums over the groups; if one has no counts, at least the sums over the specs."""
    by_group, by_spec = _totals_of_groups(groups), _totals_of_specs(specs)
    if not sent:
        return by_spec
    return model.Totals(
        tests=by_group.tests
        if all(group.tests for group in sent)
        else model.TestTotals(**_greater(by_group.tests, by_spec.tests)),
        specs=by_group.specs
        if all(group.instances for group in sent)
        else model.SpecTotals(**_greater(by_group.specs, by_spec.specs)),
    )


def _greater(one: model.Record, other: model.Record) -> dict[str, int]:
    counts = asdict(other)
    return {name: max(number, counts[name]) for name, number in asdict(one).items()}


def _totals_of_groups(groups: Sequence[model.Group]) -> model.Totals:
    return model.Totals(
        tests=model.TestTotals(
            **{
                name: sum(getattr(group.tests, name) for group in groups)
                for name in model.TestCounts.__struct_fields__
            }
        ),
        specs=model.SpecTotals(
            **{
                name: sum(getattr(group.specs, name) for group in groups)
                for name in model.SpecCounts.__struct_fields__
            }
        ),
    )


def _totals_of_specs(specs: Sequence[model.Spec]) -> model.Totals:
    """Returns the sums over the specs, which do not count retries."""
    statuses = [spec.status for spec in specs]
    done = [status for status in statuses if status in ("failed", "flaky", "passed", "unknown")]
    return model.Totals(
        tests=model.TestTotals(
            overall=sum(spec.tests for spec in specs),
            passed=sum(spec.passed for spec in specs),
            failed=sum(spec.failed for spec in specs),
            pending=sum(spec.pending for spec in specs),
            skipped=sum(spec.skipped for spec in specs),
            flaky=sum(spec.flaky for spec in specs),
        ),
        specs=model.SpecTotals(
            overall=len(specs),
            claimed=len(specs) - statuses.count("unclaimed"),
            complete=len(done),
            passed=done.count("passed") + done.count("flaky"),
            failed=done.count("failed"),
        ),
    )
