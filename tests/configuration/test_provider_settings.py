"""Keys and URLs of providers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs_mcp.errors import SettingsError
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.currents.settings import CurrentsSettings

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


PASTED = (
    "{}",
    " {}\n",
    '"{}"',
    "'{}'",
    "`{}`",
    "\u201c{}\u201d",
    "\ufeff{}\u200b",
    "Bearer {}",
    "bearer  {}",
    '"Bearer {}"',
    'Bearer "{}"',
    "Authorization: Bearer {}",
    "CURRENTS_API_KEY={}",
    'export CURRENTS_API_KEY="{}"',
    "currents_api_key = {}",
    " 'CURRENTS_API_KEY=Bearer {}' ",
)


@pytest.mark.parametrize("form", PASTED)
@pytest.mark.parametrize("key", [KEY, "a", "bearer-of-0", "QUJDRA==", "eyJh.eyJz-_.x~y+z/w="])
def test_a_key_is_read_as_people_paste_it(
    form: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", form.format(key))
    assert CurrentsSettings.load().key == key


@pytest.mark.parametrize("form", ["OTHER_KEY={}", "{}\n{}", "Basic {}", '"{}', "key={}", "<{}>"])
def test_what_may_not_be_meant_is_refused_without_being_shown(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", form.format(KEY, KEY))
    with pytest.raises(SettingsError, match="must be the key alone") as refused:
        CurrentsSettings.load()
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "value", ['""', "''", "CURRENTS_API_KEY=", '"CURRENTS_API_KEY="', "\u200b"]
)
def test_a_key_of_which_nothing_is_left_is_none(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRENTS_API_KEY", value)
    assert CurrentsSettings.load().key == ""


@pytest.mark.parametrize(
    "wrap", ["{}", '"{}"', " {} ", "CURRENTS_API_URL={}", "CURRENTS_API_URL='{}'"]
)
@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://api.currents.dev", "https://api.currents.dev/v1"),
        ("https://api.currents.dev/", "https://api.currents.dev/v1"),
        ("https://API.currents.dev", "https://API.currents.dev/v1"),
        ("https://api.currents.dev/v1/", "https://api.currents.dev/v1"),
        ("https://api.currents.dev/v2", "https://api.currents.dev/v2"),
        ("https://currents.example", "https://currents.example"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("http://my_gateway:8080/currents/v1", "http://my_gateway:8080/currents/v1"),
        ("http://xn--bcher-kva.example/v1", "http://xn--bcher-kva.example/v1"),
    ],
)
def test_the_url_of_the_vendor_gets_the_version_that_it_lacks(
    wrap: str, value: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRENTS_API_URL", wrap.format(value))
    assert CurrentsSettings.load().api_url == url


@pytest.mark.parametrize("end", ["", "/", "/v2", "/v2/"])
@pytest.mark.parametrize("start", ["https://api.buildkite.com", "http://127.0.0.1:80/buildkite"])
def test_the_url_of_buildkite_has_its_version_once(
    start: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDKITE_BASE_URL", start + end)
    assert BuildkiteSettings.load().api_url == f"{start}/v2"


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("Acme Inc", "such as acme-inc"),
        ("acme/web", "set BUILDKITE_ORGANIZATION=acme and BUILDKITE_SUITE=web"),
        ("acme/", "set BUILDKITE_ORGANIZATION=acme"),
        ("https://buildkite.com/acme", "set BUILDKITE_ORGANIZATION=acme"),
        ("buildkite.com/organizations/acme/pipelines", "set BUILDKITE_ORGANIZATION=acme"),
        ("https://buildkite.com/acme/pipeline/builds/1", "set BUILDKITE_ORGANIZATION=acme"),
        (
            "https://buildkite.com/organizations/acme/analytics/suites/web/runs/1",
            "set BUILDKITE_ORGANIZATION=acme and BUILDKITE_SUITE=web",
        ),
        (f"bkua_{KEY}", "such as acme-inc"),
        (f"bkua_{KEY}/web", "such as acme-inc"),
        (f"https://buildkite.com/bkua_{KEY}", "such as acme-inc"),
        ("a/b/c", "such as acme-inc"),
    ],
)
@pytest.mark.parametrize("variable", ["BUILDKITE_ORGANIZATION", "BUILDKITE_SUITE"])
def test_what_is_no_slug_is_refused_with_what_to_set(
    variable: str, value: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        BuildkiteSettings.load()
    message = str(refused.value)
    assert message.startswith(f"{variable}: must be a slug")
    assert message.endswith(advice)
    assert KEY not in message


@pytest.mark.parametrize("value", ["acme", "Acme-Inc_2", " acme ", '"acme"', "a.b", "a" * 128])
def test_a_slug_is_taken(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_ORGANIZATION", value)
    assert BuildkiteSettings.load().organization == value.strip(' "')


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
