"""Secrets in URLs and headers, taken out of texts."""

import re
from typing import Final
from urllib.parse import unquote

_CREDENTIALS: Final = re.compile(
    r"((?:\bBearer|(?i:\bauthorization[\\\"']*\s*[:=]\s*[\\\"']*(?:bearer|basic|token)))[ \t]+)"
    # Prose and challenges: "Bearer token is missing", 'Bearer realm="api"'
    r"(?!(?i:tokens?|auth|authentication|authorization|realm|scheme|scope|error)(?![\w.~+/-]))"
    r"(?:[\w~+/=-]|\.(?=[\w~+/=-]))+"
)

_USERINFO: Final = re.compile(r"(:\\?/\\?/)[^\s/?#<>\"'`\\]+@")
# From "://" on. Closing brackets and quotes belong to it only where it visibly goes on behind
# them; "\/" and "\u0026" are how JSON may write "/" and "&".
_URL: Final = re.compile(
    r":\\?/\\?/(?:[^\s<>\"`\\)'\]]|\](?=[\w&=%/?#:\[])|[)'](?=[\w&=%])|\\(?:/|u0026))*"
)

_SECRET_NAME: Final = re.compile(
    r"secret|password|passwd|auth(?!or(?!i[sz]))"  # but not author=
    r"|(?:token|signature|credential|api[-_]?key)[\[\]]*\Z|^(?:sig|key-pair-id)\Z",
    re.IGNORECASE,
)


def without_url_secrets(text: str) -> str:
    """Return the text with "…" for URLs' signed queries, passwords and Authorization values.

    A URL whose query or fragment has a parameter with a secret's name loses both.
    """
    lowered = text.lower()
    if "bearer" in lowered or "authorization" in lowered:
        text = _CREDENTIALS.sub(r"\1…", text)
    if ":/" in text or ":\\/" in text:
        text = _USERINFO.sub(r"\1…@", text)
        text = _URL.sub(_without_secret_query, text)
    return text


def _without_secret_query(match: re.Match[str]) -> str:
    url = match[0].rstrip(".,;:!?*)]}'")  # what ends the sentence around it stays
    start = re.search(r"[?#]", url)
    if start is None or not _has_secret(url[start.start() :]):
        return match[0]
    return f"{url[: start.start()]}?…{match[0][len(url) :]}"


def _has_secret(query: str) -> bool:
    """Whether a parameter has a secret's name, also inside an encoded URL that is a value."""
    parameters = re.split(r"[?#&;]|\\u0026", unquote(query))
    names = (name for name, equals, _ in (p.partition("=") for p in parameters) if equals)
    return any(_SECRET_NAME.search(name) for name in names)
