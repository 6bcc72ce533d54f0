"""Secrets are removed from texts."""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secret_shapes import secret_texts, shows_secret

from runs_mcp.text import safe_line, safe_text, without_url_secrets


@pytest.mark.parametrize(
    "name",
    [
        *["Signature", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token"],
        *["X-Goog-Signature", "X-Goog-Credential", "Key-Pair-Id", "sig", "token", "access_token"],
        *["api_key", "apikey", "client_secret", "password", "auth", "Authorization", "oauth_nonce"],
        *["SIG", "TOKEN", "x-amz-signature", "user[token]", "refresh_token"],
    ],
)
def test_a_url_with_a_secret_parameter_loses_its_query(name: str) -> None:
    bare = "https://s3.example:8443/a/b.png"
    assert without_url_secrets(f"{bare}?{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?x=1&{name}=abc%2F+/=&y=2#top") == f"{bare}?…"
    assert without_url_secrets(f"{bare}#{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?x=1#/in?{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?x=1&amp;{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?x=1\\u0026{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?to=https%3A%2F%2Fb%3F{name}%3Dabc") == f"{bare}?…"


def test_a_cloudfront_url_loses_its_policy() -> None:
    signed = "https://cdn.example/v.webm?Policy=eyJ&Signature=ab~c&Key-Pair-Id=APK"
    assert without_url_secrets(signed) == "https://cdn.example/v.webm?…"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *[
            ("(", ")"),
            ("[a](", ")[b]"),
            ("[", "]"),
            ("'", "',"),
            ('"', '"}'),
            ("<", ">"),
            ("`", "`"),
        ],
        *[("see ", ". Then"), ("", ", and"), ("", "?\nnext"), ("**", "**"), ('\\"', '\\",')],
        *[("fetch('", "').then()"), ("", "\\n    at x"), ("'", "';next"), ("[", "]: no")],
    ],
)
def test_text_around_a_url_stays(before: str, after: str) -> None:
    text = f"{before}https://a.example/p?token=abc{after}"
    assert without_url_secrets(text) == f"{before}https://a.example/p?…{after}"


@pytest.mark.parametrize(
    "secret",
    ["a(b)c", "a)bc", "a'bc", "a,b;c", "a.b.c", "a/b?c", "a:b@c", "[1]=x", "a|b{c}d", "]&x=1"],
)
def test_punctuation_within_a_secret_does_not_end_it(secret: str) -> None:
    text = f"https://a.example/p?token={secret}z next"
    assert without_url_secrets(text) == "https://a.example/p?… next"
    assert without_url_secrets(f"http://[::1]:80/?f[a][b]={secret}&sig=x") == "http://[::1]:80/?…"


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/p?x=1&author=jo&page=2#top",
        "https://a.example/p?token",
        "https://a.example/token=1/secret",
        "https://a.example/?design=1&signal=2&newsig=1&monkey=3&max_tokens=5",
        "https://a.example/@scope/pkg@1.2.3?mail=a@b.example",
        "webpack://@org/app/./src/a.ts?1a2b",
        "/p?token=x is no URL, 'a?b' neither; mail jo@a.example",
        "Bearer token is missing",
        'WWW-Authenticate: Bearer realm="api", error="invalid_token"',
        "the bearer of bad news",
    ],
)
def test_text_without_secrets_stays_exactly_as_it_is(text: str) -> None:
    assert without_url_secrets(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pass@host.example/p?x=1", "https://…@host.example/p?x=1"),
        ("ssh://git@host.example/p", "ssh://…@host.example/p"),
        ("https://user:p@ss@host.example", "https://…@host.example"),
        ("https:\\/\\/u:p@host.example\\/p", "https:\\/\\/…@host.example\\/p"),
        ("to http://a:b@c/, http://d:e@f/", "to http://…@c/, http://…@f/"),
        ("https://u:p@a.example/?sig=1", "https://…@a.example/?…"),
        ("https://a/?to=http://u:p@b", "https://a/?to=http://…@b"),
        ("https:\\/\\/a.example\\/p?sig=1", "https:\\/\\/a.example\\/p?…"),
    ],
)
def test_user_names_and_passwords_in_urls_are_hidden(text: str, shown: str) -> None:
    assert without_url_secrets(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer abc.def-123_~+/==", "Bearer …"),
        ("Authorization: Bearer eyJ.a.b. Then", "Authorization: Bearer …. Then"),
        ("authorization: bearer abc", "authorization: bearer …"),
        ("AUTHORIZATION: BEARER abc", "AUTHORIZATION: BEARER …"),
        ('{"Authorization":"Bearer abc"}', '{"Authorization":"Bearer …"}'),
        ('{\\"authorization\\": \\"bearer abc\\"}', '{\\"authorization\\": \\"bearer …\\"}'),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic …"),
        ("https://a/?auth=Bearer abc", "https://a/?… …"),
    ],
)
def test_bearer_tokens_are_hidden(text: str, shown: str) -> None:
    assert without_url_secrets(text) == shown


URL_PIECES = [
    *"()[]'\"`<>.,;:!?#&=@/\\ \n…aB1_%{}|",
    *["https://", "http:\\/\\/", "a.example", "/p", "?", "&", "token=", "sig=", "x=1", "u:p@"],
    *["Bearer ", "Authorization: ", "basic ", "\\u0026", "%3Ftoken%3D", "[a]", "token"],
]


