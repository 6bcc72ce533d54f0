"""Answers that HTTP or gzip does not allow, or that never end."""

import gzip
from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from story_api import api_of

from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story import NotableRun

MAIN: Final = f"/runs/{NotableRun.MAIN}"


@pytest.fixture
def sandbox(story: Sandbox) -> Iterator[Sandbox]:
    yield story
    story.heal()


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_an_answer_can_be_longer_than_it_declares(
    sandbox: Sandbox, api: httpx.Client, accepted: str
) -> None:
    headers = {"Accept-Encoding": accepted}
    whole = int(api.get(MAIN, headers=headers).headers["content-length"])
    sandbox.fail(Fault(short_length=True, times=1))
    with api.stream("GET", MAIN, headers=headers) as answer:
        assert abs(len(b"".join(answer.iter_raw())) - whole // 2) < 3000
    assert api.get(MAIN).status_code == 200


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_a_gzip_can_end_too_soon(sandbox: Sandbox, api: httpx.Client, accepted: str) -> None:
    sandbox.fail(Fault(cut_gzip=True, times=1))
    with api.stream("GET", MAIN, headers={"Accept-Encoding": accepted}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        with pytest.raises(EOFError):
            gzip.decompress(b"".join(answer.iter_raw()))
    assert api.get(MAIN).status_code == 200


def test_an_answer_can_trickle_without_an_end(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(trickle=True, times=1))
    with api.stream("GET", MAIN) as answer:
        assert answer.status_code == 200
        parts = answer.iter_raw()
        assert {next(parts).strip() for _ in range(5)} == {b""}
    assert api.get(MAIN).status_code == 200
