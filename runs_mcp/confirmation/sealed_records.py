"""Records in a store: whoever can read or write the store can neither read nor forge them."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from runs_mcp.confirmation.store import Store

T = TypeVar("T")

_SEALING_SALT: Final = b"runs-mcp sealed records"
_NAME_SALT: Final = b"runs-mcp names of records"


class SealedRecords:
    """Records by name, each for some seconds. Names and records are readable with the keys alone.

    The first key seals, all of them open. The last one hashes the names: replicas that are given a
    new first key, one after the other, still find each other's records.

    Args:
        keys: The keys.
        store: Where the records are kept.
    """

    def __init__(self, keys: Sequence[bytes], store: Store) -> None:
        self._box = MultiFernet([Fernet(_fernet_key(key)) for key in keys])
        self._name_key = keys[-1]
        self._store = store

    async def get(self, name: str, record_type: type[T]) -> T | None:
        """Returns the record of a name; None if there is none, or it was sealed with other keys."""
        sealed = await self._store.get(self._key(name))
        try:
            opened = self._box.decrypt(sealed or "")
            sealed_name, record = msgspec.json.decode(opened, type=tuple[str, msgspec.Raw])
            # A record that somebody put in the place of another says nothing here.
            return msgspec.json.decode(record, type=record_type) if sealed_name == name else None
        except (InvalidToken, msgspec.MsgspecError, ValueError):
            return None

    async def put(self, name: str, record: object, seconds: float) -> None:
        """Sets the record of a name."""
        await self._store.put(self._key(name), self._sealed(name, record), seconds)

    async def add(self, name: str, record: object, seconds: float) -> bool:
        """Sets the record of a name that has none; returns False, and changes nothing, if not."""
        return await self._store.add(self._key(name), self._sealed(name, record), seconds)

    def _sealed(self, name: str, record: object) -> str:
        return self._box.encrypt(msgspec.json.encode((name, record))).decode()

    def _key(self, name: str) -> str:
        kind = name.partition(" ")[0]
        hashed = hmac.new(self._name_key, _NAME_SALT + name.encode(), "sha256").hexdigest()
        return f"{kind} {hashed}"


def _fernet_key(key: bytes) -> bytes:
    return urlsafe_b64encode(hashlib.sha256(_SEALING_SALT + key).digest())
