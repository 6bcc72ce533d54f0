"""Each line on stdin that holds a request gets exactly one answer, whatever is wrong with it."""

import json
import subprocess
from tempfile import TemporaryFile
from typing import Any, Final

import pytest
from command_runs import PROGRAM, SECONDS, environment, on
from hypothesis import example, given
from hypothesis import strategies as st
from mcp.shared.message import SessionMessage
from mcp_types import (
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from runs_mcp.sandbox import Sandbox
from runs_mcp.server.json_rpc_lines import LINE_BYTES, read_line
from runs_mcp.server.stdin_lines import lines_of

NOT_JSON: Final = -32700
NO_REQUEST: Final = -32600
WRONG_PARAMS: Final = -32602
LONG: Final = "b" * LINE_BYTES
DEEP: Final = "[" * 100_000


def request(number: object, **fields: object) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "ping", **fields})


REFUSED: Final[list[tuple[str | bytes, int, object]]] = [
    ("no JSON", NOT_JSON, None),
    ("\x00", NOT_JSON, None),
    (b"\xff\xfe{", NOT_JSON, None),
    ('{"jsonrpc":"2.0","id":1,"method":"ping"', NOT_JSON, 1),
    ('{"jsonrpc":"2.0","method":"ping","id":1', NOT_JSON, None),
    ('{"method":"ping","params":{"id":7,"a":"{\\"id\\":8"},"jsonrpc":"2.0","id":2,}', NOT_JSON, 2),
    ('{"jsonrpc":"2.0","id":"three","method":"ping"}}', NOT_JSON, "three"),
    ('{"jsonrpc":"2.0","id":4,"method":"pi\x01ng"}', NOT_JSON, 4),
    ('{"jsonrpc":"2.0","id":5,"method":"ping","params":{"a":NaN}}', NOT_JSON, 5),
    ('{"jsonrpc":"2.0","id":6,"method":"ping","params":' + DEEP, NOT_JSON, 6),
    (request(7, params={"a": json.loads("[" * 250 + "]" * 250)}), NOT_JSON, 7),
    ('{"jsonrpc":"2.0","id":8,"result":{}', NOT_JSON, None),
    ('{"id":[9],"method":"ping"', NOT_JSON, None),
    (DEEP, NOT_JSON, None),
    ("5", NO_REQUEST, None),
    ("null", NO_REQUEST, None),
    ("[]", NO_REQUEST, None),
    (f"[{request(1)}]", NO_REQUEST, None),
    ("{}", NO_REQUEST, None),
    ('{"jsonrpc":"2.0","id":20}', NO_REQUEST, 20),
    ('{"id":21,"method":"ping"}', NO_REQUEST, 21),
    ('{"id":22,"method":"ping","params":[]}', NO_REQUEST, 22),
    (request(23, jsonrpc="1.0"), NO_REQUEST, 23),
    (request(24, jsonrpc=2.0), NO_REQUEST, 24),
    (request(25, method=5), NO_REQUEST, 25),
    (request(26, method=None), NO_REQUEST, 26),
    (request(None), NO_REQUEST, None),
    (request(1.5), NO_REQUEST, None),
    (request(1.0), NO_REQUEST, None),
    (request(True), NO_REQUEST, None),
    (request({}), NO_REQUEST, None),
    (f'{{"jsonrpc":"2.0","id":{"1" * 5000},"method":"ping"}}', NO_REQUEST, None),
    (request(40, params=[]), WRONG_PARAMS, 40),
    (request("forty-one", params="a"), WRONG_PARAMS, "forty-one"),
    (request(42, params={"a": LONG}), NO_REQUEST, 42),
    (f'{{"method":"ping","params":{{"a":"{LONG}"}},"jsonrpc":"2.0","id":43}}', NO_REQUEST, 43),
]  # fmt: skip
ANSWERED: Final[list[tuple[str | bytes, object]]] = [
    (request(60), 60),
    (request(""), ""),
    (request(-(10**30)), -(10**30)),
    (request(61, params=None), 61),
    (request(62, result={}), 62),
    (f"\ufeff{request(63)}\r", 63),
    (request(64, params={"a": "\ud83d"}), 64),
    (request(65, params={"\udc00": "b"}), 65),
    (request(66).encode()[:-1] + b',"params":{"a":"\xff"}}', 66),
    (f'{{"jsonrpc":"2.0","id":67,"method":"ping","params":{{"a":{"1" * 5000}}}}}', 67),
    ('{"jsonrpc":"2.0","id":68,"method":"ping","params":{"a":1e999}}', 68),
    ('{"jsonrpc":"2.0","id":1,"id":69,"method":"ping"}', 69),
]
IGNORED: Final[list[str | bytes]] = [
    "",
    "  \t\r",
    "\ufeff",
    '{"method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","method":"notifications/progress","params":[]}',
    '{"jsonrpc":"2.0","method":5}',
    '{"jsonrpc":"2.0","id":1,"result":[]}',
    '{"jsonrpc":"2.0","id":1,"error":"no"}',
]
CANCELS_NOTHING: Final[list[str | bytes]] = [
    f'{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{params}}}'
    for params in ('{"requestId":[1]}', '{"requestId":{}}', '{"requestId":null}', "{}")
]


def as_bytes(line: str | bytes) -> bytes:
    return line if isinstance(line, bytes) else line.encode()


