"""Settings: environment variables, and the options of the command that override them."""

import difflib
import os
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Self, TypeVar

from pydantic import Field, SecretStr, TypeAdapter, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from runs_mcp.errors import SettingsError
from runs_mcp.logs import LogFormat, LogLevel
from runs_mcp.setting_values import (
    ApiKey,
    FilePath,
    HostName,
    Network,
    Origin,
    SplitAtCommas,
    StateKeys,
    StoreUrl,
    Url,
    unwrapped,
)
from runs_mcp.text import clip

PREFIX: Final = "RUNS_MCP_"

_KEY: Final[TypeAdapter[SecretStr]] = TypeAdapter(ApiKey)

Credentials = Literal["server", "caller"]
ConfirmPolicy = Literal["auto", "human", "page", "token"]
ActionName = Literal["cancel", "reset", "delete"]


class _PastedSettings(BaseSettings):
    """Settings whose values are read without the blanks and quotes that people paste with them."""

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, values: dict[str, object]) -> dict[str, object]:
        return {
            name: unwrapped(value, _variable(cls, name)) if isinstance(value, str) else value
            for name, value in values.items()
        }


S = TypeVar("S", bound=_PastedSettings)


class ProviderSettings(_PastedSettings):
    """The settings of one provider.

    Each field has the variable that sets it as its `validation_alias`.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    key_setting: ClassVar[str]
    """The variable that holds the API key."""

    key_header: ClassVar[str]
    """The header of an HTTP request to this server in which a caller sends a key of their own."""

    url_setting: ClassVar[str]
    """The variable that says where the API is."""

    @property
    def key(self) -> str:
        """The API key; empty where none is set."""
        raise NotImplementedError

    @property
    def api_url(self) -> str:
        """What the paths of the API are appended to."""
        raise NotImplementedError

    def with_key(self, key: str) -> Self:
        """Returns these settings with another API key; none, if it is empty.

        Raises:
            SettingsError: It cannot be a key. The message does not show it.
        """
        field = next(
            name
            for name, field in type(self).model_fields.items()
            if field.validation_alias == self.key_setting
        )
        try:
            value = _KEY.validate_python(key) if key else None
        except ValidationError as error:
            raise SettingsError(f"{self.key_header}: {_reason(error)}") from None
        return self.model_copy(update={field: value})

    @classmethod
    def load(cls, variables: Mapping[str, str] | None = None) -> Self:
        """Returns the settings from the environment, overridden by `variables`.

        Raises:
            SettingsError: A value cannot be used.
        """
        return _load(cls, variables or {})


class Settings(_PastedSettings):
    """The settings of the server. Every `RUNS_MCP_X` is also the option `--x` of the command."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    read_only: bool = Field(False, description="register no destructive tool")
    confirm: ConfirmPolicy = Field(
        "auto",
        description="how a destructive call is confirmed: auto (the host asks the person, or else "
        "a page in the browser does), human (the host or nobody), page, or token (which a model "
        "can complete by itself)",
    )
    preapprove: Annotated[tuple[ActionName, ...], NoDecode, SplitAtCommas] = Field(
        (),
        description="comma list of cancel, reset, delete that run without asking: for automation",
    )
    state_keys: Annotated[StateKeys, NoDecode, SplitAtCommas] = Field(
        (),
        description="comma list of secrets of at least 32 bytes: the first signs, all verify; by "
        "default derived from the API keys, on HTTP made at the start",
    )
    open_browser: bool = Field(
        True,
        description="open the confirmation page in the person's browser where the machine has a "
        "desktop; otherwise the answer has its address",
    )
    audit_log: FilePath = Field(
        None, description="a file that gets a JSON line for each destructive call, besides stderr"
    )
    trim_above_bytes: int = Field(
        1_000_000, ge=1, description="an upstream payload above this is never returned whole"
    )
    result_bytes: int = Field(
        8000,
        ge=2000,
        le=40_000,
        description="budget of one tool result in each channel, in bytes: 2000 to 40000",
    )
    timeout_s: float = Field(
        30,
        ge=0.1,
        le=600,
        description="one deadline for a tool call's upstream work, retries and waits included, in "
        "seconds: 0.1 to 600",
    )
    max_download_bytes: int = Field(
        100_000_000, ge=1000, description="decoded size at which a download is stopped"
    )
    cache_bytes: int = Field(
        32_000_000,
        ge=0,
        description="what finished runs and instances may take in memory, so that they are not "
        "downloaded again within 5 minutes; 0 keeps none",
    )
    providers: Annotated[tuple[str, ...], NoDecode, SplitAtCommas] = Field(
        (), description="comma list of the providers to serve; by default those with a key"
    )

    log_level: LogLevel = Field(
        "warning", description="the least that is logged on stderr: debug, info, warning or error"
    )
    log_format: LogFormat = Field(
        "text", description="how it is logged: text, or json (an object a line)"
    )

    credentials: Credentials | None = Field(
        None,
        description="on HTTP: whose keys are used, server or caller; by default each request "
        "brings its own",
    )
    trust_network: bool = Field(
        False,
        description="on HTTP: serve with the server's own keys at an address that is not loopback",
    )
    store_url: StoreUrl | None = Field(
        None,
        description="redis:// or rediss:// address of a Redis or Valkey server that remembers for "
        "all processes which confirmations were given and used",
    )
    public_url: Url | None = Field(
        None,
        description="on HTTP: the address at which people reach this server, for links to the "
        "confirmation page",
    )
    allowed_hosts: Annotated[tuple[HostName, ...], NoDecode, SplitAtCommas] = Field(
        (),
        description="on HTTP: comma list of what Host may be, besides that of PUBLIC_URL; by "
        "default the names of loopback",
    )
    allowed_origins: Annotated[tuple[Origin, ...], NoDecode, SplitAtCommas] = Field(
        (),
        description="on HTTP: comma list of what Origin may be, besides PUBLIC_URL; by default "
        "those of loopback",
    )
    trusted_proxy: Annotated[tuple[Network, ...], NoDecode, SplitAtCommas] = Field(
        (), description="on HTTP: comma list of addresses whose forwarded headers are believed"
    )

    @classmethod
    def load(cls, options: Mapping[str, str | bool] | None = None) -> Self:
        """Returns the settings from the environment, overridden by `options` (by field name).

        Raises:
            SettingsError: A value cannot be used, or there is no setting of that name.
        """
        _refuse_unknown_variables()
        return _load(cls, options or {})


