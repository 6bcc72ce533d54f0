"""The settings of Currents."""

from typing import Annotated, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from runs_mcp.setting_values import ApiKey, Url
from runs_mcp.settings import ProviderSettings

_VENDORS_URL: Final = "https://api.currents.dev/v1"


def _with_version(url: str) -> str:
    """Returns the vendor's URL with its version; elsewhere the API may be at any path."""
    given, vendors = urlsplit(url), urlsplit(_VENDORS_URL)
    is_bare = given.hostname == vendors.hostname and not given.path
    return url + vendors.path if is_bare else url


ApiUrl = Annotated[Url, AfterValidator(_with_version)]


class CurrentsSettings(ProviderSettings):
    """The API key and the URL of the API."""

    key_setting: ClassVar[str] = "CURRENTS_API_KEY"
    key_header: ClassVar[str] = "Currents-Api-Key"
    url_setting: ClassVar[str] = "CURRENTS_API_URL"

    api_key: ApiKey | None = Field(
        None,
        validation_alias="CURRENTS_API_KEY",
        description="API key; Currents is served where it is set",
    )
    base_url: ApiUrl = Field(
        _VENDORS_URL,
        validation_alias="CURRENTS_API_URL",
        description="where the Currents API is, with `/v1`",
    )

    @property
    def key(self) -> str:
        """The server's own API key; empty if there is none."""
        return self.api_key.get_secret_value() if self.api_key else ""

    @property
    def api_url(self) -> str:
        """What the paths of the API are appended to."""
        return self.base_url
