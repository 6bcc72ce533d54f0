"""Responses other than 2xx: status, body and headers become a `RunsError`."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
import msgspec

from runs_mcp import errors
from runs_mcp.api.endpoint import Endpoint
from runs_mcp.api.json_numbers import json_value
from runs_mcp.api.proxy_errors import proxy_error
from runs_mcp.api.response_body import read_head
from runs_mcp.text import quoted, safe_line, without_keys

_ERROR_BODY_BYTES: Final = 64_000
_ERROR_BODY_SECONDS: Final = 2.0
_CHALLENGE_PART: Final = re.compile(
    r"(?<![\w-])(?P<name>[\w-]++)\s*=\s*(?P<value>\"(?:[^\"\\]|\\.)*\"|[^\s,\"]+)|(?P<scheme>[A-Za-z][\w-]*)"
)
_SCOPE: Final = re.compile(r"[\w:./-]{1,100}(?: [\w:./-]{1,100}){0,9}")
_ERROR_TYPES: Final[dict[int, type[errors.RunsError]]] = {
    400: errors.InvalidArgument,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    429: errors.RateLimited,
}
_PROXY_LOGIN: Final = 407
_STATUSES_WITH_A_WAIT: Final = frozenset({429, 502, 503, 504})


async def refusal(
    response: httpx.Response, endpoint: Endpoint, body_s: float = _ERROR_BODY_SECONDS
) -> errors.RunsError:
    """Returns the error that a response other than 2xx means.

    Args:
        response: The response, its body not yet read.
        endpoint: The API, and the caller's key, which must not be in the message.
        body_s: The seconds that its body may take, if they are fewer than usual.
    """
    status = response.status_code
    if status == _PROXY_LOGIN:
        return proxy_error(endpoint, f"{status} {response.reason_phrase}")
    body = await read_head(response, _ERROR_BODY_BYTES, min(body_s, _ERROR_BODY_SECONDS))
    message = _quoted_message(body, endpoint.key)
    writing = response.request.method != "GET"
    scope = without_keys(_missing_scope(response.headers), [endpoint.key])
    return _error_type(status, writing=writing)(
        f"The {endpoint.api} API answered {status}{message}.",
        status=status,
        retry_after_s=_retry_after_s(response.headers) if status in _STATUSES_WITH_A_WAIT else None,
        next_step=_next_step(status, endpoint, writing=writing, scope=scope),
    )


def _missing_scope(headers: httpx.Headers) -> str:
    """Returns the scope that a challenge asks for (RFC 6750, 3.1), or "".

    One header may hold several challenges, and there may be several headers.
    """
    challenges: list[dict[str, str]] = []
    for header in headers.get_list("WWW-Authenticate"):
        for part in _CHALLENGE_PART.finditer(header):
            if part["scheme"]:
                challenges.append({})
            elif challenges:
                challenges[-1][part["name"].lower()] = part["value"].strip('"')
    for challenge in challenges:
        if challenge.get("error") == "insufficient_scope":
            scope = challenge.get("scope", "")
            return scope if _SCOPE.fullmatch(scope) else ""
    return ""


def _quoted_message(body: bytes, key: str) -> str:
    """Returns the message in the body of an error, quoted, as the end of a sentence."""
    try:
        decoded = json_value(body.decode(errors="replace").encode())
    except (msgspec.DecodeError, RecursionError):
        return " with something that is not JSON" if body.strip() else " with nothing"
    message = _message_in(decoded)
    # Before and after: what is rewritten may end up as the key, or hide a part of it.
    text = without_keys(safe_line(without_keys(message, [key])), [key])
    return f": {quoted(text, 300)}" if text else ""


def _message_in(decoded: object, depth: int = 3) -> str:
    """Returns the first message in the decoded body of an error, or ""."""
    if isinstance(decoded, str):
        return decoded
    parts: list[object] = decoded if isinstance(decoded, list) else []
    if isinstance(decoded, dict):
        parts = [decoded.get(name) for name in ("error", "message", "errors")]
    messages = (_message_in(part, depth - 1) for part in parts if depth)
    return next((message for message in messages if message.strip()), "")


def _error_type(status: int, *, writing: bool) -> type[errors.RunsError]:
    if status == 422:
        return errors.Conflict if writing else errors.InvalidArgument
    return _ERROR_TYPES.get(status, errors.UpstreamError)


def _next_step(status: int, endpoint: Endpoint, *, writing: bool, scope: str) -> str:
    """Returns the advice for this status, or "" for the advice of its kind."""
    key_setting = endpoint.key_setting
    if 300 <= status < 400:
        return (
            "Redirects are not followed: check that the API's URL in "
            f"{endpoint.url_setting} is the final one."
        )
    if status == 401:
        return f"Ask the operator to set a valid key in {key_setting}; `runs-mcp check` tests it."
    if status == 403 and scope:
        return f"The key in {key_setting} lacks the scope {scope}: ask the operator for it."
    if status == 403:
        needed = "; a key with write access is needed" if writing else ""
        return f"The key in {key_setting} may not do this{needed}."
    if 400 <= status < 500 and _error_type(status, writing=writing) is errors.UpstreamError:
        return "The API refuses this, and trying again does not help: tell the operator."
    return ""


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """Returns the seconds to wait: `Retry-After`, or else until the exhausted limits reset.

    `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). A limit is exhausted where
    its `RateLimit-…-Remaining` is 0; its `RateLimit-…-Reset` is in seconds.
    """
    value = headers.get("Retry-After", "").strip()
    if (seconds := _seconds(value)) is not None:
        return seconds
    try:
        date = parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return _limits_reset_s(headers)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def _limits_reset_s(headers: httpx.Headers) -> float | None:
    resets = {
        name.removesuffix("-reset"): seconds
        for name, value in headers.items()
        if name.startswith("ratelimit")
        and name.endswith("-reset")
        and (seconds := _seconds(value)) is not None
    }
    exhausted = [
        seconds
        for limit, seconds in resets.items()
        if _seconds(headers.get(f"{limit}-remaining", "")) == 0
    ]
    return max(exhausted or resets.values(), default=None)


def _seconds(value: str) -> float | None:
    value = value.strip()
    return float(value[:9]) if value.isascii() and value.isdigit() else None
