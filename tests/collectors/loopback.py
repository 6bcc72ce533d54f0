"""A server on loopback that receives what collectors upload, with the answers that they need."""

import gzip
import hashlib
import json
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

RULES: Final = [
    {
        "_id": f"rule-{operation}",
        "v": 1,
        "name": f"The rule that says {operation}",
        "action": [{"op": operation, **details}],
        "matcher": {"op": "AND", "cond": [{"type": "title", "op": "in", "value": titles}]},
    }
    for operation, details, titles in (
        ("quarantine", {}, ["to be quarantined", "quarantined in vain"]),
        ("skip", {}, ["to be skipped by a rule"]),
        ("tag", {"details": {"tags": ["tagged"]}}, ["to be tagged by a rule"]),
    )
]


@dataclass
class Upload:
    """One request of a collector."""

    method: str
    path: str
    body: Any


@dataclass
class Loopback:
    """The address of the server, and the uploads in the order in which they arrived."""

    base: str
    uploads: list[Upload] = field(default_factory=list)


def identifier(*parts: object) -> str:
    """Returns an ID that is the same for the same thing in every recording."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def answer_to(base: str, upload: Upload) -> dict[str, Any]:
    """Returns an answer with the fields of the vendor's API that its collector reads."""
    body = upload.body if isinstance(upload.body, dict) else {}
    match upload.path.strip("/").split("/"):
        case ["rules", "project", _]:
            return {"rules": RULES}
        case ["runs", "v1"]:
            run = identifier("run", body.get("ciBuildId"))
            return {"runId": run, "runUrl": f"{base}/run/{run}", "machineId": body.get("machineId")}
        case ["runs", run, "pw", "instances", "v1"]:
            instance = identifier(run, body.get("groupId"), body.get("spec"))
            return {"instanceId": instance, "claimedCount": 1}
        case ["test-record"]:
            return {"recordId": identifier(body.get("instanceId"), body.get("testId"))}
        case ["artifacts", *_] | ["runs", "debug-logs"]:
            return {"uploadUrl": f"{base}/file", "readUrl": f"{base}/file"}
        case _:
            return {}


class _Handler(BaseHTTPRequestHandler):
    loopback: Loopback

    def _receive(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        encoding = self.headers.get("Content-Encoding", "")
        if encoding == "gzip":
            raw = gzip.decompress(raw)
        elif encoding == "deflate":
            raw = zlib.decompress(raw)
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw.decode("utf-8", "replace")
        upload = Upload(self.command, self.path, body)
        self.loopback.uploads.append(upload)
        answer = json.dumps(answer_to(self.loopback.base, upload)).encode()
        self.send_response(202 if self.path == "/v1/uploads" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = _receive  # noqa: N815 - the base class's names

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Serves on loopback, at a port of the machine's choice."""

    class Handler(_Handler):
        loopback = Loopback("")

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = Loopback(f"http://127.0.0.1:{server.server_port}")
        Handler.loopback = running
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
