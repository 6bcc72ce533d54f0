"""Settings: environment variables, and the options of the command that override them."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX: Final = "RUNS_MCP_"
_STATE_KEY_BYTES: Final = 32

ConfirmPolicy = Literal["auto", "human", "page", "token"]
ActionName = Literal["cancel", "reset", "delete"]


class SettingsError(Exception):
    """A setting that cannot be used. The message is one line that says how to fix it."""


def _check_url(value: str) -> str:
    value = value.strip()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must be an http or https URL")
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname or url.port == 0:
        raise ValueError("must be an http or https URL")
    if url.username is not None or url.password is not None or "?" in value or "#" in value:
        raise ValueError("must not contain a user, password, query or fragment")
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


def _expand_home(value: Path | None) -> Path | None:
    try:
        return value.expanduser() if value else None
    except RuntimeError as error:
        raise ValueError("there is no such user's home") from error


def _split_commas(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Url = Annotated[str, AfterValidator(_check_url)]
"""An http or https URL, without a slash at its end."""

ApiKey = Annotated[SecretStr, AfterValidator(_check_key)]
"""An API key: printable ASCII."""

S = TypeVar("S", bound=BaseSettings)


class ProviderSettings(BaseSettings):
    """The settings of one provider.

    Each field has the variable that sets it as its `validation_alias`.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    key_setting: ClassVar[str]
    """The variable that holds the API key."""

    @property
    def key(self) -> str:
        """The API key; empty where none is set."""
        raise NotImplementedError

    @property
    def api_url(self) -> str:
        """What the paths of the API are appended to."""
        raise NotImplementedError

    @classmethod
    def load(cls, variables: Mapping[str, str] | None = None) -> Self:
        """Returns the settings from the environment, overridden by `variables`.

        Raises:
            SettingsError: A value cannot be used.
        """
        return _load(cls, variables or {})


class Settings(BaseSettings):
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
    preapprove: Annotated[tuple[ActionName, ...], NoDecode, BeforeValidator(_split_commas)] = Field(
        (),
        description="comma list of cancel, reset, delete that run without asking: for automation",
    )
    state_keys: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_check_state_key)], ...],
        NoDecode,
        BeforeValidator(_split_commas),
    ] = Field(
        (),
        description="comma list of secrets of at least 32 bytes: the first signs, all verify; by "
        "default derived from the API keys",
    )
    open_browser: bool = Field(
        True,
        description="open the confirmation page in the person's browser where the machine has a "
        "desktop; otherwise the answer has its address",
    )
    audit_log: Annotated[Path | None, AfterValidator(_expand_home)] = Field(
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
        gt=0,
        le=600,
        description="one deadline for a tool call's upstream work, retries and waits included, in "
        "seconds",
    )
    max_download_bytes: int = Field(
        100_000_000, ge=1000, description="decoded size at which a download is stopped"
    )
    providers: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)] = Field(
        (), description="comma list of the providers to serve; by default those with a key"
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
            raise SettingsError(f"{variable} is not a setting of this version; {hint}")


def _load(settings: type[S], values: Mapping[str, str | bool]) -> S:
    try:
        return settings(**values)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        raise SettingsError(_first_problem(settings, error)) from None


def _first_problem(settings: type[BaseSettings], error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    name = str(problem["loc"][0]) if problem["loc"] else "settings"
    aliases = {field.validation_alias for field in settings.model_fields.values()}
    variable = name if name in aliases else PREFIX + name.upper()
    return f"{variable}: {problem['msg'].removeprefix('Value error, ')}"
