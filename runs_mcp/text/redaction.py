r"""Removal of secrets from texts: signed parameters, passwords in URLs, headers that authenticate.

A secret is known by the name before it, wherever the two stand: in a URL or beside one, encoded
once or several times, in HTML, JSON or markdown, broken over two lines: see `named_values`, and
`secret_names` for the names. Others are known by themselves: see `known_secrets`, and `own_keys`
for the caller's own key.
"""

import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from typing import Final
from urllib.parse import quote, unquote

from runs_mcp.text.known_secrets import without_known_secrets
from runs_mcp.text.named_values import (
    NAME_START,
    NEW_LINE,
    without_named_values,
    without_passwords_of_commands,
)
from runs_mcp.text.secret_names import (
    SECRET_FIELD,
    SECRET_NAME,
    is_code_or_prose,
    is_expiry,
    is_oauth_code,
    is_signature,
    is_unambiguous,
)

_CREDENTIALS: Final = re.compile(
    r"((?:\bBearer(?=\s{1,40}(?:[^\s0-9]{0,80}[0-9]|[\w~+/=.-]{16}))"
    r"|(?i:\bauth(?:orization)?[\\\"']*\s{0,20}[:=]\s{0,20}[\\\"']*(?:bearer|basic|token"
    r"|[\w-]{3,20}(?=[ \t](?=[^\s0-9]{0,80}[0-9])[\w~+/=.:-]{16}))))"
    r"(?:[ \t]+|\s{1,40}(?=[\w~+/=.-]{8})(?=[^\s0-9]{0,80}[0-9])))"
    # Not prose or challenges: "Bearer token is missing", 'Bearer realm="api"'
    r"(?!(?i:tokens?|auth|authentication|authorization|realm|scheme|scope|error)(?![\w.~+/-]))"
    r"(?:[\w~+/=-]|\.(?=[\w~+/=-]))+"
)
_COOKIES: Final = re.compile(
    r"(\b(?:set-)?cookie[\\\"']*\s*[:=]\s*[\\\"']*)(?=[\w.~-]+=)[^\s\"'\\;]+(?:; ?[^\s\"'\\;]+)*",
    re.IGNORECASE,
)
_USERINFO: Final = re.compile(r"(:\\?/\\?/)[^\s/?#<>\"'`\\]+@")
# Brackets and quotes belong to a URL only if it goes on after them; JSON may write "/" as "\/"
# and "&" as "\u0026".
_URL_CHAR: Final = (
    r"(?:[^\s<>\"`\\)'\]]|\](?=[\w&=%/?#:\[])|[)'](?=[\w&=%])|\\+(?:/|u00(?:26|3[dD]|2[bBfF])))"
)
# The rest of a value on the next line has a digit; a word has none, and a date begins a line.
_WRAPPED: Final = (
    rf"(?:{NEW_LINE}(?=[^\s0-9]{{0,80}}[0-9])(?![0-9]{{4}}-[0-9]{{2}}-)[\w~+/.=%&-]{{8,}})*"
)
_URL: Final = re.compile(rf"(?P<url>:\\?/\\?/{_URL_CHAR}*){_WRAPPED}")
# A query by itself: the path before it can hold whatever ends a URL.
_QUERY: Final = re.compile(rf"(?P<query>[?#](?=[\w.%\[\]-]+=){_URL_CHAR}*){_WRAPPED}")
# Letters, digits and "-._[]", as they are or percent-encoded once or more.
_NAME_CHAR: Final = (
    r"(?:[\w.\[\]-]|%(?:25){0,8}(?:2[dDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[bBdDfF])"
    rf"|{NEW_LINE})"
)
_EQUALS: Final = r"(?:=|%(?:25){0,8}3[dD]|&#(?:61|[xX]3[dD]);|&equals;|\\+u003[dD])"
_VALUE_CHAR: Final = (
    r"(?:[\w~+/.=:@!*$-]|(?!%(?:25){0,8}(?:26|23|3[bBfF]))%[0-9a-fA-F]{2}"
    r"|\\+/|\\+u00(?:2[bBdDeEfF]|3[dD])"
    r"|&(?:equals|sol|plus);|&#(?:4[3567]|61|[xX](?:2[bBdDeEfF]|3[dD]));)"
)
_PARAMETER: Final = re.compile(
    rf"(?P<name>{NAME_START}{_NAME_CHAR}{{2,80}}+){_EQUALS}(?:{NEW_LINE})?"
)
# A shorter value may be a word.
_VALUE: Final = re.compile(rf"{_VALUE_CHAR}{{8,}}{_WRAPPED}")
_SHORT_VALUE: Final = re.compile(rf"(?=[^\s0-9]{{0,7}}[0-9]){_VALUE_CHAR}{{6,}}{_WRAPPED}")
# What `encodeURIComponent` makes of a text.
_ENCODED: Final = re.compile(
    r"(?a:(?<![\w.~!*'()-])[\w.~!*'()-]*+%[0-9a-fA-F]{2}(?:[\w.~!*'()-]|%[0-9a-fA-F]{2})*+)"
)
_ENCODED_LETTER: Final = re.compile(r"%(?:25){0,8}[4-7][0-9a-fA-F]")
_LEAST_VALUE: Final = 8
_MOST_ENCODINGS: Final = 9
_MOST_ENCODED_TEXTS: Final = 4
_HINTS: Final = (
    *("secret", "passw", "passphrase", "auth", "token", "sig", "credential", "key", "jwt"),
    *("pwd", "_pass", "-pass", "code=", "assertion", "accessid", "session", "sessid", "q-ak"),
    *("bearer", "cookie", "hmac", "hdn", "saml", "ik-s", "otp", "sas=", "expires=", "exp=", "&e="),
    *("?e=", "?s=", "&s=", "validto="),
)


