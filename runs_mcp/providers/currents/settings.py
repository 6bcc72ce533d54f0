"""The settings of Currents."""

from typing import ClassVar

from pydantic import Field

from runs_mcp.settings import ApiKey, ProviderSettings, Url


class CurrentsSettings(ProviderSettings):
    """The API key and the URL of the API."""

    key_setting: ClassVar[str] = "CURRENTS_API_KEY"

    api_key: ApiKey | None = Field(
        None,
        validation_alias="CURRENTS_API_KEY",
        description="API key; Currents is served where it is set",
    )
    base_url: Url = Field(
        "https://api.currents.dev/v1",
        validation_alias="CURRENTS_API_URL",
        description="where the Currents API is",
    )

    @property
    def key(self) -> str:
        """The server's own API key; empty if there is none."""
        return self.api_key.get_secret_value() if self.api_key else ""

    @property
    def api_url(self) -> str:
        """What the paths of the API are appended to."""
        return self.base_url
