"""The configuration: environment variables, and the options of the command that override them."""

import difflib
import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX: Final = "RUNS_MCP_"
_STATE_KEY_BYTES: Final = 32

Provider = Literal["currents", "buildkite"]
ConfirmPolicy = Literal["auto", "human", "token"]
ActionName = Literal["cancel", "reset", "delete"]
PROVIDERS: Final[tuple[Provider, ...]] = get_args(Provider)


class Access(NamedTuple):
    """How a provider's API is reached.

    Args:
        api: Its name, for messages.
        url: Where it is.
        key: The API key; empty where there is none.
        key_setting: The setting that holds the key.
    """

    api: str
    url: str
    key: str
    key_setting: str


class SettingsError(Exception):
    """A setting that cannot be used. The message is one line that says how to mend it."""


def _check_url(value: str) -> str:
    value = value.strip()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must be an http or https URL")
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname or url.port == 0:
        raise ValueError("must be an http or https URL")
    if url.username is not None or url.password is not None or "?" in value or "#" in value:
        raise ValueError("must hold no user, password, query or fragment")
    return value.rstrip("/")


def _check_key(value: SecretStr) -> SecretStr:
    key = value.get_secret_value().strip()
    if not key.isascii() or not key.isprintable():
        raise ValueError("must be printable ASCII")
    return SecretStr(key)


def _check_state_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().encode()) < _STATE_KEY_BYTES:
        raise ValueError(f"each key must have at least {_STATE_KEY_BYTES} bytes")
    return value


def _split_commas(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


class Settings(BaseSettings):
    """What the operator set. Every `RUNS_MCP_X` is also the option `--x` of the command."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    currents_api_key: Annotated[SecretStr, AfterValidator(_check_key)] | None = Field(
        None, validation_alias="CURRENTS_API_KEY"
    )
    currents_api_url: Annotated[str, AfterValidator(_check_url)] = Field(
        "https://api.currents.dev/v1", validation_alias="CURRENTS_API_URL"
    )
    buildkite_api_token: Annotated[SecretStr, AfterValidator(_check_key)] | None = Field(
        None, validation_alias="BUILDKITE_API_TOKEN"
    )
    buildkite_base_url: Annotated[str, AfterValidator(_check_url)] = Field(
        "https://api.buildkite.com", validation_alias="BUILDKITE_BASE_URL"
    )
    buildkite_organization: str = Field("", validation_alias="BUILDKITE_ORGANIZATION")
    buildkite_suite: str = Field("", validation_alias="BUILDKITE_SUITE")

    read_only: bool = Field(False, description="register no destructive tool")
    confirm: ConfirmPolicy = Field(
        "auto", description="how a destructive call is confirmed: auto, human or token"
    )
    preapprove: Annotated[tuple[ActionName, ...], NoDecode, BeforeValidator(_split_commas)] = Field(
        (), description="comma list of cancel, reset, delete that run without asking"
    )
    state_keys: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_check_state_key)], ...],
        NoDecode,
        BeforeValidator(_split_commas),
    ] = Field((), description="comma list of secrets (32 bytes or more): the first signs")
    audit_log: Path | None = Field(
        None, description="a file that gets a JSON line for every destructive call"
    )
    trim_above_bytes: int = Field(
        1_000_000, ge=1, description="an upstream payload above this is never returned whole"
    )
    result_bytes: int = Field(
        8000, ge=2000, le=40_000, description="budget of one tool result, in each channel"
    )
    timeout_s: float = Field(
        30, gt=0, le=600, description="one deadline for a whole tool call's upstream work"
    )
    max_download_bytes: int = Field(
        100_000_000, ge=1000, description="decoded size at which a download is stopped"
    )
    providers: Annotated[tuple[Provider, ...], NoDecode, BeforeValidator(_split_commas)] = Field(
        (), description="comma list of the providers to serve (default: those with a key)"
    )

    @classmethod
    def load(cls, options: Mapping[str, str | bool] | None = None) -> "Settings":
        """Returns the settings of the environment, overridden by `options` (by field name).

        Raises:
            SettingsError: A value cannot be used, or there is no setting of that name.
        """
        _refuse_unknown_variables()
        try:
            return cls(**(options or {}))  # type: ignore[arg-type]  # pydantic checks them
        except ValidationError as error:
            raise SettingsError(_first_problem(error)) from None

    @property
    def served_providers(self) -> tuple[Provider, ...]:
        """The providers that are wanted and have a key."""
        wanted = self.providers or PROVIDERS
        return tuple(name for name in PROVIDERS if name in wanted and self.access(name).key)

    def access(self, provider: Provider) -> Access:
        """Returns how the API of `provider` is reached with the server's own key."""
        held, url, api, key_setting = {
            "currents": (
                self.currents_api_key,
                self.currents_api_url,
                "Currents",
                "CURRENTS_API_KEY",
            ),
            "buildkite": (
                self.buildkite_api_token,
                f"{self.buildkite_base_url}/v2",
                "Buildkite",
                "BUILDKITE_API_TOKEN",
            ),
        }[provider]
        return Access(api, url, held.get_secret_value() if held else "", key_setting)

    def signing_keys(self) -> list[bytes]:
        """Returns the state keys, or one made now: then no other process can verify with it."""
        keys = [key.get_secret_value().encode() for key in self.state_keys]
        return keys or [secrets.token_bytes(_STATE_KEY_BYTES)]

    def with_lasting_keys(self) -> "Settings":
        """Returns these settings with state keys that the next process has as well.

        For calls that each are a process of their own: a token of one is for the next. Where the
        operator set no keys, one follows from the API keys, whose holder needs no token.
        """
        if self.state_keys:
            return self
        held = "\n".join(self.access(name).key for name in PROVIDERS)
        derived = hashlib.sha256(b"runs-mcp state key\n" + held.encode()).hexdigest()
        return self.model_copy(update={"state_keys": (SecretStr(derived),)})

    def on_sandbox(
        self, *, currents_url: str, buildkite_url: str, organization: str, key: str
    ) -> "Settings":
        """Returns these settings with the sandbox's APIs instead of the vendors'."""
        return self.model_copy(
            update={
                "currents_api_url": currents_url,
                "currents_api_key": SecretStr(key),
                "buildkite_base_url": buildkite_url,
                "buildkite_api_token": SecretStr(key),
                "buildkite_organization": organization,
                "buildkite_suite": "",
            }
        )


def option_fields() -> dict[str, str]:
    """Returns the settings that are options of the command: field name → what it means."""
    return {
        name: field.description or ""
        for name, field in Settings.model_fields.items()
        if field.validation_alias is None
    }


def _refuse_unknown_variables() -> None:
    # A misspelled RUNS_MCP_READ_ONLY must not be a setting that silently does nothing.
    known = [PREFIX + name.upper() for name in option_fields()]
    for variable in os.environ:
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            close = difflib.get_close_matches(variable.upper(), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise SettingsError(f"{variable} is not a setting of this version; {hint}")


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    name = str(problem["loc"][0]) if problem["loc"] else "settings"
    variable = name if name in _ALIASES else PREFIX + name.upper()
    return f"{variable}: {problem['msg'].removeprefix('Value error, ')}"


_ALIASES = frozenset(
    field.validation_alias for field in Settings.model_fields.values() if field.validation_alias
)
