"""The types of settings, and how their values are read as people paste them."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, SecretStr

from runs_mcp.web_address import web_address

_STATE_KEY_BYTES: Final = 32
_MAX_KEY_CHARS: Final = 8000
_INVISIBLE: Final = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_QUOTES: Final = ('""', "''", "``", "“”", "‘’", "«»")
_BEARER: Final = re.compile(r"(?:authorization\s*:\s*)?bearer\s+", re.IGNORECASE)
# What a Bearer token is made of (RFC 6750, 2.1).
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_PLACEHOLDER: Final = re.compile(
    r"(?:your|my|insert|enter|paste|replace)[-_.][a-z_.-]*"
    r"|(?:[a-z]+[-_.]?)?api[-_.]?(?:key|token)(?:[-_.]?here)?"
    r"|key|token|secret|password|bearer|placeholder|redacted|change[-_.]?me|todo"
    r"|none|null|undefined|true|false|x{3,}|[._~/+-]+=*",
    re.IGNORECASE,
)


def unwrapped(text: str, variable: str = "") -> str:
    """Returns the value that a pasted text holds.

    Blanks and quotes around it are none of it, and neither is `NAME=` with the variable's own name.
    """
    while (inner := _inner(text, variable)) != text:
        text = inner
    return text


def _inner(text: str, variable: str) -> str:
    """Returns a text without the outermost of what is none of its value."""
    value = _unquoted(text.strip().strip(_INVISIBLE))
    if not variable:
        return value
    return re.sub(rf"\A(?:export\s+)?{re.escape(variable)}\s*=", "", value, flags=re.IGNORECASE)


def _unquoted(text: str) -> str:
    for quotes in _QUOTES:
        inner = text[1:-1]
        if len(text) > 1 and text[0] + text[-1] == quotes and not set(quotes) & set(inner):
            return inner
    return text


def _check_url(value: str) -> str:
    url = web_address(value)
    if url.username is not None or url.password is not None or "?" in value or "#" in value:
        raise ValueError("must not contain a user, password, query or fragment")
    return value.rstrip("/")


def _check_key(value: SecretStr) -> SecretStr:
    key = _BEARER.sub("", unwrapped(value.get_secret_value()), count=1)
    key = unwrapped(key)
    if len(key) > _MAX_KEY_CHARS:
        raise ValueError(f"must have at most {_MAX_KEY_CHARS} characters")
    if key and not _TOKEN.fullmatch(key):
        raise ValueError(
            "must be the key alone, as its dashboard shows it: letters, digits and -._~+/ only, "
            "without blanks, quotes, brackets or a name before it"
        )
    if _PLACEHOLDER.fullmatch(key):
        raise ValueError("holds a placeholder; set it to the key that its dashboard shows")
    return SecretStr(key)


def _check_state_key(value: SecretStr) -> SecretStr:
    try:
        size = len(value.get_secret_value().encode())
    except UnicodeEncodeError:  # its message may show a part of the key
        raise ValueError("each key must be UTF-8 text") from None
    if size < _STATE_KEY_BYTES:
        raise ValueError(f"each key must have at least {_STATE_KEY_BYTES} bytes")
    return value


def _check_distinct(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if len(set(keys)) < len(keys):
        raise ValueError("holds a key twice")
    return keys


def _check_path(value: Path | None) -> Path | None:
    if value is None:
        return None
    if re.search(r"[\x00-\x1f\x7f]", str(value)):
        raise ValueError("must not contain control characters")
    try:
        return value.expanduser()
    except RuntimeError as error:
        raise ValueError("there is no such user's home") from error


def _check_store_url(value: SecretStr) -> SecretStr:
    web_address(value.get_secret_value(), ("redis", "rediss"))
    return value


def _check_host(value: str) -> str:
    place = value.removesuffix(":*")
    if "/" in place or "@" in place:
        raise ValueError("each must be a host, with a port or :* where it has one")
    web_address(f"http://{place}")
    return value.lower()


def _check_origin(value: str) -> str:
    place = web_address(value)
    if "@" in value or "?" in value or "#" in value or place.path:
        raise ValueError("each must be http:// or https://, a host and a port where it has one")
    return value.lower()


def _check_network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError:
        raise ValueError("each must be an IP address, or a network such as 10.0.0.0/8") from None


def _split_commas(value: object) -> object:
    if isinstance(value, str):
        return [part for text in value.split(",") if (part := unwrapped(text))]
    return value


Url = Annotated[str, AfterValidator(_check_url)]
"""An http or https URL, without a slash at its end."""

HostName = Annotated[str, AfterValidator(_check_host)]
"""What a Host header may be; `:*` stands for any port."""

Origin = Annotated[str, AfterValidator(_check_origin)]
"""What an Origin header may be."""

Network = Annotated[str, AfterValidator(_check_network)]
"""An IP address, or a network of them."""

StoreUrl = Annotated[SecretStr, AfterValidator(_check_store_url)]
"""Where a Redis or Valkey server is; it may hold a password."""

ApiKey = Annotated[SecretStr, AfterValidator(_check_key)]
"""An API key, of the characters of a Bearer token; empty where there is none."""

StateKeys = Annotated[
    tuple[Annotated[SecretStr, AfterValidator(_check_state_key)], ...],
    AfterValidator(_check_distinct),
]
"""Secrets that sign."""

FilePath = Annotated[Path | None, AfterValidator(_check_path)]
"""A file, which need not be there; `~` is the user's home."""

SplitAtCommas = BeforeValidator(_split_commas)
"""Reads a list from text with commas."""
