"""Settings from variables and options."""

import pytest

from runs_mcp.configuration import Configuration
from runs_mcp.errors import SettingsError
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.settings import PREFIX, Settings, option_fields


def refusal(options: dict[str, str | bool] | None = None) -> str:
    with pytest.raises(SettingsError) as refused:
        Configuration.load(options)
    return str(refused.value)


def test_the_defaults_are_those_of_the_contract() -> None:
    loaded = Settings.load()
    assert [provider.settings.key for provider in Configuration.load().providers] == ["", ""]
    assert CurrentsSettings.load().base_url == "https://api.currents.dev/v1"
    assert BuildkiteSettings.load().base_url == "https://api.buildkite.com"
    assert loaded.read_only is False
    assert loaded.trim_above_bytes == 1_000_000
    assert loaded.result_bytes == 8000
    assert loaded.timeout_s == 30
    assert loaded.max_download_bytes == 100_000_000
    assert loaded.providers == ()


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("RUNS_MCP_READ_ONLY", "true", "read_only", True),
        ("RUNS_MCP_READ_ONLY", "0", "read_only", False),
        ("RUNS_MCP_TRIM_ABOVE_BYTES", "5", "trim_above_bytes", 5),
        ("RUNS_MCP_RESULT_BYTES", "40000", "result_bytes", 40_000),
        ("RUNS_MCP_TIMEOUT_S", "0.5", "timeout_s", 0.5),
        ("RUNS_MCP_MAX_DOWNLOAD_BYTES", "1000", "max_download_bytes", 1000),
        ("RUNS_MCP_PROVIDERS", "currents", "providers", ("currents",)),
        ("RUNS_MCP_PROVIDERS", " currents , ", "providers", ("currents",)),
        ("RUNS_MCP_PROVIDERS", ",", "providers", ()),
        ("runs_mcp_result_bytes", "9000", "result_bytes", 9000),
        ("RUNS_MCP_CONFIRM", '"page"', "confirm", "page"),
        ("RUNS_MCP_READ_ONLY", " 'true' ", "read_only", True),
        ("RUNS_MCP_RESULT_BYTES", "RUNS_MCP_RESULT_BYTES=9000", "result_bytes", 9000),
        ("RUNS_MCP_PREAPPROVE", "'cancel', \"delete\"", "preapprove", ("cancel", "delete")),
        ("RUNS_MCP_PREAPPROVE", '"cancel","delete"', "preapprove", ("cancel", "delete")),
        ("RUNS_MCP_PREAPPROVE", '"cancel,delete"', "preapprove", ("cancel", "delete")),
    ],
)
def test_a_setting_is_read_from_the_environment(
    variable: str, value: str, field: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert getattr(Settings.load(), field) == expected


@pytest.mark.parametrize("name", sorted(option_fields()))
def test_an_empty_variable_is_the_default(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), "")
    assert getattr(Settings.load(), name) == Settings.model_fields[name].default


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS_MCP_RESULT_BYTES", "9000")
    monkeypatch.setenv("RUNS_MCP_READ_ONLY", "false")
    loaded = Settings.load({"result_bytes": "10000", "read_only": True})
    assert loaded.result_bytes == 10_000
    assert loaded.read_only is True


def test_every_setting_but_those_of_a_provider_is_an_option_with_a_meaning() -> None:
    fields = option_fields()
    assert set(fields) == set(Settings.model_fields)
    assert all(len(meaning) > 10 for meaning in fields.values())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RUNS_MCP_READ_ONLY", "perhaps"),
        ("RUNS_MCP_TRIM_ABOVE_BYTES", "-1"),
        ("RUNS_MCP_TRIM_ABOVE_BYTES", "1 MB"),
        ("RUNS_MCP_RESULT_BYTES", "40001"),
        ("RUNS_MCP_RESULT_BYTES", "10"),
        ("RUNS_MCP_RESULT_BYTES", "8e3x"),
        ("RUNS_MCP_TIMEOUT_S", "0"),
        ("RUNS_MCP_TIMEOUT_S", "-1"),
        ("RUNS_MCP_TIMEOUT_S", "nan"),
        ("RUNS_MCP_TIMEOUT_S", "inf"),
        ("RUNS_MCP_TIMEOUT_S", "30s"),
        ("RUNS_MCP_MAX_DOWNLOAD_BYTES", "0"),
        ("RUNS_MCP_PROVIDERS", "jenkins"),
        ("RUNS_MCP_PROVIDERS", "currents,jenkins"),
        ("CURRENTS_API_URL", "api.currents.dev"),
        ("CURRENTS_API_URL", "ftp://api.currents.dev"),
        ("CURRENTS_API_URL", "https://"),
        ("CURRENTS_API_URL", "https:///v1"),
        ("CURRENTS_API_URL", "https://[half/v1"),
        ("CURRENTS_API_URL", "https://me:hunter2@api.currents.dev/v1"),
        ("CURRENTS_API_URL", "https://api.currents.dev/v1?x=1"),
        ("CURRENTS_API_URL", "https://api.currents.dev/v1?"),
        ("CURRENTS_API_URL", "https://api.currents.dev/v1#x"),
        ("CURRENTS_API_URL", "https://api.currents.dev/v1#"),
        ("CURRENTS_API_URL", "https://api.currents.dev:port/v1"),
        ("CURRENTS_API_URL", "https://api.currents.dev:99999/v1"),
        ("CURRENTS_API_URL", "https://api currents.dev/v1"),
        ("CURRENTS_API_URL", "https://api.currents.dev/v1\nX: y"),
        ("CURRENTS_API_KEY", "a\nb"),
        ("CURRENTS_API_KEY", "caf\u00e9"),
        ("CURRENTS_API_KEY", "a\tb"),
        ("CURRENTS_API_KEY", "a\x7fb"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_one_line_that_names_the_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    message = refusal()
    assert message.startswith(f"{variable}: ")
    assert len(message.splitlines()) == 1
    assert "hunter2" not in message


def test_a_wrong_option_is_named_like_its_variable() -> None:
    assert refusal({"result_bytes": "x"}).startswith("RUNS_MCP_RESULT_BYTES: ")


def test_an_option_that_does_not_exist_is_refused() -> None:
    assert "RUNS_MCP_COLOUR" in refusal({"colour": "red"})


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("RUNS_MCP_READONLY", "did you mean RUNS_MCP_READ_ONLY?"),
        ("RUNS_MCP_RESULT_BYTE", "did you mean RUNS_MCP_RESULT_BYTES?"),
        ("runs_mcp_timeout", "did you mean RUNS_MCP_TIMEOUT_S?"),
        ("RUNS_MCP_QQQQQQQQ", "RUNS_MCP_RESULT_BYTES"),
    ],
)
def test_a_misspelled_variable_is_refused_and_the_nearest_is_named(
    variable: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "true")
    message = refusal()
    assert message.startswith(f"{variable} is not a setting")
    assert hint in message
    assert len(message.splitlines()) == 1


def test_other_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS_MCPX", "x")
    monkeypatch.setenv("READ_ONLY", "true")
    monkeypatch.setenv("RESULT_BYTES", "9000")
    assert Settings.load().read_only is False
    assert Settings.load().result_bytes == 8000


def test_settings_do_not_change_once_they_are_read() -> None:
    loaded = Settings.load()
    with pytest.raises(ValueError, match="frozen"):
        loaded.read_only = True
