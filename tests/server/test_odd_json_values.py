"""Values in a line on stdin that parsers differ about: halves of characters, and long numbers."""

import json
import time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCRequest
from server.test_json_rpc_lines import NOT_JSON, request

from runs_mcp.server.json_rpc_lines import read_line

PIECES: Final = [r"\ud83d", r"\ude00", r"\uD83D", r"\\", r"\"", r"\n", "u", "é", "9", "9" * 5000]
"""What texts in JSON are made of."""
NUMBERS: Final = [
    *("1", "-1", "9" * 5000, "-" + "9" * 5000, "9" * 4300, "9" * 5000 + ".5", "0." + "1" * 5000),
    *("9" * 5000 + "e-4999", "1e999", "9" * 20_000),
]


@given(
    st.lists(
        st.lists(st.sampled_from(PIECES)).map(lambda pieces: f'"{"".join(pieces)}"')
        | st.sampled_from(NUMBERS),
        min_size=1,
    )
)
def test_halves_of_characters_and_long_numbers_are_read_as_python_reads_them(
    values: list[str],
) -> None:
    sent = f'{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":[{",".join(values)}]}}}}'
    read = read_line(sent.encode())
    assert isinstance(read, SessionMessage)
    assert isinstance(read.message, JSONRPCRequest)
    expected = json.loads(
        sent, parse_int=lambda digits: int(digits) if len(digits) < 4302 else float(digits)
    )
    whole = json.dumps(expected["params"], ensure_ascii=False).encode("utf-16", "surrogatepass")
    assert read.message.params == json.loads(whole.decode("utf-16", "replace"))


@pytest.mark.parametrize(
    "number", ["0" * 5000, "9" * 5000 + "x", "9" * 5000 + "e", "9" * 5000 + "..1"]
)
def test_what_is_no_number_is_not_json(number: str) -> None:
    read = read_line(
        f'{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{number}}}}}'.encode()
    )
    assert isinstance(read, JSONRPCError)
    assert read.error.code == NOT_JSON


@pytest.mark.parametrize("odd", [r'"\ud83d"', "9" * 5000], ids=["half a character", "long number"])
def test_an_odd_value_does_not_make_a_long_line_slow(odd: str) -> None:
    def seconds(value: str) -> float:
        numbers = ",".join(["1"] * 700_000)
        line = request(1, params={"a": "-"}).replace('"-"', f"[{value},{numbers}]").encode()
        times = []
        for _ in range(3):
            start = time.process_time()
            assert isinstance(read_line(line), SessionMessage)
            times.append(time.process_time() - start)
        return min(times)

    assert seconds(odd) < 4 * seconds("1")
