"""What is served: the server's settings, and the providers that have a key."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from pydantic import SecretStr

from runs_mcp.providers import PROVIDERS
from runs_mcp.providers.definition import AnyProvider
from runs_mcp.settings import ProviderSettings, Settings, SettingsError


class ConfiguredProvider(NamedTuple):
    """A provider, and what the operator set for it."""

    definition: AnyProvider
    own: ProviderSettings


@dataclass(frozen=True)
class Configuration:
    """What the operator configured.

    Args:
        settings: The server's settings.
        configured: All providers there are, with their settings.
    """

    settings: Settings
    configured: tuple[ConfiguredProvider, ...]

    @classmethod
    def load(
        cls,
        options: Mapping[str, str | bool] | None = None,
        definitions: Sequence[AnyProvider] = PROVIDERS,
    ) -> Self:
        """Returns the configuration of the environment, overridden by `options` (by field name).

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
            tuple(ConfiguredProvider(one, one.settings.load()) for one in definitions),
        )

    @property
    def served(self) -> tuple[ConfiguredProvider, ...]:
        """The providers that are wanted and have a key."""
        wanted = self.settings.providers
        return tuple(
            provider
            for provider in self.configured
            if provider.own.key and (not wanted or provider.definition.name in wanted)
        )

    @property
    def definitions(self) -> tuple[AnyProvider, ...]:
        """All providers there are, served or not."""
        return tuple(provider.definition for provider in self.configured)

    def with_variables(self, variables: Mapping[str, str]) -> Self:
        """Returns this configuration with other values for the providers' own variables.

        Raises:
            SettingsError: A value cannot be used.
        """
        configured = tuple(
            ConfiguredProvider(definition, definition.settings.load(variables))
            for definition in self.definitions
        )
        return replace(self, configured=configured)

    def with_lasting_keys(self) -> Self:
        """Returns this configuration with state keys that the next process has as well.

        For calls that each are a process of their own: a token of one is for the next. Where the
        operator set no keys, one follows from the API keys, whose holder needs no token.
        """
        if self.settings.state_keys:
            return self
        keys = "\n".join(provider.own.key for provider in self.configured)
        derived = hashlib.sha256(b"runs-mcp state key\n" + keys.encode()).hexdigest()
        settings = self.settings.model_copy(update={"state_keys": (SecretStr(derived),)})
        return replace(self, settings=settings)
