"""Decompresses gzip, by ISA-L where there is a wheel of it: twice as fast as zlib."""

import zlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final, Protocol

_GZIP: Final = zlib.MAX_WBITS | 16
_PART_BYTES: Final = 1_000_000


class Member(Protocol):
    """What decompresses one member."""

    @property
    def eof(self) -> bool:
        """Whether it has ended."""

    @property
    def unconsumed_tail(self) -> bytes:
        """What was not looked at yet."""

    @property
    def unused_data(self) -> bytes:
        """What came after its end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Returns at most so many bytes of what the data is decompressed to."""


def new_member() -> Member:
    """Returns what decompresses one member of gzip."""
    if _HAS_ISAL:
        from isal import isal_zlib

        return isal_zlib.decompressobj(wbits=_GZIP)
    return zlib.decompressobj(wbits=_GZIP)


def _gzip_errors() -> tuple[type[Exception], ...]:
    if not _HAS_ISAL:
        return (zlib.error,)
    from isal.igzip_lib import IsalError

    return (IsalError, zlib.error)  # type: ignore[return-value]  # Its stub calls it no class.


_HAS_ISAL: Final = find_spec("isal") is not None
GZIP_ERRORS: Final = _gzip_errors()
"""What is raised for data that is not gzip."""


class Gunzip:
    """Decompresses gzip, which is one member after another (RFC 1952, 2.2)."""

    def __init__(self) -> None:
        self._member = new_member()

    @property
    def is_complete(self) -> bool:
        """Whether the last member has ended."""
        return self._member.eof

    def parts(self, raw: bytes) -> Iterator[bytes]:
        """Yields what the next bytes are decompressed to, in parts of bounded size."""
        while raw:
            if self._member.eof:
                self._member = new_member()
            while part := self._member.decompress(raw, _PART_BYTES):
                yield part
                raw = self._member.unconsumed_tail
            raw = self._member.unused_data
