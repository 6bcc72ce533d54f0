"""«Find run»: the newest completed run that matches, if it is small enough."""

from msgspec import UNSET

from runs_mcp.sandbox.currents.answers import ApiError, One, encode
from runs_mcp.sandbox.currents.parameters import Parameters
from runs_mcp.sandbox.currents.records import LastRun, Run
from runs_mcp.sandbox.currents.run_bodies import whole_run
from runs_mcp.sandbox.currents.run_filters import has_tags, is_on_branch
from runs_mcp.sandbox.currents.schema2_records import AnyInstance, Schema2Instance
from runs_mcp.sandbox.currents.store import Store, StoredRun

MAX_BODY_BYTES = 1_000_000
"""The limit of decoded JSON, whether it is sent as gzip or not."""


def find_run_body(store: Store, parameters: Parameters) -> bytes:
    """Returns the body of the answer.

    Raises:
        ApiError: 404 where no run matches, 413 where the body is too large.
    """
    wants_last_run = parameters.one_of("pwLastRun", ("true", "false")) == "true"
    with store.lock:
        stored = _newest_match(store, parameters)
        is_playwright = _is_playwright(stored.run)
        last_run = _last_run(stored) if wants_last_run and is_playwright else None
        run = whole_run(stored, last_run)
    body = encode(One(data=run))
    if len(body) > MAX_BODY_BYTES:
        raise ApiError(413, "The response is larger than 1 MB")
    return body


def _newest_match(store: Store, parameters: Parameters) -> StoredRun:
    project_id = parameters.one("projectId")
    if project_id is None:
        raise ApiError(400, "projectId is required")
    if store.project(project_id) is None:
        raise ApiError(404, "Project not found")
    ci_build_id, branch = parameters.one("ciBuildId"), parameters.branch()
    tags = parameters.many("tags[]") + parameters.many("tag[]")
    for run in store.runs(project_id):
        if not _is_complete(run) or not has_tags(run, tags):
            continue
        if ci_build_id is not None:
            matches = run.meta.ci_build_id == ci_build_id
        else:
            matches = branch is None or is_on_branch(run, branch)
        stored = store.run(run.run_id)
        if matches and stored is not None:
            return stored
    raise ApiError(404, "Run not found")


def _is_complete(run: Run) -> bool:
    # The oldest payloads lack the state; their runs are complete.
    return run.completion_state in ("COMPLETE", UNSET)


def _is_playwright(run: Run) -> bool:
    framework = run.meta.framework
    return framework is not UNSET and framework.type == "pw"


def _last_run(stored: StoredRun) -> LastRun:
    failed: list[str] = []
    for spec in stored.specs():
        instance = stored.instance(spec.instance_id) if spec.has_failed else None
        if instance is not None:
            failed.extend(_failed_tests(instance))
    return LastRun(
        status="failed" if failed else "passed", failed_tests=tuple(dict.fromkeys(failed))
    )


def _failed_tests(instance: AnyInstance) -> list[str]:
    if isinstance(instance, Schema2Instance):
        results = instance.test_results
        return [test_id for test_id, result in results.items() if result.state == "failed"]
    tests = () if instance.results is UNSET else instance.results.tests
    return [test.test_id for test in tests if test.state == "failed"]
