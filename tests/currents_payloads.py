"""Payloads of the Currents API, as its reference had them at different times, and their reading."""

import copy
import json
from pathlib import Path
from typing import Any, Final

from runs_mcp import model
from runs_mcp.api.response_body import decode
from runs_mcp.providers.currents.mapping import instances as instance_mapping
from runs_mcp.providers.currents.mapping import runs as run_mapping
from runs_mcp.providers.currents.wire import runs as wire
from runs_mcp.providers.currents.wire.instances import WireInstance

Sent = dict[str, Any]


def _payload(name: str) -> Sent:
    path = Path(__file__).parent / "payloads" / "reference" / f"{name}.json"
    payload: Sent = json.loads(path.read_bytes())
    return payload


OLDEST_RUN: Final = _payload("run-2022")
"""A run with neither status nor completionState, whose specs have no results."""
RUN: Final = _payload("run-2024")
PLAYWRIGHT_RUN: Final = _payload("run-playwright")
PLAYWRIGHT_INSTANCE: Final = _payload("instance-playwright")
CYPRESS_INSTANCE: Final = _payload("instance-cypress")

RUN_ID: Final[str] = RUN["runId"]
INSTANCE_ID: Final[str] = PLAYWRIGHT_INSTANCE["instanceId"]
CLAIMED: Final[str] = RUN["specs"][0]["claimedAt"]
COMPLETED: Final[str] = RUN["specs"][0]["completedAt"]
SIGNATURE: Final = "QYVMeagJ~N~~3YHdSzpRZeCevUolGmUkG5Wr45D3V5ucLdqNnIulSRPoqLMFppKYU9e1AqOXz-7AmCZ"
SIGNED_QUERY: Final = f"?Expires=1657219165&Key-Pair-Id=K1ZNDCCIZ3P4FU&Signature={SIGNATURE}"
"""The query of the signed URLs in these payloads."""


def decoded_run(sent: object) -> wire.WireRun:
    """Returns a run as it is decoded."""
    envelope, _ = decode(_body(sent), wire.Envelope[wire.WireRun], "Currents")
    assert envelope.data is not None
    return envelope.data


def full_run(sent: object) -> model.FullRun:
    """Returns a run as it is read."""
    return run_mapping.full_run(decoded_run(sent), 1234)


def full_instance(sent: object) -> model.FullInstance:
    """Returns an instance as it is read."""
    envelope, _ = decode(_body(sent), wire.Envelope[WireInstance], "Currents")
    assert envelope.data is not None
    return instance_mapping.full_instance(envelope.data, 1234)


def instance_with(test: Sent | None = None, **results: object) -> Sent:
    """Returns an instance with one test or none, and with these results."""
    return {
        "instanceId": INSTANCE_ID,
        "spec": "tests/a.spec.ts",
        "results": {"tests": [] if test is None else [{"title": ["t"], **test}], **results},
    }


def changed(sent: Sent, **fields: object) -> Sent:
    """Returns a copy of a payload with other values of these fields."""
    return {**copy.deepcopy(sent), **fields}


def _body(sent: object) -> bytearray:
    return bytearray(json.dumps({"status": "OK", "data": sent}).encode())