def option_fields() -> dict[str, str]:
    """Returns the settings that are options of the command: field name → description."""
    return {
        name: field.description or ""
        for name, field in Settings.model_fields.items()
        if field.validation_alias is None
    }


def _refuse_unknown_variables() -> None:
    # A misspelled RUNS_MCP_READ_ONLY must not be ignored.
    known = [PREFIX + name.upper() for name in option_fields()]
    for variable in os.environ:
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            close = difflib.get_close_matches(variable.upper(), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise SettingsError(f"{clip(variable, 100)} is not a setting of this version; {hint}")


def _load(settings: type[S], values: Mapping[str, str | bool]) -> S:
    try:
        return settings(**values)
    except ValidationError as error:
        raise SettingsError(_first_problem(settings, error)) from None


def _first_problem(settings: type[BaseSettings], error: ValidationError) -> str:
    place = error.errors(include_url=False, include_input=False)[0]["loc"]
    name = str(place[0]) if place else "settings"
    return f"{_variable(settings, name)}: {_reason(error)}"


def _reason(error: ValidationError) -> str:
    """Returns what is wrong with the first value, without the value."""
    problem = error.errors(include_url=False, include_input=False)[0]
    return problem["msg"].removeprefix("Value error, ")


def _variable(settings: type[BaseSettings], name: str) -> str:
    """Returns the variable that sets a field, by the name under which pydantic knows it."""
    aliases = {field.validation_alias for field in settings.model_fields.values()}
    return name if name in aliases else PREFIX + name.upper()
