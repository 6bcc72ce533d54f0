"""What is kept of the uploads of a run, and in which order."""

from collections.abc import Iterable
from typing import Any, Final

from collectors.loopback import Upload, identifier

# Copies of files, and what the stub itself says.
LEFT_OUT: Final = ("/file", "/rules/")
# What is no result: the whole configuration, the list of all tests, Buildkite's times of a test.
NO_RESULTS: Final = ("config", "tests", "fullTestSuite")
KEEPS_ITS_STEPS: Final = "nested cause"


def slimmed(uploads: Iterable[Upload]) -> list[Upload]:
    """Returns the uploads in a stable order, with each test record as its last update left it."""
    kept: list[Upload] = []
    records: dict[str, Upload] = {}
    artifacts: set[str] = set()
    for upload in uploads:
        if upload.path.startswith(LEFT_OUT) or _repeats(upload, artifacts):
            continue
        if upload.path.startswith("/test-record/"):
            records[upload.path.removeprefix("/test-record/")].body.update(upload.body)
            continue
        kept.append(upload)
        if upload.path == "/test-record":
            record = identifier(upload.body["instanceId"], upload.body["testId"])
            records[record] = upload
    for upload in kept:
        _lighten(upload.body)
    return sorted(kept, key=_place) if records else kept


def _repeats(upload: Upload, seen: set[str]) -> bool:
    """Says whether an artifact is left out: one of each name is enough, and none of a spec file."""
    if not upload.path.startswith("/artifacts/"):
        return False
    if upload.path.startswith("/artifacts/instance/"):
        return True
    name = upload.body["name"]
    if name in seen:
        return True
    seen.add(name)
    return False


def _lighten(body: Any) -> None:  # noqa: ANN401 - plain JSON
    for name in NO_RESULTS:
        body.pop(name, None)
    for result in body.get("data", []):
        result.pop("history", None)
    body.get("data", []).sort(key=_file_and_line)
    if KEEPS_ITS_STEPS not in body.get("title", []):
        for attempt in body.get("attempts", []):
            attempt.pop("steps", None)


def _file_and_line(result: dict[str, Any]) -> tuple[str, int]:
    """Returns where a test is, for the order in which tests end differs; attempts keep theirs."""
    numbers = str(result["location"]).split(":")[1:]
    return str(result["file_name"]), int(numbers[0]) if numbers else 0


def _place(upload: Upload) -> tuple[Any, ...]:
    """Returns where an upload of Currents stands: requests come in as the network has it."""
    body = upload.body
    return (
        {"/runs/v1": 0, "/test-record": 2}.get(upload.path, 3 if "artifact" in upload.path else 1),
        str(body.get("groupId") or body.get("group")),
        str(body.get("spec")),
        body.get("location", {}).get("line", 0),
        str(body.get("name")),
    )
