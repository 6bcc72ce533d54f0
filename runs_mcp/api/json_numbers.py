"""JSON with numbers that no type of ours can hold: each costs itself, and the rest is read."""

import re
from typing import Final

import msgspec

from runs_mcp.api.json_texts import end_of_text

OUT_OF_RANGE: Final = "(a number out of range)"
"""What stands in place of such a number."""
_NUMBER: Final = re.compile(rb"-?[0-9][-+.0-9eE]*+")
_QUOTE: Final = ord('"')


def json_value(body: bytes | bytearray) -> object:
    """Returns the value of JSON, with `OUT_OF_RANGE` in place of numbers such as 1e400.

    Raises:
        msgspec.DecodeError: It is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except msgspec.ValidationError:  # Nothing else is wrong of JSON as such.
        return msgspec.json.decode(_without_numbers_out_of_range(bytearray(body)))


def _without_numbers_out_of_range(body: bytearray) -> bytearray:
    kept = bytearray()
    at = 0
    while (start := body.find(_QUOTE, at) + 1) > 0:
        kept += _NUMBER.sub(_in_range, body[at:start])
        at = end_of_text(body, start)
        kept += body[start : at + 1]
        at += 1
    return kept + _NUMBER.sub(_in_range, body[at:])


def _in_range(number: re.Match[bytes]) -> bytes:
    try:
        msgspec.json.decode(number[0])
    except msgspec.ValidationError:
        return f'"{OUT_OF_RANGE}"'.encode()
    except msgspec.DecodeError:
        pass  # It is no number: the body is not JSON.
    return number[0]
