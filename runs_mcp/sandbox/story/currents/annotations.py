"""The annotations of the booking site's tests, by the tests and by rules of Currents."""

import json

from msgspec import UNSET

from runs_mcp.sandbox.currents.schema2_records import Annotation
from runs_mcp.sandbox.seeded import hex_id
from runs_mcp.sandbox.story.currents.execution import Execution, test_id

_OWNERS = {
    "payment": ("Ida Krag",),
    "checkout": ("checkout guild",),
    "search": ("Mateusz Zieliński", "search guild"),
    "seats": ("Oluwaseun Bello",),
}
_NOTES = {
    ("seats/seat-map", 1): "Waits for the seat server; see SKERRY-7310",
    ("timetable/print", 1): "Dansk og norsk: «søndag»",
    ("payment/card", 0): "Pays with the test card that ends in 4242",
}


def annotations_of(execution: Execution, place: int) -> tuple[Annotation, ...]:
    """Returns the annotations of a test; a type may occur several times."""
    spec = execution.spec
    _, _, folder, *_ = spec.path.split("/")
    found = [Annotation(type="owner", description=name) for name in _OWNERS.get(folder, ())]
    note = _NOTES.get((spec.path.removeprefix("e2e/specs/").removesuffix(".spec.ts"), place))
    if note is not None:
        found.append(Annotation(type="note", description=note))
    if place in spec.pending:
        found.append(Annotation(type="skip", description=UNSET))
    outcome = execution.outcomes.get(place)
    if outcome is not None and outcome.kind == "passed unexpectedly":
        found.append(Annotation(type="fail", description="SKERRY-7422: not built yet"))
    if outcome is not None and outcome.kind == "quarantined":
        found.append(_quarantine(execution, place))
    return tuple(found)


def _quarantine(execution: Execution, place: int) -> Annotation:
    rule = {
        "v": 1,
        "id": hex_id("quarantine rule", 24),
        "name": "Seats are flaky until the new seat server",
        "type": "quarantine",
        "appliedAt": int(execution.started_at.timestamp() * 1000),
    }
    test = {"testId": test_id(execution.spec, place), "status": "failed"}
    text = json.dumps({"rule": rule, "testInfo": test})
    return Annotation(type="_currents:rule:quarantine", description=text)
