"""Chooses and orders the uploads of a run that a recording keeps."""

from collections.abc import Iterable
from typing import Any, Final

from collectors.loopback import Upload, identifier

# Uploads of files, and requests for rules.
LEFT_OUT: Final = ("/file", "/rules/")
# Fields that are not results: the configuration and the lists of all tests.
NOT_RESULTS: Final = ("config", "tests", "fullTestSuite")
TEST_WITH_STEPS: Final = "nested cause"


def kept_uploads(uploads: Iterable[Upload]) -> list[Upload]:
    """Returns the uploads in a stable order, with each test record after its last update."""
    kept: list[Upload] = []
    records: dict[str, Upload] = {}
    artifacts: set[str] = set()
    for upload in uploads:
        if upload.path.startswith(LEFT_OUT) or _is_needless_artifact(upload, artifacts):
            continue
        if upload.path.startswith("/test-record/"):
            records[upload.path.removeprefix("/test-record/")].body.update(upload.body)
            continue
        kept.append(upload)
        if upload.path == "/test-record":
            record = identifier(upload.body["instanceId"], upload.body["testId"])
            records[record] = upload
    for upload in kept:
        _remove_fields(upload.body)
    return sorted(kept, key=_sort_key) if records else kept


def _is_needless_artifact(upload: Upload, kept_names: set[str]) -> bool:
    """Returns whether this is an artifact of a spec file, or one of a name that is kept already."""
    if not upload.path.startswith("/artifacts/"):
        return False
    if upload.path.startswith("/artifacts/instance/"):
        return True
    name = upload.body["name"]
    if name in kept_names:
        return True
    kept_names.add(name)
    return False


def _remove_fields(body: Any) -> None:  # noqa: ANN401 - plain JSON
    for name in NOT_RESULTS:
        body.pop(name, None)
    for result in body.get("data", []):
        result.pop("history", None)
    body.get("data", []).sort(key=_file_and_line)
    if TEST_WITH_STEPS not in body.get("title", []):
        for attempt in body.get("attempts", []):
            attempt.pop("steps", None)


def _file_and_line(result: dict[str, Any]) -> tuple[str, int]:
    """Sorts results by file and line: tests end in any order. Attempts keep theirs."""
    numbers = str(result["location"]).split(":")[1:]
    return str(result["file_name"]), int(numbers[0]) if numbers else 0


def _sort_key(upload: Upload) -> tuple[Any, ...]:
    """Sorts the uploads of Currents, which arrive in any order."""
    body = upload.body
    return (
        {"/runs/v1": 0, "/test-record": 2}.get(upload.path, 3 if "artifact" in upload.path else 1),
        str(body.get("groupId") or body.get("group")),
        str(body.get("spec")),
        body.get("location", {}).get("line", 0),
        str(body.get("name")),
    )
