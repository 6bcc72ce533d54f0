"""What an answer other than 2xx means: status, body and headers become a `RunsError`."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
import msgspec

from runs_mcp import errors
from runs_mcp.api.response_body import read_head
from runs_mcp.text import clip, one_line, without_url_secrets

_ERROR_BODY_BYTES: Final = 64_000
_CHALLENGE_PART: Final = re.compile(
    r"(?P<name>[\w-]+)\s*=\s*(?P<value>\"(?:[^\"\\]|\\.)*\"|[^\s,\"]+)|(?P<scheme>[A-Za-z][\w-]*)"
)
_SCOPE: Final = re.compile(r"[\w:./-]{1,100}(?: [\w:./-]{1,100}){0,9}")
_TELL_WHEN: Final = frozenset({429, 502, 503, 504})


async def refusal(
    response: httpx.Response, *, api: str, key: str, key_setting: str
) -> errors.RunsError:
    """Returns the error that an answer other than 2xx means.

    Args:
        response: The answer, its body not yet read.
        api: The name of the API, for the message.
        key: The caller's key, which must not be in the message.
        key_setting: The setting that holds the key, for the advice.
    """
    status = response.status_code
    said = _said(await read_head(response, _ERROR_BODY_BYTES), key)
    return _error_of_status(
        status,
        writing=response.request.method != "GET",
        what=f"The {api} API answered {status}{said}.",
        retry_after_s=_retry_after_s(response.headers) if status in _TELL_WHEN else None,
        key_setting=key_setting,
        scope=_missing_scope(response.headers),
    )


def _missing_scope(headers: httpx.Headers) -> str:
    """Returns the scope that a challenge asks for (RFC 6750, 3.1), or nothing.

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


def _said(body: bytes, key: str) -> str:
    """Returns what the body of an error says, quoted: it is a stranger's text."""
    try:
        sent = msgspec.json.decode(body.decode(errors="replace"))
    except (msgspec.DecodeError, RecursionError):
        return " with something that is no JSON" if body.strip() else " with nothing"
    text = without_url_secrets(one_line(_text_in(sent)))
    text = text.replace(key, "…") if key else text
    return f': "{clip(text, 300)}"' if text else ""


def _text_in(sent: object, depth: int = 3) -> str:
    """Returns the message in the body of an error, in the forms that APIs have for it."""
    if isinstance(sent, str):
        return sent
    found: list[object] = sent if isinstance(sent, list) else []
    if isinstance(sent, dict):
        found = [sent.get(name) for name in ("error", "message", "errors")]
    texts = (_text_in(part, depth - 1) for part in found if depth)
    return next((text for text in texts if text.strip()), "")


def _error_of_status(
    status: int,
    *,
    writing: bool,
    what: str,
    retry_after_s: float | None,
    key_setting: str,
    scope: str,
) -> errors.RunsError:
    kinds: dict[int, type[errors.RunsError]] = {
        400: errors.InvalidArgument,
        401: errors.Unauthorized,
        403: errors.Forbidden,
        404: errors.NotFound,
        409: errors.Conflict,
        413: errors.TooLarge,
        422: errors.Conflict if writing else errors.InvalidArgument,
        429: errors.RateLimited,
    }
    advice = {
        401: f"Ask the operator to set a valid key in {key_setting}; `runs-mcp check` tests it.",
        403: f"The key in {key_setting} may not do this"
        + ("; a key with write access is needed." if writing else "."),
    }
    if status == 403 and scope:
        advice[403] = f"The key in {key_setting} lacks the scope {scope}: ask the operator for it."
    if 400 <= status < 500 and status not in kinds:
        advice[status] = "The API refuses this, and another try is of no use: tell the operator."
    if 300 <= status < 400:
        advice[status] = "Redirects are not followed: check that the API's URL is the final one."
    return kinds.get(status, errors.UpstreamError)(
        what, status=status, retry_after_s=retry_after_s, next_step=advice.get(status, "")
    )


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """Returns the seconds to wait: what `Retry-After` says, else when the spent limits reset.

    `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). A limit is spent where its
    `RateLimit-…-Remaining` is 0; its `RateLimit-…-Reset` is in seconds.
    """
    value = headers.get("Retry-After", "").strip()
    if (seconds := _seconds(value)) is not None:
        return seconds
    try:
        then = parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return _limits_reset_s(headers)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def _limits_reset_s(headers: httpx.Headers) -> float | None:
    resets = {
        name.removesuffix("-reset"): seconds
        for name, value in headers.items()
        if name.startswith("ratelimit")
        and name.endswith("-reset")
        and (seconds := _seconds(value)) is not None
    }
    spent = [
        seconds
        for limit, seconds in resets.items()
        if _seconds(headers.get(f"{limit}-remaining", "")) == 0
    ]
    return max(spent or resets.values(), default=None)


def _seconds(value: str) -> float | None:
    value = value.strip()
    return float(value[:9]) if value.isascii() and value.isdigit() else None
