"""Keys and URLs of providers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.settings import SettingsError

KEY = "key-that-nobody-may-see"


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


@pytest.mark.parametrize(
    "value",
    ["https://proxy.example/v1\n", " https://proxy.example/v1", "https://proxy.example/v1 "],
)
def test_whitespace_around_a_url_is_not_part_of_it(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRENTS_API_URL", value)
    assert CurrentsSettings.load().base_url == "https://proxy.example/v1"


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
    with pytest.raises(SettingsError) as refused:
        CurrentsSettings.load()
    assert KEY not in str(refused.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_any_key_can_stand_in_a_header_or_is_refused_without_being_shown(
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
