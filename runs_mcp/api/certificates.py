"""The certificates by which the address of an API is trusted."""

import os
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import httpx

from runs_mcp.errors import SettingsError

_FILE: Final = "SSL_CERT_FILE"
_FOLDER: Final = "SSL_CERT_DIR"
_LOG: Final = "SSLKEYLOGFILE"
# OpenSSL finds a certificate in a folder by the hash of its subject, as `openssl rehash` names it.
_HASHED: Final = re.compile(r"[0-9a-f]{8}\.\d+")


def tls_context(*, trust_environment: bool) -> ssl.SSLContext:
    """Returns what checks the certificate of an API.

    Args:
        trust_environment: Whether to heed `SSL_CERT_FILE`, or else `SSL_CERT_DIR`. Where neither is
            set, the certificates are those that come with httpx.

    Raises:
        SettingsError: There are no certificates.
    """
    file, folder = (os.environ.get(name, "") * trust_environment for name in (_FILE, _FOLDER))
    return _context(file, "" if file else folder, os.environ.get(_LOG, ""))


@cache  # loading takes some 20 ms
def _context(file: str, folder: str, key_log: str) -> ssl.SSLContext:
    if _is(Path.is_fifo, key_log):  # it would be waited for
        raise SettingsError(f"{_LOG}: must be a file")
    try:
        if file:
            return _context_of_file(file)
        if folder:
            _require_certificates(folder)
            return ssl.create_default_context(capath=folder)
        return httpx.create_ssl_context(trust_env=False)
    except OSError as error:
        # Python opens the log with every context, and names only that file.
        name = _LOG if key_log and error.filename else _FILE
        raise SettingsError(
            f"{name}: the file cannot be used; name another, or unset it"
        ) from error


def _is(kind: Callable[[Path], bool], path: str) -> bool:
    with suppress(OSError):
        return kind(Path(path))
    return False


def _context_of_file(file: str) -> ssl.SSLContext:
    if not _is(Path.is_file, file):  # a pipe would be waited for
        raise SettingsError(f"{_FILE}: there is no such file; name a file of certificates")
    try:
        return ssl.create_default_context(cafile=file)
    except ssl.SSLError as error:
        raise SettingsError(f"{_FILE}: must be a file of certificates in PEM form") from error


def _require_certificates(folder: str) -> None:
    for path in _hashed_files(folder):
        with suppress(OSError):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
            return
    raise SettingsError(
        f"{_FOLDER}: there is no folder with certificates under their hashes, as `openssl rehash` "
        f"names them; name one, or a file in {_FILE}"
    )


def _hashed_files(folders: str) -> Iterator[Path]:
    for folder in folders.split(os.pathsep):
        with suppress(OSError, ValueError):
            for path in Path(folder).iterdir():
                if _HASHED.fullmatch(path.name) and path.is_file():
                    yield path