def without_url_secrets(text: str) -> str:
    """Returns the text with "…" for passwords and signed queries, and for what authenticates.

    A URL loses its query and fragment if a parameter in them has the name of a secret; such a
    parameter loses its value wherever else it stands, if that is long enough to be a secret.
    """
    hidden = _without_secrets(text, _MOST_ENCODED_TEXTS)
    # What was hidden may have stood between the parts of another secret.
    return hidden if hidden == text else _without_secrets(hidden, _MOST_ENCODED_TEXTS)


def _without_secrets(text: str, encodings: int) -> str:
    lowered = text.lower()
    if "bearer" in lowered or "authorization" in lowered:
        text = _CREDENTIALS.sub(r"\1…", text)
    if "cookie" in lowered:
        text = _COOKIES.sub(r"\1…", text)
    text = without_known_secrets(text)
    if ":/" in text or ":\\/" in text:
        text = _USERINFO.sub(r"\1…@", text)
        text = _URL.sub(_without_secret_query, text)
    text = without_passwords_of_commands(text)
    if "%" in text and encodings:
        text = _ENCODED.sub(partial(_without_encoded_secret, encodings=encodings), text)
    if not may_name_secret(text):
        return text
    if "=" in text or "3d" in lowered or "&" in text:
        text = _QUERY.sub(_without_long_secret_query, text)
        text = _without_secret_values(text)
    return without_named_values(text)


def may_name_secret(text: str) -> bool:
    """Returns whether the name of a secret may be in a text: fast, as most texts have none."""
    lowered = text.lower()
    if "\n" in lowered:  # A name can be broken over two lines.
        lowered = "".join(lowered.split())
    is_encoded = "%" in text and _ENCODED_LETTER.search(text)
    return bool(is_encoded) or any(map(lowered.__contains__, _HINTS))


def is_secret_field(name: str) -> bool:
    """Returns whether a field of a record holds a secret: the API has `signature` for others."""
    return SECRET_FIELD.search(name) is not None


def _without_encoded_secret(match: re.Match[str], encodings: int) -> str:
    text = unquote(match[0])
    shown = _without_secrets(text, encodings - 1)
    if shown == text:
        return match[0]
    return "…".join(quote(part, safe="~!*'()") for part in shown.split("…"))


def _without_secret_values(text: str) -> str:
    kept = []
    end = 0
    for parameter in _PARAMETER.finditer(text):
        if parameter.start() < end or not (name := _secret_name(parameter["name"])):
            continue
        value = _VALUE.match(text, parameter.end())
        if value is None and is_unambiguous(name):
            value = _SHORT_VALUE.match(text, parameter.end())
        if value and not _is_harmless(name, unquoted(value[0])):
            kept += [text[end : parameter.end()], "…"]
            end = value.end()
    return "".join([*kept, text[end:]])


def _secret_name(name: str) -> str | None:
    # At the end of a line, the name may be the last line's alone.
    lines = [line.strip() for line in unquoted(name).split("\n")]
    return next(filter(_may_be_secret, (lines[-1], "".join(lines))), None)


def _may_be_secret(name: str) -> bool:
    return name.lower() == "code" or SECRET_NAME.search(name) is not None


def _is_harmless(name: str, value: str) -> bool:
    if name.lower() == "code":
        return not is_oauth_code(value)
    return is_code_or_prose(name, value)


def _without_secret_query(match: re.Match[str]) -> str:
    url = match["url"].rstrip(".,;:!?*)]}'")  # They end the sentence, not the URL.
    start = re.search(r"[?#]", url)
    if start is None or not any(value for _, value in _secrets(url[start.start() :])):
        return match[0]
    return f"{url[: start.start()]}?…{match['url'][len(url) :]}"


def _without_long_secret_query(match: re.Match[str]) -> str:
    query = match["query"].rstrip(".,;:!?*)]}'")
    if not any(
        len(value) >= (6 if is_unambiguous(name) else _LEAST_VALUE)
        for name, value in _secrets(query)
    ):
        return match[0]
    return f"?…{match['query'][len(query) :]}"


def _secrets(query: str) -> Iterator[tuple[str, str]]:
    """Yields the secrets in a query, also within an encoded URL that is a value."""
    parameters = [
        (name, value)
        for parameter in re.split(r"[?#&;]|\\u0026", unquoted(query))
        for name, equals, value in [parameter.partition("=")]
        if equals
    ]
    expires = any(is_expiry(name, value) for name, value in parameters)
    for name, value in parameters:
        if (
            SECRET_NAME.search(name)
            or (name == "code" and is_oauth_code(value))
            or is_signature(name, value, expires=expires)
        ):
            yield name, value


def unquoted(text: str) -> str:
    """Returns a text without percent-encoding, up to nine times over, and HTML entities."""
    for _ in range(_MOST_ENCODINGS):
        if "%" not in text:
            break
        text = unquote(text)
    return unescape(text)
