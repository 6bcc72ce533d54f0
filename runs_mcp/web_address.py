"""Addresses that operators set: of an API, or of a proxy."""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import SplitResult, urlsplit

_MAX_CHARS: Final = 2000
_MAX_HOST_CHARS: Final = 253
_NO_PLACE: Final = "must be a URL whose host is a name or an IP address, with a port of 1 to 65535"
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_PATH: Final = re.compile(r"(?:/[\w.~!$&()*+,;=:@%-]+)*/?", re.ASCII)


def web_address(text: str, schemes: Collection[str] = ("http", "https")) -> SplitResult:
    """Returns the parts of an address.

    Raises:
        ValueError: It is none. The message does not show it, since it may hold a password.
    """
    if len(text) > _MAX_CHARS:
        raise ValueError(f"must have at most {_MAX_CHARS} characters")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be a URL of printable ASCII characters without blanks")
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:  # its message may show the password
        raise ValueError(_NO_PLACE) from None
    if url.scheme not in schemes or not host:
        *others, last = [f"{scheme}://" for scheme in schemes]
        raise ValueError(f"must be a URL that begins with {', '.join(others)} or {last} and a host")
    place = url.netloc.rpartition("@")[2]
    if port == 0 or place.endswith(":") or not _is_host(host, bracketed=place.startswith("[")):
        raise ValueError(_NO_PLACE)
    if not _PATH.fullmatch(url.path):
        raise ValueError("must be a URL whose path has no quotes, brackets or empty parts")
    return url


def _is_host(host: str, *, bracketed: bool) -> bool:
    labels = host.removesuffix(".").split(".")
    if bracketed or labels[-1].isdigit():
        try:
            (IPv6Address if bracketed else IPv4Address)(host)
        except ValueError:
            return False
        return True
    return len(host) <= _MAX_HOST_CHARS and all(map(_LABEL.fullmatch, labels))
