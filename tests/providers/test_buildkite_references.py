import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.buildkite.references import (
    BuildkiteRunRef,
    BuildkiteSuite,
    buildkite_build,
    buildkite_organization,
    buildkite_run,
    buildkite_suite,
)

RUN = "075bbcd9-662c-86f5-9d40-adfa6549eff1"
NONE = BuildkiteSuite("", "")
DEFAULTS = BuildkiteSuite("acme", "web")
URL = f"https://buildkite.com/organizations/acme/analytics/suites/web/runs/{RUN}"


@pytest.mark.parametrize("ending", ["", "/", "/tests?x=1", "?a=b", "#top"])
@pytest.mark.parametrize("form", ["{}", " {}\n", "<{}>"])
def test_the_url_of_a_run_names_organization_suite_and_run(ending: str, form: str) -> None:
    pasted = form.format(URL + ending)
    assert buildkite_run(pasted, "", "", NONE) == BuildkiteRunRef("acme", "web", RUN)
    bare = pasted.replace("https://", "")
    assert buildkite_run(bare, "acme", "web", BuildkiteSuite("x", "y")).run_id == RUN


def test_a_uuid_needs_organization_and_suite_given_or_configured() -> None:
    assert buildkite_run(RUN.upper(), "", "", DEFAULTS) == BuildkiteRunRef("acme", "web", RUN)
    assert buildkite_run(RUN, "other", "api", DEFAULTS) == BuildkiteRunRef("other", "api", RUN)
    with pytest.raises(InvalidArgument, match="No organization"):
        buildkite_run(RUN, "", "", NONE)
    with pytest.raises(InvalidArgument, match="No suite"):
        buildkite_run(RUN, "acme", "", NONE)


@pytest.mark.parametrize("thing", ["", "/runs/x", "/tests/abc", "?branch=main"])
def test_any_url_in_a_suite_names_the_suite(thing: str) -> None:
    url = f"https://buildkite.com/organizations/acme/analytics/suites/web.api{thing}"
    assert buildkite_suite("", url, NONE) == BuildkiteSuite("acme", "web.api")


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "../x",
        RUN[:-1],
        RUN + "0",
        RUN + "\n",
        RUN.replace("0", "٠"),
        "a" * 10_000,
        URL.replace("/runs/", "/tests/"),
        URL.replace("buildkite.com", "buildkite.com.evil.example"),
        URL.replace("https://", "https://user@"),
        URL.replace("buildkite.com", "evil.example"),
        URL.replace("/web/", "/../"),
        URL.replace("/web/", "/we%2Fb/"),
        URL.replace(RUN, ""),
    ],
)
def test_anything_but_a_run_is_refused(reference: str) -> None:
    with pytest.raises(InvalidArgument):
        buildkite_run(reference, "", "", DEFAULTS)


@pytest.mark.parametrize(
    "slug", ["a/b", "..", ".a", "a.", "a%2Fb", "a?x=", "a#b", " a", "a\n", "ä"]
)
def test_anything_but_a_slug_is_refused(slug: str) -> None:
    with pytest.raises(InvalidArgument):
        buildkite_organization(slug, "")
    with pytest.raises(InvalidArgument):
        buildkite_suite("acme", slug, NONE)


def test_a_url_and_arguments_that_contradict_it_are_refused() -> None:
    for organization, suite in (("other", ""), ("", "other")):
        with pytest.raises(InvalidArgument, match="contradict"):
            buildkite_run(URL, organization, suite, NONE)


def test_a_build_is_a_uuid_or_none() -> None:
    assert buildkite_build("") == ""
    assert buildkite_build(RUN.upper()) == RUN
    with pytest.raises(InvalidArgument):
        buildkite_build("123")


@given(st.text(max_size=200))
def test_every_accepted_slug_is_one_segment_of_a_path(text: str) -> None:
    try:
        slug = buildkite_organization(text, "")
    except InvalidArgument:
        return
    assert slug.isascii()
    assert not set(slug) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert slug.strip(".") == slug
