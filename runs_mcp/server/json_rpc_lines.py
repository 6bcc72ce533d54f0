"""What a line from a host is: a message, a line to refuse, or one that needs no answer.

The SDK drops a line that it cannot read, and the host waits for an answer for ever. So each line
with a request gets exactly one: from the server, or the error here (JSON-RPC 2.0, section 5.1).
"""

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, TypeAlias

from mcp.shared.message import SessionMessage
from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)
from pydantic import ValidationError
from pydantic_core import from_json

logger = logging.getLogger(__name__)

LINE_BYTES: Final = 10_000_000
"""How long a line may be."""

_Message: TypeAlias = (
    type[JSONRPCRequest] | type[JSONRPCNotification] | type[JSONRPCResponse] | type[JSONRPCError]
)

_BYTE_ORDER_MARK: Final = "\ufeff"
_ESCAPED: Final = {r"\\": "\0\0", r"\"": "\0\1"}  # with characters that JSON cannot have
_HALF: Final = re.compile(
    r"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F][0-9a-fA-F]{2})"
)
_DIGITS: Final = 4301  # Python refuses to read integers of so many.
_IN_NUMBERS: Final = "0123456789-+.eE"
_LONG_NUMBER: Final = re.compile(rf"-?[0-9]{{{_DIGITS},}}+[-+.eE0-9]*+")
_SCANNED_CHARS: Final = 100_000
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]:,]|[^\s"{}\[\]:,]++', re.DOTALL)
_ID_AT_THE_END: Final = re.compile(r'[{,]\s*+"id"\s*+:\s*+("[^"\\]*+"|-?\d++)\s*+\}\s*+$')


def read_line(line: bytes) -> SessionMessage | JSONRPCError | None:
    """Returns the message in a line, or the error to answer the line with.

    None means that there is nothing to answer: the line is blank, or a notification or a response
    that is no valid one. A byte order mark is skipped. Bytes that are no UTF-8, and halves of
    characters beyond U+FFFF, become U+FFFD.
    """
    text = line.decode("utf-8", "replace").removeprefix(_BYTE_ORDER_MARK).strip()
    if not text:
        return None
    if len(line) > LINE_BYTES:
        return _refusal(INVALID_REQUEST, f"The line has more than {LINE_BYTES} bytes", _id_in(text))
    try:
        value = _parsed(text)
    except ValueError as error:
        return _refusal(PARSE_ERROR, f"The line cannot be read as JSON: {error}", _id_in(text))
    if not isinstance(value, dict):
        problem = "A message is one JSON object in a line; batches are not served"
        return _refusal(INVALID_REQUEST, problem, None)
    return _message(value)


def _message(value: dict[str, object]) -> SessionMessage | JSONRPCError | None:
    kind = _kind(value)
    try:
        return SessionMessage(kind.model_validate(value, by_name=False))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
    if kind is not JSONRPCRequest:
        logger.warning("Ignored a line that is no valid %s", kind.__name__)
        return None
    places = {
        str(problem["loc"][0]): problem["msg"].replace("a valid dictionary", "an object")
        for problem in problems
    }
    code = INVALID_PARAMS if places.keys() == {"params"} else INVALID_REQUEST
    told = "; ".join(f"{place}: {message}" for place, message in places.items())
    return _refusal(code, f"The request is not valid: {told}", _as_id(value.get("id")))


def _kind(value: dict[str, object]) -> _Message:
    if "method" in value:
        return JSONRPCRequest if "id" in value else JSONRPCNotification
    # Some hosts send both in a response, one of them null.
    if "result" in value and not _is_error(value.get("error")):
        return JSONRPCResponse
    return JSONRPCError if "error" in value else JSONRPCRequest


def _is_error(value: object) -> bool:
    try:
        ErrorData.model_validate(value)
    except ValidationError:
        return False
    return True


def _refusal(code: int, message: str, request: RequestId | None) -> JSONRPCError:
    return JSONRPCError(jsonrpc="2.0", id=request, error=ErrorData(code=code, message=message))


def _parsed(text: str) -> object:
    """Returns the value of a JSON text.

    Raises:
        ValueError: It is no JSON, or nested too deeply.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        with suppress(ValueError):
            return from_json(_readable(text), allow_inf_nan=False)
        raise


def _readable(text: str) -> str:
    """Returns JSON without what it may have, but the parser does not take.

    These are halves of characters, and integers of more digits than Python reads.
    """
    if "\0" in text or "\1" in text:
        return text  # It is not JSON.
    for escape, hidden in _ESCAPED.items():
        text = text.replace(escape, hidden)
    text = _without_long_numbers(_HALF.sub(r"\\ufffd", text))
    for escape, hidden in _ESCAPED.items():
        text = text.replace(hidden, escape)
    return text


def _without_long_numbers(text: str) -> str:
    """Returns JSON in which each quote begins or ends a text, with long numbers as floats."""
    parts: list[str] = []
    at, in_text = 0, False
    for number in _long_numbers(text):
        in_text ^= text.count('"', at, number.start()) % 2 == 1
        parts += (text[at : number.start()], number[0] if in_text else _as_float(number[0]))
        at = number.end()
    return "".join(parts) + text[at:]


def _long_numbers(text: str) -> Iterator[re.Match[str]]:
    """Yields the long numbers: each is wherever one looks at every so many characters."""
    at = 0
    while at < len(text):
        before = text[max(0, at - 2 * _DIGITS) : at]
        start = at - len(before) + len(before.rstrip(_IN_NUMBERS))
        number = _LONG_NUMBER.match(text, start) if text[at].isdigit() else None
        if number:
            yield number
        at = number.end() if number else at + _DIGITS


def _as_float(number: str) -> str:
    if number.lstrip("-").startswith("0"):
        return number  # It is not JSON.
    try:
        return repr(float(number)).replace("inf", "1e999")
    except ValueError:
        return number


def _id_in(text: str) -> RequestId | None:
    """Returns the ID of the request that a text is meant to be, although it is no JSON."""
    fields: dict[str, str] = {}
    before = ("", "", "")
    depth = 0
    for match in _TOKEN.finditer(text, 0, _SCANNED_CHARS):
        token = match[0]
        start, key, colon = before
        if depth == 1 and start in ("{", ",") and colon == ":":
            fields[key] = token if match.end() < len(text) else "null"  # it may go on
        depth += (token in ("{", "[")) - (token in ("}", "]"))
        before = (key, colon, token)
    if '"method"' not in fields:
        return None  # it may be a response, whose ID is one of ours
    at_the_end = _ID_AT_THE_END.search(text, max(0, len(text) - _SCANNED_CHARS))
    found = fields.get('"id"') or (at_the_end[1] if at_the_end else "null")
    try:
        return _as_id(from_json(found))
    except ValueError:
        return None


def _as_id(value: object) -> RequestId | None:
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None
