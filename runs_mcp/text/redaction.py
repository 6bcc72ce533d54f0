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
    r"|(?:token|signature|credential|api[-_]?key)[\[\]]*\Z|^(?:sig|key-pair-id)\Z",
    re.IGNORECASE,
)


def without_url_secrets(text: str) -> str:
    """Returns the text with "…" for passwords and signed queries in URLs, and Authorization values.

    A URL loses its query and fragment if a parameter in them has the name of a secret.
    """
    lowered = text.lower()
    if "bearer" in lowered or "authorization" in lowered:
        text = _CREDENTIALS.sub(r"\1…", text)
    if ":/" in text or ":\\/" in text:
        text = _USERINFO.sub(r"\1…@", text)
        text = _URL.sub(_without_secret_query, text)
    return text


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
