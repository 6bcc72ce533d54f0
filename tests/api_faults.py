"""Faults of an API, and what calls of tools come to under each."""

from typing import Any, Final, NamedTuple

from runs_mcp.sandbox import Fault

RIGHT: Final = "right"
"""As without the fault."""
PARTLY: Final = "partly"
"""With less than that, and it says so."""
MAX_BYTES: Final = 3_000_000
HTML: Final = "<!doctype html><h1>Bad gateway</h1>"
OBJECTS: Final = '{"status":"OK","data":{"specs":[%s{}]}}' % ("{}," * 700_000)


class Cell(NamedTuple):
    """What a fault leads to, whatever the tool.

    Args:
        fault: The fault.
        ends_in: The kinds of error that calls may end in, or RIGHT.
        requests: How often a request is sent at most.
        takes_all_time: Whether the call ends at its deadline only.
    """

    fault: Fault
    ends_in: tuple[str, ...]
    requests: int = 1
    takes_all_time: bool = False


def answered(status: int, body: str | None = None, **more: Any) -> Fault:  # noqa: ANN401 - fields
    return Fault(status=status, body=body, **more)


FAULTS: Final[dict[str, Cell]] = {
    "late": Cell(Fault(delay_s=0.02), (RIGHT,)),
    "429": Cell(answered(429), ("rate_limited",), 5),
    "429, soon": Cell(answered(429, headers={"Retry-After": "1"}), ("rate_limited",), 5),
    "429, later": Cell(answered(429, headers={"Retry-After": "300"}), ("rate_limited",)),
    "429 twice": Cell(answered(429, headers={"Retry-After": "1"}, times=2), (RIGHT,), 3),
    "500": Cell(answered(500), ("upstream_error",)),
    "502 twice": Cell(answered(502, HTML, times=2), (RIGHT,), 3),
    "503 twice": Cell(answered(503, times=2), (RIGHT,), 3),
    "503": Cell(answered(503), ("upstream_error",), 5),
    "HTML, 502": Cell(answered(502, HTML), ("upstream_error",), 5),
    "HTML, 200": Cell(answered(200, HTML), ("malformed_response",)),
    "a redirect": Cell(answered(302, headers={"Location": "/"}), ("upstream_error",)),
    "a redirect nowhere": Cell(
        answered(302, headers={"Location": "http://xn--/"}), ("malformed_response",)
    ),
    "reset": Cell(Fault(reset=True), ("unreachable",), 5),
    "reset twice": Cell(Fault(reset=True, times=2), (RIGHT,), 3),
    "cut off": Cell(Fault(truncate=True), ("unreachable",), 5),
    "cut off once": Cell(Fault(truncate=True, times=1), (RIGHT,), 2),
    "an answer lost": Cell(Fault(lose_answer=True, times=1), (RIGHT,), 2),
    "half a gzip": Cell(Fault(cut_gzip=True), ("malformed_response",)),
    "half its length": Cell(Fault(short_length=True), ("malformed_response",)),
    "no JSON": Cell(Fault(malformed=True), ("malformed_response",)),
    "nothing": Cell(answered(200, ""), ("malformed_response",)),
    "another object": Cell(answered(200, '{"a":1}'), ("malformed_response",)),
    "a text": Cell(answered(200, '"a"'), ("malformed_response",)),
    "a number": Cell(answered(200, "5"), ("malformed_response",)),
    "null": Cell(answered(200, "null"), ("malformed_response",)),
    "too many bytes": Cell(Fault(oversized=MAX_BYTES + 1), ("too_large",)),
    "a bomb of bytes": Cell(Fault(oversized=10**9, gzip_bomb=True), ("too_large",)),
    "a bomb of objects": Cell(answered(200, OBJECTS), ("too_large",)),
    "a bomb of brackets": Cell(answered(200, "[" * 2_500_000), ("too_large", "malformed_response")),
    "no key": Cell(answered(401), ("unauthorized",)),
    "a key that expires": Cell(answered(401, after=1), (RIGHT, PARTLY, "unauthorized")),
    "no end": Cell(Fault(trickle=True), ("timeout",), takes_all_time=True),
    "no answer": Cell(Fault(delay_s=60.0), ("timeout",), takes_all_time=True),
}
