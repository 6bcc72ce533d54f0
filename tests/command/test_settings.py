import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs_mcp.configuration import Configuration
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.settings import PREFIX, Settings, SettingsError, option_fields

KEY = "key-that-nobody-may-see"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in os.environ:
        if variable.upper().startswith((PREFIX, "CURRENTS_", "BUILDKITE_")):
            monkeypatch.delenv(variable)


def served() -> tuple[str, ...]:
    return tuple(provider.definition.name for provider in Configuration.load().served)


def refusal(options: dict[str, str | bool] | None = None) -> str:
    with pytest.raises(SettingsError) as refused:
        Configuration.load(options)
    return str(refused.value)


def test_the_defaults_are_those_of_the_contract() -> None:
    loaded = Settings.load()
    assert [provider.own.key for provider in Configuration.load().configured] == ["", ""]
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
    ],
)
def test_a_setting_is_read_from_the_environment(
    variable: str, value: str, field: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert getattr(Settings.load(), field) == expected


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("http://localhost:8080/v1", "http://localhost:8080/v1"),
        ("https://proxy.example/a/b/", "https://proxy.example/a/b"),
    ],
)
def test_a_url_is_read_without_the_slash_at_its_end(
    value: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRENTS_API_URL", value)
    assert CurrentsSettings.load().api_url == url


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


@pytest.mark.parametrize(
    "value",
    ["https://proxy.example/v1\n", " https://proxy.example/v1", "https://proxy.example/v1 "],
)
def test_whitespace_around_a_url_is_no_part_of_it(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRENTS_API_URL", value)
    assert CurrentsSettings.load().base_url == "https://proxy.example/v1"


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


def test_other_variables_are_none_of_our_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS_MCPX", "x")
    monkeypatch.setenv("READ_ONLY", "true")
    monkeypatch.setenv("RESULT_BYTES", "9000")
    assert Settings.load().read_only is False
    assert Settings.load().result_bytes == 8000


@pytest.mark.parametrize("value", [KEY, f" {KEY} ", f"{KEY}\n", f"\t{KEY}\r\n"])
def test_a_key_is_read_without_the_whitespace_around_it(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", value)
    assert CurrentsSettings.load().key == KEY


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", KEY)
    loaded = CurrentsSettings.load()
    assert KEY not in f"{loaded!r} {loaded} {loaded.model_dump()} {loaded.model_dump_json()}"
    monkeypatch.setenv("CURRENTS_API_KEY", f"{KEY}\u00e9")
    assert KEY not in refusal()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_whatever_the_key_is_it_can_stand_in_a_header_or_is_refused_unseen(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", f"{value}{KEY}{value}")
    try:
        key = CurrentsSettings.load().key
    except SettingsError as error:
        message = str(error)
        assert KEY not in message
        return
    assert key.isascii()
    assert key.isprintable()
    assert key == key.strip()


@pytest.mark.parametrize("key", ["", " ", "\n"])
def test_a_provider_without_a_key_is_not_served(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served() == ()
    monkeypatch.setenv("CURRENTS_API_KEY", key)
    assert served() == ()
    monkeypatch.setenv("RUNS_MCP_PROVIDERS", "currents")
    assert served() == ()


@pytest.mark.parametrize("wanted", ["", "currents", "currents,currents"])
def test_a_provider_with_a_key_is_served_once(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", KEY)
    monkeypatch.setenv("RUNS_MCP_PROVIDERS", wanted)
    assert served() == ("currents",)


def test_the_sandbox_takes_the_place_of_the_api_and_all_else_stays() -> None:
    loaded = Configuration.load({"result_bytes": "9000"})
    changed = loaded.with_variables(
        {
            "CURRENTS_API_URL": "http://127.0.0.1:1/v1",
            "CURRENTS_API_KEY": KEY,
            "BUILDKITE_BASE_URL": "http://127.0.0.1:1",
            "BUILDKITE_API_TOKEN": KEY,
        }
    )
    currents, buildkite = changed.served
    assert currents.own.api_url == "http://127.0.0.1:1/v1"
    assert buildkite.own.api_url == "http://127.0.0.1:1/v2"
    assert currents.own.key == buildkite.own.key == KEY
    assert changed.settings.result_bytes == 9000
    assert loaded.served == ()


def test_settings_do_not_change_once_they_are_read() -> None:
    loaded = Settings.load()
    with pytest.raises(ValueError, match="frozen"):
        loaded.read_only = True