@given(st.lists(st.sampled_from(URL_PIECES), max_size=20).map("".join))
@settings(max_examples=1000, deadline=None)
def test_hiding_secrets_twice_is_hiding_them_once(text: str) -> None:
    once = without_url_secrets(text)
    assert without_url_secrets(once) == once


@given(
    st.lists(st.sampled_from(["x=1", "f[a]=b", "q=a.b", "y=(z)", "n"])),
    st.sampled_from(["", " ", ".", ")", "]", "',", '"', "> "]),
    st.sampled_from(["token", "sig", "X-Amz-Signature", "my_password"]),
)
@settings(deadline=None)
def test_no_secret_value_survives(others: list[str], around: str, name: str) -> None:
    query = "&".join([*others, f"{name}=SECRET", *others])
    assert "SECRET" not in without_url_secrets(f"{around}https://a.example/p?{query}{around}")


SIGNED = ["Signature", "X-Amz-Signature", "X-Goog-Signature", "sig", "q-signature", "access_token"]
PATHS = [
    *["shot (1).png", "shot%20(1).png", "a)b", "a]b", "a'b", "a`b", "a<b", "a\\b", "a b/c", "日本"],
    *["a{b}", "a|b", "a,b", "a;b", "a[0]", "$x", "~u"],
]
PREFIXES = [
    "https://s3.example/",
    "//cdn.example/",
    "cdn.example/",
    "/files/",
    "",
    "url(",
    "[x](http://a/",
]


@given(
    st.sampled_from(PREFIXES),
    st.sampled_from(PATHS),
    st.sampled_from(SIGNED),
    st.sampled_from(
        ["?{}={}", "?Expires=1&{}={}", "%3F{}%3D{}", "?a=1%26{}%3D{}", "?a=1&amp;{}={}"]
    ),
    st.sampled_from(["", " then", ")", "\nnext", '", "x": 1', "&y=2"]),
)
@settings(max_examples=1000, deadline=None)
def test_no_signature_survives_whatever_stands_before_it(
    prefix: str, path: str, name: str, query: str, after: str
) -> None:
    secret = "5eCr3tS1gnatureValue"
    text = f"{prefix}{path}{query.format(name, secret)}{after}"
    assert secret not in without_url_secrets(text)


@pytest.mark.parametrize("text", ["the token=abc", "sig=1", "tokens=500000000", "author=somebody1"])
def test_short_values_and_other_names_stay(text: str) -> None:
    assert without_url_secrets(text) == text


@pytest.mark.parametrize("clean", [safe_text, safe_line])
def test_no_wrapping_of_a_link_and_no_name_shows_a_secret(clean: Callable[[str], str]) -> None:
    texts = list(secret_texts())
    assert len(texts) > 500
    shown = {name: clean(text) for name, text in texts if shows_secret(clean(text))}
    assert not shown


@given(
    st.sampled_from(list(secret_texts())),
    st.text(alphabet=" abc\n\"'`()[]<>{}&?=#%;,.|\\\u200b\x1b[m1", max_size=12),
    st.text(alphabet=" abc\n\"'`()[]<>{}&?=#;,.|\\", max_size=12),
)
@settings(max_examples=1500)
def test_no_secret_survives_whatever_stands_around_it(
    named: tuple[str, str], before: str, after: str
) -> None:
    # A character of a name right before it makes it another name.
    text = f"{before} {named[1]} {after}"
    assert not shows_secret(safe_text(text)), safe_text(text)


@pytest.mark.parametrize("before", ["\x1b[", "\x1b[ ", "\x9b", "\x1b(", "\x1b[3", "\x1b[1;2 "])
def test_a_code_that_takes_the_first_letter_of_a_name_hides_no_secret(before: str) -> None:
    for _, text in secret_texts():
        assert not shows_secret(safe_text(f"{before}{text}")), text


LONG: Final = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


@pytest.mark.parametrize(
    "token",
    [
        *(f"gh{kind}_{LONG}" for kind in "opusr"),
        f"github_pat_11ABC_{LONG}",
        f"glpat-{LONG[:20]}",
        f"npm_{LONG}",
        f"sk_live_{LONG}",
        f"xoxb-123456789012-{LONG}",
        "AKIAIOSFODNN7EXAMPLE",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{LONG}",
    ],
)
def test_a_token_is_known_by_its_beginning_without_a_name(token: str) -> None:
    assert safe_text(f"login failed with {token}, again") == "login failed with …, again"
    assert safe_text(f"({token})") == "(…)"


@pytest.mark.parametrize(
    "text",
    [
        *("ghp_ is a prefix", "npm_config_cache=/tmp", "eyJ", "eyJhbGciOiJIUzI1NiJ9 is a head"),
        *(
            "AKIA",
            "ASIA is a continent",
            "sk_live_",
            "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        ),
        *("expected token to equal 12", "sort key: createdAt", "the author is jane", "glpat-short"),
    ],
)
def test_what_only_looks_like_a_token_stays(text: str) -> None:
    assert safe_text(text) == text
