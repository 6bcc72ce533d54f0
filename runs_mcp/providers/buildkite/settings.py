"""The settings for Buildkite."""

from typing import ClassVar

from pydantic import Field

from runs_mcp.providers.buildkite.references import BuildkiteSuite
from runs_mcp.settings import ApiKey, ProviderSettings, Url


class BuildkiteSettings(ProviderSettings):
    """The token, the address of the API, and the defaults of arguments."""

    key_setting: ClassVar[str] = "BUILDKITE_API_TOKEN"

    api_token: ApiKey | None = Field(
        None,
        validation_alias="BUILDKITE_API_TOKEN",
        description="API token; Buildkite is served where it is set",
    )
    base_url: Url = Field(
        "https://api.buildkite.com",
        validation_alias="BUILDKITE_BASE_URL",
        description="where the Buildkite API is, without `/v2`",
    )
    organization: str = Field(
        "",
        validation_alias="BUILDKITE_ORGANIZATION",
        description="default of the argument `organization`",
    )
    suite: str = Field(
        "",
        validation_alias="BUILDKITE_SUITE",
        description="default of the argument `suite`",
    )

    @property
    def key(self) -> str:
        """The server's own API token; empty if it has none."""
        return self.api_token.get_secret_value() if self.api_token else ""

    @property
    def default_suite(self) -> BuildkiteSuite:
        """The defaults for organization and suite; each may be empty."""
        return BuildkiteSuite(self.organization, self.suite)

    @property
    def api_url(self) -> str:
        """The URL that the paths of the API are appended to."""
        return f"{self.base_url}/v2"
