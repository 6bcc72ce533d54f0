"""The next page in a `Link` header."""

import pytest

from runs_mcp.api.link_header import NextPage, next_page


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", NextPage()),
        ('<https://a.example/?page=2>; rel="next"', NextPage(exists=True, number=2)),
        ("<https://a.example/?page=2>; rel=next", NextPage(exists=True, number=2)),
        ('<https://a.example/?page=2>; REL="last NEXT"', NextPage(exists=True, number=2)),
        ('<https://a.example/?page=2>; title="a, b"; rel="next"', NextPage(exists=True, number=2)),
        (
            '<https://a.example/?page=1>; rel="prev", <https://a.example/?page=3>; rel="next"',
            NextPage(exists=True, number=3),
        ),
        ('<https://a.example/?page=2>; rel="last"', NextPage()),
        ('<https://a.example/?page=2>; title="rel=next"', NextPage()),
        ('<https://a.example/?cursor=x&token=y>; rel="next"', NextPage(exists=True)),
        ('<https://a.example/?page=-1>; rel="next"', NextPage(exists=True)),
        ('<https://a.example/?page=1234567890>; rel="next"', NextPage(exists=True)),
        ('<https://a.example/?page=1&page=4>; rel="next"', NextPage(exists=True, number=4)),
        ('<http://[x>; rel="next"', NextPage(exists=True)),
        ('<http://[x/?page=7>; rel="next"', NextPage(exists=True, number=7)),
        ("next", NextPage()),
    ],
)
def test_the_next_page_is_read_from_the_header(header: str, expected: NextPage) -> None:
    assert next_page(header) == expected
