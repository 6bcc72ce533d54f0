"""The settings for Buildkite."""

import re
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, Field

from runs_mcp.providers.buildkite.references import BuildkiteSuite, is_slug, pasted_suite
from runs_mcp.setting_values import ApiKey, Url
from runs_mcp.settings import ProviderSettings

_VERSION: Final = "/v2"
_TOKEN: Final = re.compile(r"bk[a-z]{2}_")


def _check_slug(value: str) -> str:
    if not value or (is_slug(value) and not _TOKEN.match(value)):
        return value
    problem = "must be a slug, as addresses on buildkite.com have it, such as acme-inc"
    pasted = pasted_suite(value)
    if pasted is None or any(map(_TOKEN.match, pasted)):
        raise ValueError(problem)
    suite = f" and BUILDKITE_SUITE={pasted.suite}" if pasted.suite else ""
    raise ValueError(f"{problem}; set BUILDKITE_ORGANIZATION={pasted.organization}{suite}")


Slug = Annotated[str, AfterValidator(_check_slug)]
ApiUrl = Annotated[Url, AfterValidator(lambda url: url.removesuffix(_VERSION))]


class BuildkiteSettings(ProviderSettings):
    """The token, the address of the API, and the defaults of arguments."""

    key_setting: ClassVar[str] = "BUILDKITE_API_TOKEN"
    key_header: ClassVar[str] = "Buildkite-Api-Token"
    url_setting: ClassVar[str] = "BUILDKITE_BASE_URL"

    api_token: ApiKey | None = Field(
        None,
        validation_alias="BUILDKITE_API_TOKEN",
        description="API token; Buildkite is served where it is set",
    )
    base_url: ApiUrl = Field(
        "https://api.buildkite.com",
        validation_alias="BUILDKITE_BASE_URL",
        description="where the Buildkite API is, without `/v2`",
    )
    organization: Slug = Field(
        "",
        validation_alias="BUILDKITE_ORGANIZATION",
        description="default of the argument `organization`: its slug",
    )
    suite: Slug = Field(
        "",
        validation_alias="BUILDKITE_SUITE",
        description="default of the argument `suite`: its slug",
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
        return self.base_url + _VERSION