def answers_of(lines: list[str | bytes], sandbox: Sandbox) -> list[dict[str, Any]]:
    """Returns what a server on stdio answers to these lines, until it ends."""
    done = subprocess.run(  # noqa: S603 - our own command
        PROGRAM,
        input=b"".join(as_bytes(line) + b"\n" for line in lines),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env=environment(on(sandbox)),
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_server_answers_each_line_with_a_request_once_and_goes_on(story: Sandbox) -> None:
    ignored = [*IGNORED, *CANCELS_NOTHING]
    lines = [*(line for line, *_ in REFUSED), *ignored, *(line for line, _ in ANSWERED)]
    answers = answers_of([*lines, request("last")], story)
    errors = [(one["error"]["code"], one["id"]) for one in answers if "error" in one]
    assert errors == [(code, number) for _, code, number in REFUSED]
    results = [one["id"] for one in answers if "error" not in one]
    assert sorted(map(repr, results)) == sorted(
        repr(n) for n in [*(n for _, n in ANSWERED), "last"]
    )


@pytest.mark.parametrize(("line", "code", "number"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_line_is_refused_with_the_id_that_can_be_read(
    line: str | bytes, code: int, number: object
) -> None:
    refusal = read_line(as_bytes(line))
    assert isinstance(refusal, JSONRPCError)
    assert (refusal.error.code, refusal.id, type(refusal.id)) == (code, number, type(number))
    assert len(refusal.error.message) < 200


@pytest.mark.parametrize(("line", "number"), ANSWERED, ids=lambda value: str(value)[:60])
def test_a_line_that_can_be_understood_is_a_request(line: str | bytes, number: object) -> None:
    item = read_line(as_bytes(line))
    assert isinstance(item, SessionMessage)
    assert isinstance(item.message, JSONRPCRequest)
    assert item.message.id == number
    assert item.message.model_dump_json()


@pytest.mark.parametrize("line", IGNORED, ids=repr)
def test_what_asks_for_nothing_gets_no_answer(line: str | bytes) -> None:
    assert read_line(as_bytes(line)) is None


any_value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
any_object = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | any_value,
        "id": st.integers() | any_value,
        "method": st.just("ping") | any_value,
        "params": st.dictionaries(st.text(), any_value) | any_value,
        "result": any_value,
        "error": any_value,
    },
)


@given(st.binary() | any_value.map(json.dumps).map(str.encode))
@example(b'{"id":"\\ud83d"')
def test_no_bytes_break_the_reading(line: bytes) -> None:
    item = read_line(line)
    if isinstance(item, JSONRPCError):
        assert item.model_dump_json()


@given(any_object)
def test_an_object_with_a_method_and_an_id_is_always_answered(value: dict[str, object]) -> None:
    item = read_line(json.dumps(value).encode())
    if "id" in value and "method" in value:
        assert item is not None
    if isinstance(item, SessionMessage) and isinstance(item.message, JSONRPCRequest):
        assert item.message.id == value["id"]


@given(any_object)
@example({"jsonrpc": "2.0", "id": 1, "result": {}, "error": None})
@example({"jsonrpc": "2.0", "id": 1, "result": {}, "error": {"code": "a", "message": "b"}})
def test_what_the_sdk_reads_is_read_alike_unless_it_takes_a_request_for_something_else(
    value: dict[str, object],
) -> None:
    line = json.dumps(value)
    try:
        theirs = jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        return
    ours = read_line(line.encode())
    if isinstance(theirs, JSONRPCNotification) and "id" in value:
        assert isinstance(ours, JSONRPCError)  # the SDK would not answer it
    elif "method" in value and not isinstance(theirs, JSONRPCNotification | JSONRPCRequest):
        assert ours is not None
    else:
        assert isinstance(ours, SessionMessage)
        assert ours.message == theirs


@given(st.integers(0, 90), st.binary(max_size=3), st.integers(0, 3))
def test_a_damaged_request_is_answered_or_still_understood(
    at: int, inserted: bytes, removed: int
) -> None:
    whole = request(7, params={"name": "currents_get_run", "arguments": {}}).encode()
    line = whole[:at] + inserted + whole[at + removed :]
    item = read_line(line)
    if item is None:
        assert not line.strip() or b'"method"' in line  # a notification, as its ID is gone
    elif isinstance(item, JSONRPCError):
        # Damage can change the number itself.
        assert item.id in (None, 7) or str(item.id).encode() in line


@given(st.lists(st.binary(max_size=200).map(lambda line: line.replace(b"\n", b"")), max_size=20))
def test_lines_are_told_apart_by_line_feeds_alone(lines: list[bytes]) -> None:
    assert lines_in(b"".join(line + b"\n" for line in lines)) == lines
    assert lines_in(b"\n".join([*lines, b"end"])) == [*lines, b"end"]


def test_of_an_endless_line_only_the_beginning_and_the_end_are_kept() -> None:
    kept, after = lines_in(b"a" * (3 * LINE_BYTES) + b"end\nnext\n")
    assert LINE_BYTES < len(kept) < LINE_BYTES + 200_000
    assert kept.endswith(b"end")
    assert after == b"next"


def lines_in(sent: bytes) -> list[bytes]:
    with TemporaryFile() as file:
        file.write(sent)
        file.seek(0)
        return list(lines_of(file.fileno()))
