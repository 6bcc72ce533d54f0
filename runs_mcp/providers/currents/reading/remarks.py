"""Remarks on a run for its verdict: what its failures do not show, and where its counts disagree.

Each is a part of a sentence. Pure functions.
"""

from collections.abc import Sequence
from typing import Final

from runs_mcp.model import FullRun, Spec
from runs_mcp.providers.currents.reading.spec_results import SpecResult
from runs_mcp.providers.field_values import PATH_CHARS
from runs_mcp.text import clip
from runs_mcp.triage.findings import counted

_NAMED_SPECS: Final = 3


def remarks_on(
    full: FullRun, counting: Sequence[Spec], results: Sequence[SpecResult]
) -> tuple[str, ...]:
    """Returns the remarks on a run.

    Args:
        full: The run.
        counting: Its specs without the executions that a later one replaced.
        results: Those of them that were read.
    """
    remarks = (
        full.run.note.rstrip("."),
        _replaced_remark(full, counting),
        _counts_remark(results),
        _no_results_remark(results),
        _skipped_remark(results),
    )
    return tuple(filter(None, remarks))


def quarantine_remark(results: Sequence[SpecResult]) -> str:
    """Returns which specs could not be searched for failures in quarantine; empty if none."""
    errors = [result.error for result in results if result.error]
    if not errors:
        return ""
    return f"specs not searched for failures in quarantine: {', '.join(counted(errors))}"


def _replaced_remark(full: FullRun, counting: Sequence[Spec]) -> str:
    failed = sum(bool(spec.failed) for spec in full.specs)
    replaced = failed - sum(bool(spec.failed) for spec in counting)
    if not replaced:
        return ""
    return f"failed executions of specs that then ran again are left out: {replaced}"


def _counts_remark(results: Sequence[SpecResult]) -> str:
    differing = [
        (result, result.instance)
        for result in results
        if result.instance and not result.instance.agrees_with(result.spec.failed)
    ]
    if not differing:
        return ""
    expected = sum(result.spec.failed for result, _ in differing)
    found = sum(instance.failed_as_counted for _, instance in differing)
    specs = _named([result for result, _ in differing])
    return (
        f"the run's own counts say that {expected} tests of {specs} failed, and {found} could be "
        "read"
    )


def _no_results_remark(results: Sequence[SpecResult]) -> str:
    empty = [result for result in results if result.has_no_results]
    return f"no results could be read of {_named(empty)}" if empty else ""


def _skipped_remark(results: Sequence[SpecResult]) -> str:
    failed = [result for result in results if _failed_by_skipped_tests(result)]
    if not failed:
        return ""
    tests = sum(result.spec.skipped for result in failed)
    return f"{tests} skipped tests alone fail {_named(failed)}"


def _failed_by_skipped_tests(result: SpecResult) -> bool:
    """Says whether a spec failed only for its skipped tests."""
    instance = result.instance
    if instance is None or not result.spec.skipped or instance.exception:
        return False
    return not result.has_failed_test


def _named(results: Sequence[SpecResult]) -> str:
    names = ", ".join(result.name for result in results[:_NAMED_SPECS])
    more = ", …" if len(results) > _NAMED_SPECS else ""
    return f"{len(results)} specs ({clip(names, PATH_CHARS)}{more})"
