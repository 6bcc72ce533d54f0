"""Removal of secrets in URLs and headers from texts."""

import re
from typing import Final
from urllib.parse import unquote

_CREDENTIALS: Final = re.compile(
    r"((?:\bBearer|(?i:\bauthorization[\\\"']*\s*[:=]\s*[\\\"']*(?:bearer|basic|token)))[ \t]+)"
    # Not prose or challenges: "Bearer token is missing", 'Bearer realm="api"'
    r"(?!(?i:tokens?|auth|authentication|authorization|realm|scheme|scope|error)(?![\w.~+/-]))"
    r"(?:[\w~+/=-]|\.(?=[\w~+/=-]))+"
)
_USERINFO: Final = re.compile(r"(:\\?/\\?/)[^\s/?#<>\"'`\\]+@")
# From "://" on. A closing bracket or quote belongs to the URL only if the URL goes on after it;
# JSON may write "/" as "\/" and "&" as "\u0026".
_URL: Final = re.compile(
    r":\\?/\\?/(?:[^\s<>\"`\\)'\]]|\](?=[\w&=%/?#:\[])|[)'](?=[\w&=%])|\\(?:/|u0026))*"
)
_SECRET_NAME: Final = re.compile(
    r"secret|password|passwd|auth(?!or(?!i[sz]))"  # not author=
    r"|(?:token|signature|credential|(?:api|access|private)[-_]?key|jwt)[\[\]]*\Z"
    r"|^(?:sig|sign|key-pair-id)\Z",
    re.IGNORECASE,
)
_SECRET_FIELD: Final = re.compile(
    r"secret|password|passwd|authorization|^x-(?:amz|goog)-"
    r"|(?:access|refresh|id|api|auth|session|bearer)[-_]?token\Z|(?:api|access|private)[-_]?key\Z",
    re.IGNORECASE,
)
# A parameter by itself: the path before it can hold whatever ends a URL elsewhere. It can be
# encoded, as part of another URL, more than once.
_PARAMETER: Final = re.compile(
    r"(?P<name>(?:(?<![\w%./-])|(?<=%26)|(?<=%3[fF])|(?<=2526)|(?<=253[fF])|(?<=u0026))"
    r"[A-Za-z][\w.\[\]-]{1,60})"
    r"(?P<equals>=|%(?:25)*3[dD])"
    r"(?P<value>(?:[\w~+/.=:@!*-]|%[0-9a-fA-F]{2}){8,})"
)


def without_url_secrets(text: str) -> str:
    """Returns the text with "…" for passwords and signed queries in URLs, and Authorization values.

    A URL loses its query and fragment if a parameter in them has the name of a secret; such a
    parameter loses its value wherever else it stands, if that is long enough to be a secret.
    """
    lowered = text.lower()
    if "bearer" in lowered or "authorization" in lowered:
        text = _CREDENTIALS.sub(r"\1…", text)
    if ":/" in text or ":\\/" in text:
        text = _USERINFO.sub(r"\1…@", text)
        text = _URL.sub(_without_secret_query, text)
    if "=" in text or "%3d" in lowered or "%253d" in lowered:
        text = _PARAMETER.sub(_without_secret_value, text)
    return text


def is_secret_field(name: str) -> bool:
    """Returns whether a field of a record holds a secret: the API has `signature` for others."""
    return _SECRET_FIELD.search(name) is not None


def _without_secret_value(match: re.Match[str]) -> str:
    return f"{match['name']}{match['equals']}…" if _SECRET_NAME.search(match["name"]) else match[0]


def _without_secret_query(match: re.Match[str]) -> str:
    url = match[0].rstrip(".,;:!?*)]}'")  # They end the sentence, not the URL.
    start = re.search(r"[?#]", url)
    if start is None or not _has_secret(url[start.start() :]):
        return match[0]
    return f"{url[: start.start()]}?…{match[0][len(url) :]}"


def _has_secret(query: str) -> bool:
    """Whether a parameter has the name of a secret, also within an encoded URL that is a value."""
    parameters = re.split(r"[?#&;]|\\u0026", unquote(query))
    names = (name for name, equals, _ in (p.partition("=") for p in parameters) if equals)
    return any(_SECRET_NAME.search(name) for name in names)
