"""The configuration of a server: its settings, and the providers with theirs."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from pydantic import SecretStr

from runs_mcp.errors import SettingsError
from runs_mcp.providers import PROVIDERS
from runs_mcp.providers.definition import AnyProvider
from runs_mcp.settings import Credentials, ProviderSettings, Settings


class ConfiguredProvider(NamedTuple):
    """A provider and its settings."""

    definition: AnyProvider
    settings: ProviderSettings


@dataclass(frozen=True)
class Configuration:
    """The settings of the server and of all providers.

    Args:
        settings: The server's settings.
        providers: All providers, served or not.
        credentials: Whose keys are used. Callers bring theirs with each request.
        is_shared: Whether it is that of a server of many callers.
    """

    settings: Settings
    providers: tuple[ConfiguredProvider, ...]
    credentials: Credentials = "server"
    is_shared: bool = False

    @classmethod
    def load(
        cls,
        options: Mapping[str, str | bool] | None = None,
        definitions: Sequence[AnyProvider] = PROVIDERS,
    ) -> Self:
        """Returns the configuration from the environment, overridden by `options` (by field name).

        Raises:
            SettingsError: A value cannot be used, or there is no setting of that name.
        """
        settings = Settings.load(options)
        names = [definition.name for definition in definitions]
        if not set(settings.providers) <= set(names):
            wanted = " or ".join(f"'{name}'" for name in names)
            raise SettingsError(f"RUNS_MCP_PROVIDERS: Input should be {wanted}")
        return cls(
            settings,
            tuple(
                ConfiguredProvider(definition, definition.settings.load())
                for definition in definitions
            ),
        )

    def provider(self, name: str) -> ConfiguredProvider:
        """Returns the provider of this name."""
        return next(one for one in self.providers if one.definition.name == name)

    @property
    def served(self) -> tuple[ConfiguredProvider, ...]:
        """The providers that the settings want, and that have a key unless callers bring theirs."""
        wanted = self.settings.providers
        return tuple(
            provider
            for provider in self.providers
            if (provider.settings.key or self.credentials == "caller")
            and (not wanted or provider.definition.name in wanted)
        )

    def require_keys(self) -> None:
        """Checks that there is a provider to serve, and a key for each that the settings want.

        Raises:
            SettingsError: There is none. It names the variables of the keys.
        """
        if self.credentials == "caller":
            return
        lacking = [
            one.settings.key_setting
            for one in self.providers
            if one.definition.name in self.settings.providers and not one.settings.key
        ]
        keys = [f"{one.settings.key_setting} ({one.title})" for one in self.definitions]
        hint = "or start with --sandbox, which needs no key"
        if lacking:
            raise SettingsError(
                "RUNS_MCP_PROVIDERS: a provider in it has no key: set "
                f"{' and '.join(lacking)}, {hint}"
            )
        if not self.served:
            raise SettingsError(f"no provider to serve: set {' or '.join(keys)}, {hint}")

    @property
    def definitions(self) -> tuple[AnyProvider, ...]:
        """The definitions of all providers, served or not."""
        return tuple(provider.definition for provider in self.providers)

    def with_variables(self, variables: Mapping[str, str]) -> Self:
        """Returns this configuration with other values for the providers' variables.

        Raises:
            SettingsError: A value cannot be used.
        """
        providers = tuple(
            ConfiguredProvider(definition, definition.settings.load(variables))
            for definition in self.definitions
        )
        return replace(self, providers=providers)

    def for_http(self, credentials: Credentials) -> Self:
        """Returns this configuration for a server of many callers.

        The server's own keys are not in it if callers bring theirs. Confirmations are signed with a
        key made now, unless the settings have one.
        """
        keys = self.settings.state_keys or (SecretStr(secrets.token_urlsafe(32)),)
        configuration = replace(
            self,
            settings=self.settings.model_copy(update={"state_keys": keys}),
            credentials=credentials,
            is_shared=True,
        )
        return configuration.with_keys({}) if credentials == "caller" else configuration

    def with_keys(self, keys: Mapping[str, str]) -> Self:
        """Returns this configuration with these API keys, by provider, and no others.

        Raises:
            SettingsError: A key cannot be one. The message does not show it.
        """
        providers = tuple(
            ConfiguredProvider(definition, settings.with_key(keys.get(definition.name, "")))
            for definition, settings in self.providers
        )
        return replace(self, providers=providers)

    def signing_keys(self) -> list[bytes]:
        """Returns the keys that sign confirmations: the state keys, or one from the API keys.

        With the same API keys, one process verifies what another has signed. Who has them needs no
        confirmation.
        """
        if self.settings.state_keys:
            return [key.get_secret_value().encode() for key in self.settings.state_keys]
        keys = "\n".join(provider.settings.key for provider in self.providers)
        return [hashlib.sha256(b"runs-mcp state key\n" + keys.encode()).digest()]
