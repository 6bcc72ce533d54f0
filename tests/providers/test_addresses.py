"""Addresses of builds, pull requests and commits, as people paste them."""

import pytest

from runs_mcp.providers.addresses import (
    Address,
    BuildkiteBuild,
    Commit,
    GithubRun,
    PullRequest,
    address_in,
    commit_in,
)

RUN = GithubRun("acme/shop", "17345678901")
PULL = PullRequest("github.com/acme/shop/pull/12", "acme/shop", "12")
BUILD = BuildkiteBuild("acme", "shop", "42")
SHA = "9fceb02d0ae598e95dc970b74767f19372d61af8"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://github.com/acme/shop/actions/runs/17345678901", RUN),
        ("https://github.com/acme/shop/actions/runs/17345678901/", RUN),
        (
            "https://github.com/acme/shop/actions/runs/17345678901/job/49224567890?pr=3#step:4:1",
            RUN,
        ),
        ("see (https://github.com/acme/shop/actions/runs/17345678901).", RUN),
        (
            "https://github.com/acme/shop/actions/runs/17345678901/attempts/2",
            RUN._replace(attempt="2"),
        ),
        ("github.com/acme/shop/pull/12", PULL),
        ("https://github.com/acme/shop/pull/12/files#diff-1", PULL),
        ("[fix](https://github.com/acme/shop/pull/12)", PULL),
        (f"https://github.com/acme/shop/commit/{SHA}", Commit(SHA)),
        (
            "https://gitlab.com/acme/web/shop/-/merge_requests/7",
            PullRequest("gitlab.com/acme/web/shop/-/merge_requests/7", "acme/web/shop", "7"),
        ),
        (
            "https://bitbucket.org/acme/shop/pull-requests/7/overview",
            PullRequest("bitbucket.org/acme/shop/pull-requests/7", "acme/shop", "7"),
        ),
        (f"https://github.com/acme/shop/pull/12/commits/{SHA}", Commit(SHA)),
        (
            "https://gitlab.com/acme/shop/-/merge_requests/7/diffs?commit_id=1",
            PullRequest("gitlab.com/acme/shop/-/merge_requests/7", "acme/shop", "7"),
        ),
        (f"https://gitlab.com/acme/shop/-/commit/{SHA}/pipelines", Commit(SHA)),
        (f"https://bitbucket.org/acme/shop/commits/{SHA}#chg", Commit(SHA)),
        ("https://buildkite.com/acme/shop/builds/42", BUILD),
        ("https://buildkite.com/acme/shop/builds/42#0191-job", BUILD),
        ("https://buildkite.com/acme/shop/builds/42/steps/canvas?sid=0191", BUILD),
    ],
)
def test_an_address_is_read_as_it_is_pasted(text: str, address: Address) -> None:
    assert address_in(text) == address
    assert address_in(f"<{text}>") == address or "(" in text


@pytest.mark.parametrize(
    "pasted",
    [
        *[
            "{}",
            " {}\n",
            "<{}>",
            "({})",
            "“{}”",
            "\uff08{}\uff09",
            "**{}**",
            "~~{}~~",
            "`{}`.",
            "| {} |",
        ],
        *[
            "[fix]({})",
            "[fix](<{}>)",
            '[fix]({} "Fix it")',
            "[https://a.example]({})",
            "> {}",
            "{}\u3002",
        ],
        *["\ufeff{}", "\u202a{}\u202c", "{}\u200b", "<{}|the fix>", "<{}|github.com/a/b/pull/9>"],
        *["https://github.com/a/b/pull/9?x#y and {}", "{}?x=1 and more", "x({})"],
    ],
)
def test_a_link_is_found_in_whatever_it_is_pasted(pasted: str) -> None:
    assert address_in(pasted.format("https://github.com/acme/shop/pull/12")) == PULL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://evil.example*github.com/acme/shop/pull/1",
        "https://[github.com/acme/shop/pull/1",
        "https://evil.example@[github.com/acme/shop/pull/1",
        "https://evil.example/(github.com/acme/shop/pull/1",
        "https://evil.example/?u=(https://github.com/acme/shop/pull/1",
        "evil.example'github.com/acme/shop/pull/1",
        "<https://evil.example|github.com/acme/shop/pull/1>",
        "https://github.com/acme/shop/pull/1?x https://evil.example/",
        "https://github.com\\@evil.example/acme/shop/pull/1",
        "https://github。com/acme/shop/pull/1",
        "https://github.com./acme/shop/pull/1",
        "https://github.com/acme/../pull/1",
        "https://buildkite.com/../../builds/1",
        "https://gitlab.com/-/merge_requests/7",
        "https://github.com.evil.example/acme/shop/actions/runs/1",
        "https://evil.example/github.com/acme/shop/actions/runs/1",
        "https://github.com@evil.example/acme/shop/actions/runs/1",
        "https://user@github.com/acme/shop/actions/runs/1",
        "https://github.com:8443/acme/shop/actions/runs/1",
        "https://gitHub.example/acme/shop/pull/1",
        "https://xn--gthub-cta.com/acme/shop/pull/1",
        "https://github.com/acme/shop/actions/runs/x",
        "https://github.com/acme/shop/actions/runs/1/attempts/x",
        "https://github.com/acme/sh%2Fop/pull/1",
        "https://github.com/acme/shop/pull/" + "1" * 21,
        "https://github.com/acme/shop",
        "https://buildkite.com/acme/shop/builds/latest",
        "https://buildkite.com/organizations/acme/analytics/suites/web/runs/1",
        "https://app.currents.dev/run/1234567",
    ],
)
def test_what_only_looks_like_an_address_is_none(text: str) -> None:
    assert address_in(text) is None


@pytest.mark.parametrize(
    ("text", "sha"),
    [
        *[(SHA, SHA), (SHA[:7], SHA[:7]), (" 9FCEB02 ", "9fceb02"), ("`9fceb02`.", "9fceb02")],
        *[("(9fceb02)", "9fceb02"), ("**9fceb02**", "9fceb02"), (f"commit {SHA}\n", SHA)],
    ],
)
def test_a_sha_is_a_commit(text: str, sha: str) -> None:
    assert commit_in(text) == Commit(sha)


@pytest.mark.parametrize("text", ["", "9fceb0", SHA + "0", "9fceb0g", "currents:9fceb02d"])
def test_what_is_no_sha_is_no_commit(text: str) -> None:
    assert commit_in(text) is None
