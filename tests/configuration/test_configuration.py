"""Which providers are served, and with which settings."""

import pytest

from runs_mcp.configuration import Configuration

KEY = "key-that-nobody-may-see"


def served() -> tuple[str, ...]:
    return tuple(provider.definition.name for provider in Configuration.load().served)


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


def test_variables_replace_the_settings_of_providers_and_no_others() -> None:
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
    assert currents.settings.api_url == "http://127.0.0.1:1/v1"
    assert buildkite.settings.api_url == "http://127.0.0.1:1/v2"
    assert currents.settings.key == buildkite.settings.key == KEY
    assert changed.settings.result_bytes == 9000
    assert loaded.served == ()


def test_a_state_key_is_derived_from_the_api_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    def derived() -> list[bytes]:
        return Configuration.load().signing_keys()

    monkeypatch.setenv("CURRENTS_API_KEY", KEY)
    first = derived()
    assert first == derived()
    assert len(first[0]) >= 32
    monkeypatch.setenv("CURRENTS_API_KEY", f"{KEY}2")
    assert derived() != first


def test_state_keys_of_the_operator_are_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", KEY)
    monkeypatch.setenv("RUNS_MCP_STATE_KEYS", "x" * 32)
    loaded = Configuration.load()
    assert loaded.signing_keys() == [b"x" * 32]
