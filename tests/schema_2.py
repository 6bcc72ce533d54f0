"""Old Playwright instances, turned into the form in which the API serves them today."""

from typing import Any

Json = dict[str, Any]


def is_old_playwright(body: object) -> bool:
    """Whether this is a whole Playwright instance with states and attempts in `results.tests`."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict) or not data.get("instanceId") or data.get("schemaVersion"):
        return False
    results = data.get("results")
    if not isinstance(results, dict) or results.get("exception"):
        return False
    tests = results.get("tests")
    if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
        return False
    keys = [test["testId"] for test in tests if test.get("testId")]
    return (
        (data.get("framework") or {}).get("type") in ("pw", "playwright")
        and 0 < len(tests) == len(set(keys))
        and all(isinstance(test.get("attempts", []), list) for test in tests)
    )


def to_schema_2(instance: Json) -> None:
    """Turns an instance into the form in which the API serves it today."""
    tests: list[Json] = instance["results"]["tests"]
    instance["framework"]["type"] = "pw"
    instance["schemaVersion"] = 2
    if any("annotations" in test for test in tests):
        instance["testAnnotations"] = {
            test["testId"]: test.pop("annotations") for test in tests if "annotations" in test
        }
    if any("tags" in test for test in tests):
        tags = {test["testId"]: test.pop("tags") or [] for test in tests if "tags" in test}
        instance["testTags"] = tags
    for name in ("attachments", "playwrightTraces", "screenshots", "videos"):
        instance["results"].setdefault(name, [])
    instance["testResults"] = {test["testId"]: _taken_result(test) for test in tests}
    instance["testList"] = {
        test["testId"]: {
            "testId": test["testId"],
            "title": test.get("title"),
            "originalTitle": test.get("originalTitle") or test.get("title"),
        }
        for test in tests
    }
    for test in tests:
        result = instance["testResults"][test["testId"]]
        test.update(spec=instance.get("spec"), groupId=instance.get("groupId"))
        test.update(_s=result.get("state"), _d=True, _f=bool(result.get("isFlaky")))


def _taken_result(test: Json) -> Json:
    test.pop("expectedStatus", None)  # only the history of a test has it
    moved = ("state", "isFlaky", "displayError", "attempts")
    copied = ("duration", "startTime", "endTime")
    result = {name: test.pop(name) for name in moved if name in test}
    result.update({name: test[name] for name in copied if name in test})
    for attempt in result.get("attempts") or []:
        error = attempt.get("error") if isinstance(attempt, dict) else None
        if isinstance(error, dict):
            error["name"] = None
            error.setdefault("value", None)
            frame = error.get("codeFrame")
            if isinstance(frame, dict) and "file" not in frame:
                error["codeFrame"] = _frame_of_schema_2(frame)
    return result


def _frame_of_schema_2(frame: Json) -> Json:
    files = (frame.get(name) for name in ("absoluteFile", "originalFile", "relativeFile"))
    kept = {name: frame.get(name) for name in ("frame", "line", "column")}
    return {**kept, "file": next(filter(None, files), None)}
