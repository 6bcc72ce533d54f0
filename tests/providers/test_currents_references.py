"""Which IDs and dashboard URLs of Currents are accepted, and what a refusal says."""

import re
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.currents.references import (
    currents_instance_id,
    currents_instance_url,
    currents_project_id,
    currents_run_id,
    currents_run_url,
)

Reader = Callable[[str], str]

RUN = "0a91f41ed60abfab9ea509e866ba9d6d"
INSTANCE = "b5f95e95-726f-4a3b-9edc-6cc0b0eb85fd"

all_readers = pytest.mark.parametrize(
    "read",
    [
        pytest.param(currents_project_id, id="project"),
        pytest.param(currents_run_id, id="run"),
        pytest.param(currents_instance_id, id="instance"),
    ],
)
readers_of_urls = pytest.mark.parametrize(
    ("read", "thing"),
    [
        pytest.param(currents_run_id, "run", id="run"),
        pytest.param(currents_instance_id, "instance", id="instance"),
    ],
)


@all_readers
@pytest.mark.parametrize("identifier", ["a", "bAYZ4a", RUN, INSTANCE, "_-_", "0", "-", "x" * 128])
def test_an_id_is_taken_as_it_is(read: Reader, identifier: str) -> None:
    assert read(identifier) == identifier


@all_readers
@pytest.mark.parametrize(
    "reference",
    [
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
        pytest.param(".", id="this folder"),
        pytest.param("..", id="the folder above"),
        pytest.param("../webhooks/abc", id="another path of the API"),
        pytest.param("/webhooks/abc", id="an absolute path"),
        pytest.param("..\\webhooks", id="a path with backslashes"),
        pytest.param("a/b", id="two segments"),
        pytest.param("a/", id="a slash behind"),
        pytest.param("a%2Fb", id="an encoded slash"),
        pytest.param("%2e%2e", id="encoded dots"),
        pytest.param("a?x=", id="a query"),
        pytest.param("a#b", id="a fragment"),
        pytest.param("a;b", id="a path parameter"),
        pytest.param("a.b", id="a dot"),
        pytest.param("a b", id="a space inside"),
        pytest.param(" a", id="a space before"),
        pytest.param("a\n", id="a line end behind"),
        pytest.param("a\r\nX-Header: 1", id="a header behind"),
        pytest.param("a\x00", id="a NUL behind"),
        pytest.param("a\x00b", id="a NUL inside"),
        pytest.param("a\u200bb", id="an invisible character"),
        pytest.param("\u0661\u0662\u0663", id="Arabic digits"),
        pytest.param("\uff41\uff42\uff43", id="full-width letters"),
        pytest.param("\u0430bc", id="a Cyrillic a"),
        pytest.param("caf\u00e9", id="an accent"),
        pytest.param("x" * 129, id="129 characters"),
        pytest.param("x" * 10_000, id="10,000 characters"),
        pytest.param("find", id="the API's own path for finding"),
        pytest.param("cancel-ci", id="the API's own path for canceling"),
        pytest.param(f"<{RUN}>", id="an ID in angle brackets"),
        pytest.param(f"currents:{RUN}", id="a reference of another tool"),
    ],
)
def test_what_is_not_an_id_is_refused(read: Reader, reference: str) -> None:
    with pytest.raises(InvalidArgument):
        read(reference)


@readers_of_urls
@pytest.mark.parametrize("scheme", ["https://", "http://", ""])
@pytest.mark.parametrize(
    "behind",
    [
        *["", "/", "/tests", "/tests/deep/../..", "?", "?tab=errors&x=/run/other", "#", "#top"],
        *["/tests?tab=1#top", "?x=y\nfor your information", "#<b>"],
    ],
)
def test_a_dashboard_url_gives_its_id_whatever_follows_it(
    read: Reader, thing: str, scheme: str, behind: str
) -> None:
    assert read(f"{scheme}app.currents.dev/{thing}/{RUN}{behind}") == RUN


@readers_of_urls
@pytest.mark.parametrize(
    "pasted",
    [
        *[" {} ", "\n{}\n", "\t{}\r\n", "<{}>", " <{}> ", "\u00a0{}\u00a0", "<{}/tests?x=1#y>"],
        *[
            "({})",
            "[{}]",
            "`{}`",
            '"{}"',
            "'{}'",
            "**{}**",
            "[the run]({})",
            "[{0}]({0})",
            "<{}|run>",
        ],
        *["{}.", "{}, ", "{}!", "See {}.", "It failed ({}).", "Recording URL: {}\n"],
    ],
)
def test_a_url_is_found_within_pasted_whitespace_and_brackets(
    read: Reader, thing: str, pasted: str
) -> None:
    assert read(pasted.format(f"https://app.currents.dev/{thing}/{RUN}")) == RUN


@readers_of_urls
def test_case_does_not_matter_in_scheme_and_host_but_is_kept_in_the_id(
    read: Reader, thing: str
) -> None:
    assert read(f"HTTPS://App.Currents.DEV/{thing}/AbC") == "AbC"


