"""IDs and choices that depend on a seed alone, so that they are the same in every sandbox."""

import hashlib
import zlib


def hex_id(seed: str, length: int = 32) -> str:
    """Returns up to 64 hexadecimal digits."""
    return hashlib.sha256(seed.encode()).hexdigest()[:length]


def uuid_id(seed: str) -> str:
    """Returns a UUID that looks like one of version 4."""
    digits = hex_id(seed)
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def choice(seed: str, below: int) -> int:
    """Returns a number from 0 to below - 1."""
    return zlib.crc32(seed.encode()) % below
