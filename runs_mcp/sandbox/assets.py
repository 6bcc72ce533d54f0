"""URLs of assets: unsigned in the sandbox's records, signed in its answers.

There are two forms: one with `Expires`, and one of object storage with `X-Amz-Expires`.
"""

import base64
import hashlib
import re
from datetime import UTC, datetime

from runs_mcp.sandbox.seeded import hex_id, uuid_id

VALID_FOR_S = 2 * 60 * 60
"""How long a URL of the first form is valid."""
STORED_FOR_S = 3 * 24 * 60 * 60
"""How long a URL of object storage is valid."""
_HOST, _STORAGE = "https://assets.sandbox.example", "https://artifacts.sandbox.example"
_FOLDER = hex_id("organization", 24)
_KEY_PAIR = "K" + hex_id("key pair", 13).upper()
_ACCESS_KEY = hex_id("access key", 20).upper()
_UNSIGNED = re.compile(
    rb"https://(?:assets\.sandbox\.example/[0-9a-f]{24}/[0-9a-f-]{36}"
    rb'|(artifacts)\.sandbox\.example/[0-9a-f]{16}/[0-9a-f]{16})\.[a-z0-9]+(?=")'
)
_URL_SAFE = bytes.maketrans(b"+/=", b"-~_")


def asset_url(seed: str, suffix: str) -> str:
    """Returns the unsigned URL of an asset, in the first form."""
    return f"{_HOST}/{_FOLDER}/{uuid_id(seed)}.{suffix}"


def stored_url(seed: str, suffix: str) -> str:
    """Returns the unsigned URL of an asset in object storage."""
    return f"{_STORAGE}/{_FOLDER[:16]}/{hex_id(seed, 16)}.{suffix}"


def sign_assets(body: bytes, now: float) -> bytes:
    """Returns the body with all asset URLs signed; they are valid from now on."""
    ours = f"?Expires={int(now) + VALID_FOR_S}&Key-Pair-Id={_KEY_PAIR}&Signature=".encode()
    storage = _storage_query(now).encode()

    def signed(url: re.Match[bytes]) -> bytes:
        if url[1]:
            signature = hashlib.sha256(url[0] + storage).hexdigest().encode()
            return url[0] + storage + signature + b"&X-Amz-SignedHeaders=host"
        digest = hashlib.shake_256(url[0] + ours).digest(222)
        return url[0] + ours + base64.b64encode(digest).translate(_URL_SAFE)

    return _UNSIGNED.sub(signed, body)


def signed_size(body: bytes) -> int:
    """Returns the length that the body will have once it is signed."""
    in_storage = _UNSIGNED.findall(body)
    stored = sum(map(bool, in_storage))
    return len(body) + stored * _STORED_GROWTH + (len(in_storage) - stored) * _GROWTH


def _storage_query(now: float) -> str:
    moment = datetime.fromtimestamp(int(now), UTC)
    credential = f"{_ACCESS_KEY}%2F{moment:%Y%m%d}%2Fauto%2Fs3%2Faws4_request"
    return (
        "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"
        f"&X-Amz-Credential={credential}&X-Amz-Date={moment:%Y%m%dT%H%M%SZ}"
        f"&X-Amz-Expires={STORED_FOR_S}&X-Amz-Signature="
    )


def _growth(url: str) -> int:
    return len(sign_assets(f'"{url}"'.encode(), 1_700_000_000)) - len(f'"{url}"')


_GROWTH, _STORED_GROWTH = _growth(asset_url("", "png")), _growth(stored_url("", "png"))
