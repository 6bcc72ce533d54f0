"""IDs and choices that depend on a seed alone, so that they are the same in every sandbox."""

import hashlib
import zlib


def hex_id(seed: str, length: int = 32) -> str:
    """Hexadecimal digits that depend on the seed alone (at most 64)."""
    return hashlib.sha256(seed.encode()).hexdigest()[:length]


def uuid_id(seed: str) -> str:
    """A version 4 UUID, as far as one can see."""
    digits = hex_id(seed)
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def choice(seed: str, below: int) -> int:
    """A number from 0 to below - 1 that depends on the seed alone."""
    return zlib.crc32(seed.encode()) % below
