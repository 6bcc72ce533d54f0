"""Asset URLs: bare in the sandbox's records, signed in every answer that leaves."""

import base64
import hashlib
import re

from runs_mcp.sandbox.identifiers import hex_id, uuid_id

VALID_FOR_S = 2 * 60 * 60
_HOST = "https://assets.sandbox.example"
_FOLDER = hex_id("organization", 24)
_KEY_PAIR = "K" + hex_id("key pair", 13).upper()
_BARE = re.compile(rb'https://assets\.sandbox\.example/[0-9a-f]{24}/[0-9a-f-]{36}\.[a-z0-9]+(?=")')
_URL_SAFE = bytes.maketrans(b"+/=", b"-~_")


def asset_url(seed: str, suffix: str) -> str:
    """The bare URL of an asset, the same for the same seed."""
    return f"{_HOST}/{_FOLDER}/{uuid_id(seed)}.{suffix}"


def sign_assets(body: bytes, now: float) -> bytes:
    """The body with every bare asset URL signed for two hours from now."""
    expires = int(now) + VALID_FOR_S
    prefix = f"?Expires={expires}&Key-Pair-Id={_KEY_PAIR}&Signature=".encode()

    def signed(url: re.Match[bytes]) -> bytes:
        digest = hashlib.shake_256(url[0] + prefix).digest(222)
        return url[0] + prefix + base64.b64encode(digest).translate(_URL_SAFE)

    return _BARE.sub(signed, body)


def signed_size(body: bytes) -> int:
    """How long the body will be once it is signed, without the work of signing it."""
    return len(body) + _SIGNATURE_SIZE * len(_BARE.findall(body))


_SIGNATURE_SIZE = len(sign_assets(f'"{asset_url("", "png")}"'.encode(), 1_700_000_000)) - len(
    f'"{asset_url("", "png")}"'
)