@readers_of_urls
@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://app.currents.dev.evil.example/{}/abc", id="a longer host"),
        pytest.param("https://evilapp.currents.dev/{}/abc", id="another host that ends the same"),
        pytest.param("https://evil.app.currents.dev/{}/abc", id="a host below"),
        pytest.param("https://appxcurrents.dev/{}/abc", id="any character for a dot"),
        pytest.param("https://app.currents.dev@evil.example/{}/abc", id="the host as a user"),
        pytest.param("https://user@app.currents.dev/{}/abc", id="a user"),
        pytest.param("https://user:word@app.currents.dev/{}/abc", id="a user with a password"),
        pytest.param("https://app.currents.dev:8443/{}/abc", id="a port"),
        pytest.param("https://app.currents.dev\\@evil.example/{}/abc", id="a backslash"),
        pytest.param("https://evil.example/app.currents.dev/{}/abc", id="the host as a path"),
        pytest.param("https://evil.example/?u=app.currents.dev/{}/abc", id="the host in a query"),
        pytest.param("https://evil.example#app.currents.dev/{}/abc", id="the host in a fragment"),
        pytest.param("https://api.currents.dev/v1/{}s/abc", id="the API"),
        pytest.param("https://currents.dev/{}/abc", id="the host above"),
        pytest.param("ftp://app.currents.dev/{}/abc", id="another scheme"),
        pytest.param("javascript://app.currents.dev/{}/abc", id="a script"),
        pytest.param("//app.currents.dev/{}/abc", id="two slashes"),
        pytest.param("https:app.currents.dev/{}/abc", id="no slashes"),
        pytest.param("https://\u0430pp.currents.dev/{}/abc", id="a Cyrillic letter in the host"),
        pytest.param("https://app.current\u017f.dev/{}/abc", id="a long s in the host"),
        pytest.param("https://app.currents\u3002dev/{}/abc", id="an ideographic dot in the host"),
    ],
)
def test_the_url_of_another_host_is_refused(read: Reader, thing: str, url: str) -> None:
    with pytest.raises(InvalidArgument):
        read(url.format(thing))


@readers_of_urls
@pytest.mark.parametrize(
    "path",
    [
        *["", "/", "/{}", "/{}/", "/{}/?abc", "/{}//abc", "/{}s/abc", "/x/{}/abc", "//{}/abc"],
        *["/{}/..", "/{}/%61", "/{}/a%2Fb", "/{}/a b", "/{}/a\x00", "/{}/a;b", "/{}/find"],
        *["/{}/caf\u00e9", "/{}/\uff41", "/{}/" + "x" * 129, "/projects/abc/runs"],
    ],
)
def test_a_dashboard_url_without_a_valid_id_is_refused(read: Reader, thing: str, path: str) -> None:
    with pytest.raises(InvalidArgument):
        read(f"https://app.currents.dev{path.format(thing)}")


def test_the_url_of_an_instance_is_not_a_run_id() -> None:
    with pytest.raises(InvalidArgument, match="not the URL of a run"):
        currents_run_id(currents_instance_url(INSTANCE))


def test_the_url_of_a_run_is_not_an_instance_id() -> None:
    with pytest.raises(InvalidArgument, match="not the URL of an instance"):
        currents_instance_id(currents_run_url(RUN))


def test_a_url_is_not_a_project_id() -> None:
    with pytest.raises(InvalidArgument):
        currents_project_id("https://app.currents.dev/projects/bAYZ4a")


@pytest.mark.parametrize("identifier", [RUN, INSTANCE, "find-1", "x" * 128])
def test_the_urls_in_answers_can_be_passed_back(identifier: str) -> None:
    assert currents_run_id(currents_run_url(identifier)) == identifier
    assert currents_instance_id(currents_instance_url(identifier)) == identifier


ID_CHARACTERS = "abcXYZ019_-"
ODD_CHARACTERS = "./%?#@:\\;<> \n\r\t\x00\u00a0\u0661\uff41\u0130\u017f\u212a\u200b\U0001f600"
PIECES = [
    *ID_CHARACTERS,
    *ODD_CHARACTERS,
    *["https://", "http://", "app.currents.dev", "app.currents.dev/run/", "run/", "instance/"],
    *["https://app.currents.dev/run/", "https://app.currents.dev/instance/", "..", "../", "%2F"],
]
pasted_text = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text()


@all_readers
@given(reference=pasted_text)
@example(reference="https://app.currents.dev/run/abc\n")
def test_whatever_is_accepted_is_an_id(read: Reader, reference: str) -> None:
    try:
        identifier = read(reference)
    except InvalidArgument:
        return
    assert re.fullmatch("[A-Za-z0-9_-]{1,128}", identifier)
    assert identifier in reference


@all_readers
@given(identifier=st.text(ID_CHARACTERS, min_size=1, max_size=128))
def test_every_id_is_accepted(read: Reader, identifier: str) -> None:
    assert read(identifier) == identifier


@readers_of_urls
@given(
    identifier=st.text(ID_CHARACTERS, min_size=1, max_size=128),
    behind=st.just("") | st.tuples(st.sampled_from("/?#"), st.text()).map("".join),
)
def test_the_id_in_a_url_ends_at_the_first_delimiter(
    read: Reader, thing: str, identifier: str, behind: str
) -> None:
    assert read(f"https://app.currents.dev/{thing}/{identifier}{behind}") == identifier


@all_readers
@given(text=pasted_text)
@example(text="x" * 10_000)
@example(text="\u202e\x1b[31m" + "\n" * 3000)
def test_a_refusal_quotes_the_reference_in_one_short_line(read: Reader, text: str) -> None:
    assume("app.currents.dev/" not in text)
    with pytest.raises(InvalidArgument) as refused:
        read(f"../{text}")
    shown = str(refused.value)
    assert shown.startswith('"../')
    assert "nothing was requested" in shown
    assert len(shown) < 600
    assert not set("\n\r\u202e\x1b\x00\u200b") & set(shown)


@pytest.mark.parametrize(
    ("read", "hint"),
    [
        (currents_project_id, "currents_list_projects"),
        (currents_run_id, "https://app.currents.dev/run/"),
        (currents_instance_id, "https://app.currents.dev/instance/"),
    ],
)
def test_a_refusal_says_where_such_an_id_comes_from(read: Reader, hint: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        read("../webhooks/abc")
    assert hint in str(refused.value)
    assert "../webhooks/abc" in str(refused.value)
