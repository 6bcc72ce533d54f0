"""An API, and the caller's key to it."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Endpoint:
    """An API, and the caller's key to it.

    Args:
        api: The name of the API, for messages.
        base_url: What every path is appended to.
        key: The caller's key; sent as a Bearer token, never shown.
        key_setting: The setting that holds the key, for messages.
        url_setting: The setting that holds the address, for messages.
    """

    api: str
    base_url: str
    key: str = field(repr=False)
    key_setting: str
    url_setting: str

    @property
    def host(self) -> str:
        """The host of the API."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def origin(self) -> str:
        """The scheme, host and port of the API."""
        url = urlsplit(self.base_url)
        return f"{url.scheme}://{url.netloc}"
