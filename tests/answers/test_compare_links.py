"""The page that shows what changed between two commits."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.answers.compare_links import compare_link

OLD, NEW = "a" * 40, "b" * 40
GITHUB = f"https://github.com/acme/shop/compare/{OLD}...{NEW}"


@pytest.mark.parametrize(
    ("repository", "page"),
    [
        ("https://github.com/acme/shop", GITHUB),
        ("https://github.com/acme/shop.git", GITHUB),
        ("https://github.com/acme/shop/", GITHUB),
        ("https://x-access-token:ghs_secret@github.com/acme/shop.git", GITHUB),
        ("git@github.com:acme/shop.git", GITHUB),
        ("ssh://git@github.com/acme/shop.git", GITHUB),
        ("ssh://git@github.com:22/acme/shop.git", GITHUB),
        ("git://github.com/acme/shop.git", GITHUB),
        ("https://GitHub.com/acme/shop", GITHUB),
        (
            "https://github.acme.example/web/shop",
            f"https://github.acme.example/web/shop/compare/{OLD}...{NEW}",
        ),
        (
            "https://gitlab.com/acme/web/shop.git",
            f"https://gitlab.com/acme/web/shop/-/compare/{OLD}...{NEW}",
        ),
        (
            "git@gitlab.acme.example:web/shop.git",
            f"https://gitlab.acme.example/web/shop/-/compare/{OLD}...{NEW}",
        ),
        (
            "https://ida@bitbucket.org/acme/shop.git",
            f"https://bitbucket.org/acme/shop/branches/compare/{NEW}%0D{OLD}",
        ),
    ],
)
def test_the_page_is_that_of_the_repository(repository: str, page: str) -> None:
    assert compare_link(repository, OLD, NEW) == page


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "shop",
        "https://git.acme.example/web/shop",
        "https://bitbucket.acme.example/projects/W/repos/shop",
        "https://github.com",
        "https://github.com/",
        "https://github.com/shop",
        "https://notgithub.com/acme/shop",
        "https://github.com/acme/shop?x=1",
        "https://github.com/acme/shop#x",
        "https://github.com/acme/shop path",
        "https://github.com\\@evil.example/acme/shop",
        "file:///home/git/shop",
        "javascript:alert(1)//github.com/acme/shop",
    ],
)
def test_another_repository_has_no_page(repository: str) -> None:
    assert compare_link(repository, OLD, NEW) == ""


@pytest.mark.parametrize(("base", "head"), [("", NEW), (OLD, ""), (OLD, "main"), ("../x", NEW)])
def test_what_is_no_commit_makes_no_page(base: str, head: str) -> None:
    assert compare_link("https://github.com/acme/shop", base, head) == ""


@given(st.text(alphabet="gith/:@.-_a~ %?#\\", max_size=60))
def test_a_page_is_an_address_of_plain_characters_without_a_user(text: str) -> None:
    page = compare_link(f"https://github.com/{text}", OLD, NEW)
    assert not page or re.fullmatch(
        r"https://github\.com/[\w.~/-]+/compare/\w{40}\.{3}\w{40}", page
    )
