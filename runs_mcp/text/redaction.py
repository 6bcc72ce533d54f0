r"""Removal of secrets from texts: signed parameters, passwords in URLs, headers that authenticate.

A secret is known by the name before it, wherever the two stand: in a URL or beside one, encoded
once or several times, in HTML, JSON or markdown, broken over two lines. The caller's own key is
known by itself: see `own_keys`.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final
from urllib.parse import unquote

_CREDENTIALS: Final = re.compile(
    r"((?:\bBearer|(?i:\bauthorization[\\\"']*\s{0,20}[:=]\s{0,20}[\\\"']*(?:bearer|basic|token)))"
    r"(?:[ \t]+|\s{1,40}(?=[\w~+/=.-]{8})(?=[^\s0-9]{0,80}[0-9])))"
    # Not prose or challenges: "Bearer token is missing", 'Bearer realm="api"'
    r"(?!(?i:tokens?|auth|authentication|authorization|realm|scheme|scope|error)(?![\w.~+/-]))"
    r"(?:[\w~+/=-]|\.(?=[\w~+/=-]))+"
)
_COOKIES: Final = re.compile(
    r"(\b(?:set-)?cookie[\\\"']*\s*[:=]\s*[\\\"']*)(?=[\w.~-]+=)[^\s\"'\\;]+(?:; ?[^\s\"'\\;]+)*",
    re.IGNORECASE,
)
# Known by their beginnings, whatever stands before them: of GitHub, GitLab, npm, Stripe, Slack and
# AWS, and JSON Web Tokens.
_TOKEN_PREFIXES: Final = (
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "npm_", "sk_live_"),
    *("xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-", "AKIA", "ASIA", "eyJ"),
)
_KNOWN_TOKEN: Final = re.compile(
    r"\b(?:gh[oprsu]_[A-Za-z0-9]{30,255}|github_pat_\w{20,255}|glpat-[\w-]{16,255}"
    r"|npm_[A-Za-z0-9]{30,255}|sk_live_[A-Za-z0-9]{16,255}|xox[abeprs]-[\w-]{10,255}"
    r"|A[KS]IA[A-Z0-9]{16}\b|eyJ[\w-]{8,2000}\.eyJ[\w-]{8,2000}\.[\w-]{8,2000})"
)
_USERINFO: Final = re.compile(r"(:\\?/\\?/)[^\s/?#<>\"'`\\]+@")
# Brackets and quotes belong to a URL only if it goes on after them; JSON may write "/" as "\/"
# and "&" as "\u0026".
_URL_CHAR: Final = (
    r"(?:[^\s<>\"`\\)'\]]|\](?=[\w&=%/?#:\[])|[)'](?=[\w&=%])|\\+(?:/|u00(?:26|3[dD]|2[bBfF])))"
)
_NEW_LINE: Final = r"\r?\n[ \t]{0,40}"
# The rest of a value on the next line has a digit; a word has none, and a date begins a line.
_WRAPPED: Final = (
    rf"(?:{_NEW_LINE}(?=[^\s0-9]{{0,80}}[0-9])(?![0-9]{{4}}-[0-9]{{2}}-)[\w~+/.=%&-]{{8,}})*"
)
_URL: Final = re.compile(rf"(?P<url>:\\?/\\?/{_URL_CHAR}*){_WRAPPED}")
# A query by itself: the path before it can hold whatever ends a URL.
_QUERY: Final = re.compile(rf"(?P<query>[?#](?=[\w.%\[\]-]+=){_URL_CHAR}*){_WRAPPED}")
_SECRET_NAME: Final = re.compile(
    r"secret|password|passwd|passphrase|auth(?!or(?!i[sz]))"  # not author=
    r"|(?:token|signature|credential|(?:api|access|private)[-_]?key(?:[-_]?id)?|jwt|accessid"
    r"|session[-_]?id|sessid|key-pair-id)[\[\]]*\Z"
    r"|^(?:sig|sign|q-ak)\Z",
    re.IGNORECASE,
)
_SECRET_FIELD: Final = re.compile(
    r"secret|password|passwd|authorization|^x-(?:amz|goog)-"
    r"|(?:access|refresh|id|api|auth|session|bearer)[-_]?token\Z|(?:api|access|private)[-_]?key\Z",
    re.IGNORECASE,
)

# Letters, digits and "-._[]", as they are or percent-encoded once or more.
_NAME_CHAR: Final = (
    r"(?:[\w.\[\]-]|%(?:25){0,8}(?:2[dDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[bBdDfF])"
    rf"|{_NEW_LINE})"
)
# Where a name begins: after no other character of one, or after what separates parameters.
_NAME_START: Final = (
    r"(?:(?<![\w%./-])|(?<=%26)|(?<=%3[fFbB])|(?<=%23)|(?<=2526)|(?<=253[fFbB])|(?<=2523)"
    r"|(?<=u0026)|(?<=u003[fF])|(?<=--)|(?<=\\[nrt])|(?<=[0-9]m))"
    r"(?=[A-Za-z%])(?!u00(?:26|3[fF]))"
)
_EQUALS: Final = r"(?:=|%(?:25){0,8}3[dD]|&#(?:61|[xX]3[dD]);|&equals;|\\+u003[dD])"
_VALUE_CHAR: Final = (
    r"(?:[\w~+/.=:@!*$-]|(?!%(?:25){0,8}(?:26|23|3[bBfF]))%[0-9a-fA-F]{2}"
    r"|\\+/|\\+u00(?:2[bBdDeEfF]|3[dD])"
    r"|&(?:equals|sol|plus);|&#(?:4[3567]|61|[xX](?:2[bBdDeEfF]|3[dD]));)"
)
_PARAMETER: Final = re.compile(
    rf"(?P<name>{_NAME_START}{_NAME_CHAR}{{2,80}}){_EQUALS}(?:{_NEW_LINE})?"
)
# A shorter value may be a word.
_VALUE: Final = re.compile(rf"{_VALUE_CHAR}{{8,}}{_WRAPPED}")
# As JSON, code and headers have it. What has no digit is a word.
_NAMED: Final = re.compile(
    rf"(?P<name>{_NAME_START}[\w.-]{{3,80}})(?P<equals>[\\\"'`]*\s{{0,3}}(?::|=>?)\s{{0,3}})"
    r"(?:(?P<open>[\\\"'`]+)(?=[^\s0-9]{0,80}[0-9])[\w~+/.=%:-]{8,}|(?=[^\s0-9]{0,80}[0-9])[\w~+/.=%-]{16,})"
)
_ENCODED_LETTER: Final = re.compile(r"%(?:25){0,8}[4-7][0-9a-fA-F]")
_LEAST_VALUE: Final = 8
_MOST_ENCODINGS: Final = 9
_HINTS: Final = (
    *("secret", "passw", "passphrase", "auth", "token", "sig", "credential", "key", "jwt"),
    *("accessid", "session", "sessid", "q-ak", "bearer", "cookie"),
    *map(str.lower, _TOKEN_PREFIXES),
)


def without_url_secrets(text: str) -> str:
    """Returns the text with "…" for passwords and signed queries, and for what authenticates.

    A URL loses its query and fragment if a parameter in them has the name of a secret; such a
    parameter loses its value wherever else it stands, if that is long enough to be a secret.
    """
    lowered = text.lower()
    if "bearer" in lowered or "authorization" in lowered:
        text = _CREDENTIALS.sub(r"\1…", text)
    if "cookie" in lowered:
        text = _COOKIES.sub(r"\1…", text)
    if any(map(text.__contains__, _TOKEN_PREFIXES)):
        text = _KNOWN_TOKEN.sub("…", text)
    if ":/" in text or ":\\/" in text:
        text = _USERINFO.sub(r"\1…@", text)
        text = _URL.sub(_without_secret_query, text)
    if not may_name_secret(text):
        return text
    if "=" in text or "3d" in lowered or "&" in text:
        text = _QUERY.sub(_without_long_secret_query, text)
        text = _without_secret_values(text)
    return _NAMED.sub(_without_named_value, text)


def may_name_secret(text: str) -> bool:
    """Returns whether the name of a secret may be in a text: fast, as most texts have none."""
    lowered = text.lower()
    if "\n" in lowered:  # A name can be broken over two lines.
        lowered = "".join(lowered.split())
    is_encoded = "%" in text and _ENCODED_LETTER.search(text)
    return bool(is_encoded) or any(map(lowered.__contains__, _HINTS))


def is_secret_field(name: str) -> bool:
    """Returns whether a field of a record holds a secret: the API has `signature` for others."""
    return _SECRET_FIELD.search(name) is not None


def _without_secret_values(text: str) -> str:
    kept = []
    end = 0
    for parameter in _PARAMETER.finditer(text):
        if parameter.start() < end or not _is_secret(parameter["name"]):
            continue
        if value := _VALUE.match(text, parameter.end()):
            kept += [text[end : parameter.end()], "…"]
            end = value.end()
    return "".join([*kept, text[end:]])


def _is_secret(name: str) -> bool:
    # At the end of a line, the name may be the last line's alone.
    lines = [line.strip() for line in unquoted(name).split("\n")]
    return any(map(_SECRET_NAME.search, (lines[-1], "".join(lines))))


def _without_named_value(match: re.Match[str]) -> str:
    if not _SECRET_NAME.search(match["name"]):
        return match[0]
    return f"{match['name']}{match['equals']}{match['open'] or ''}…"


def _without_secret_query(match: re.Match[str]) -> str:
    url = match["url"].rstrip(".,;:!?*)]}'")  # They end the sentence, not the URL.
    start = re.search(r"[?#]", url)
    if start is None or not any(_secrets(url[start.start() :])):
        return match[0]
    return f"{url[: start.start()]}?…{match['url'][len(url) :]}"


def _without_long_secret_query(match: re.Match[str]) -> str:
    query = match["query"].rstrip(".,;:!?*)]}'")
    if not any(len(value) >= _LEAST_VALUE for value in _secrets(query)):
        return match[0]
    return f"?…{match['query'][len(query) :]}"


def _secrets(query: str) -> Iterator[str]:
    """Yields the values of secrets in a query, also within an encoded URL that is a value."""
    for parameter in re.split(r"[?#&;]|\\u0026", unquoted(query)):
        name, equals, value = parameter.partition("=")
        if equals and _SECRET_NAME.search(name):
            yield value


def unquoted(text: str) -> str:
    """Returns a text without percent-encoding, up to nine times over, and HTML entities."""
    for _ in range(_MOST_ENCODINGS):
        if "%" not in text:
            break
        text = unquote(text)
    return unescape(text)
