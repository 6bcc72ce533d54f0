"""Downloading of a response's body."""

import gzip
import zlib
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.api import gunzip
from runs_mcp.api.memory_budget import MemoryBudget
from runs_mcp.api.response_body import read_body, read_head
from runs_mcp.errors import MalformedResponse, RunsError, TooLarge


class Sent(httpx.AsyncByteStream):
    """A body in the parts it arrives in; counts those that were asked for."""

    def __init__(self, *parts: bytes, failure: Exception | None = None) -> None:
        self.parts, self.failure = parts, failure
        self.asked_for = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            self.asked_for += 1
            yield part
        if self.failure:
            raise self.failure


def response(sent: Sent, encoding: str | None = None, status: int = 200) -> httpx.Response:
    headers = {"Content-Encoding": encoding} if encoding is not None else {}
    return httpx.Response(status, headers=headers, stream=sent)


def in_parts(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


async def body_of(received: httpx.Response, max_bytes: int) -> bytearray:
    with MemoryBudget().answer() as held:
        return await read_body(received, max_bytes, "Currents", held)


HELLO = b'{"data":{"name":"' + b"hello " * 100 + b'"}}'


@pytest.mark.parametrize("encoding", [None, "", "identity", "Identity", " identity "])
async def test_a_plain_body_is_read_as_it_is(encoding: str | None) -> None:
    body = await body_of(response(Sent(*in_parts(HELLO, 7)), encoding), 10_000)
    assert bytes(body) == HELLO


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", " gzip "])
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_gzipped_body_is_read_whatever_parts_it_comes_in(encoding: str, size: int) -> None:
    sent = Sent(*in_parts(gzip.compress(HELLO), size))
    assert bytes(await body_of(response(sent, encoding), 10_000)) == HELLO


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_gzip_of_several_members_is_one_body(size: int) -> None:
    members = b"".join(gzip.compress(part) for part in (HELLO[:50], b"", HELLO[50:]))
    sent = Sent(*in_parts(members, size))
    assert bytes(await body_of(response(sent, "gzip"), 10_000)) == HELLO
    for broken in (members[:-3], members + b"noise"):
        with pytest.raises(MalformedResponse):
            await body_of(response(Sent(broken), "gzip"), 10_000)


async def test_empty_parts_do_not_end_a_gzipped_body() -> None:
    parts = [part for byte in in_parts(gzip.compress(HELLO), 9) for part in (b"", byte)]
    assert bytes(await body_of(response(Sent(*parts), "gzip"), 10_000)) == HELLO


@pytest.mark.parametrize("large", [999_999, 1_000_000, 1_000_001, 3_000_000])
async def test_a_gzipped_body_of_many_parts_is_whole_at_every_boundary(large: int) -> None:
    body = (b"0123456789" * (large // 10 + 1))[:large]
    sent = Sent(gzip.compress(body, 1))
    assert bytes(await body_of(response(sent, "gzip"), large)) == body


async def test_an_empty_gzip_is_an_empty_body() -> None:
    assert await body_of(response(Sent(gzip.compress(b"")), "gzip"), 10) == b""


@pytest.mark.parametrize("encoding", [None, "gzip"])
async def test_a_body_of_exactly_the_cap_is_read(encoding: str | None) -> None:
    sent = gzip.compress(HELLO) if encoding else HELLO
    body = await body_of(response(Sent(sent), encoding), len(HELLO))
    assert bytes(body) == HELLO


@pytest.mark.parametrize("encoding", [None, "gzip"])
async def test_one_byte_above_the_cap_is_too_large(encoding: str | None) -> None:
    sent = gzip.compress(HELLO) if encoding else HELLO
    cap = len(HELLO) - 1
    with pytest.raises(TooLarge, match=f"larger than {cap} bytes") as refused:
        await body_of(response(Sent(sent), encoding), cap)
    assert refused.value.status == 200


async def test_a_body_without_an_end_is_stopped_at_the_cap() -> None:
    sent = Sent(*[b"x" * 1000] * 500)
    with pytest.raises(TooLarge, match="larger than 10,000 bytes"):
        await body_of(response(sent), 10_000)
    assert sent.asked_for == 11


async def test_the_content_length_does_not_decide() -> None:
    lying = httpx.Response(200, headers={"Content-Length": "3"}, stream=Sent(b"x" * 100))
    with pytest.raises(TooLarge):
        await body_of(lying, 50)
    modest = httpx.Response(200, headers={"Content-Length": "999999999"}, stream=Sent(b"{}"))
    assert await body_of(modest, 50) == b"{}"


@pytest.mark.parametrize("size", [100, 10**6])
async def test_a_gzip_bomb_is_stopped_before_it_is_decompressed(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    decompressed = 0
    new_member = gunzip.new_member

    class Counting:
        def __init__(self) -> None:
            self.inner = new_member()

        def decompress(self, data: bytes, max_length: int) -> bytes:
            nonlocal decompressed
            assert max_length > 0
            part = self.inner.decompress(data, max_length)
            decompressed += len(part)
            return part

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    monkeypatch.setattr(gunzip, "new_member", Counting)
    bomb = gzip.compress(bytes(50_000_000), 1)
    with pytest.raises(TooLarge, match="larger than 2,000,000 bytes"):
        await body_of(response(Sent(*in_parts(bomb, size)), "gzip"), 2_000_000)
    assert decompressed <= 3_000_000


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="not gzipped"),
        pytest.param(gzip.compress(HELLO)[:-20], id="cut short"),
        pytest.param(gzip.compress(HELLO)[:-1], id="cut short by a byte"),
        pytest.param(gzip.compress(HELLO)[:5], id="a head alone"),
        pytest.param(gzip.compress(HELLO)[:-8] + bytes(8), id="a wrong checksum"),
        pytest.param(zlib.compress(HELLO), id="deflated"),
        pytest.param(b"\x1f\x8b\x08\x00" + b"\xff" * 50, id="noise"),
    ],
)
async def test_a_broken_gzip_is_a_malformed_response(sent: bytes) -> None:
    with pytest.raises(MalformedResponse):
        await body_of(response(Sent(sent), "gzip"), 10_000)


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "x"])
async def test_an_encoding_that_was_not_asked_for_is_a_malformed_response(encoding: str) -> None:
    with pytest.raises(MalformedResponse, match="not asked for") as refused:
        await body_of(response(Sent(HELLO), encoding), 10_000)
    assert refused.value.status == 200


async def test_a_broken_connection_raises_the_exception_of_httpx() -> None:
    broken = Sent(b"{", failure=httpx.ReadError("reset"))
    with pytest.raises(httpx.ReadError):
        await body_of(response(broken), 10_000)


@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "identity", "br"]))
async def test_no_bytes_raise_anything_but_a_runs_error(body: bytes, encoding: str) -> None:
    try:
        await body_of(response(Sent(body), encoding), 100)
    except RunsError as error:
        assert isinstance(error, TooLarge | MalformedResponse)  # noqa: PT017


@pytest.mark.parametrize("compress", [None, gzip.compress])
async def test_the_head_of_an_error_is_as_long_as_asked_for(
    compress: Callable[[bytes], bytes] | None,
) -> None:
    sent = compress(HELLO) if compress else HELLO
    encoding = "gzip" if compress else None
    for size in (0, 1, 10, len(HELLO), 10_000):
        head = await read_head(response(Sent(*in_parts(sent, 50)), encoding, 500), size, 5.0)
        assert head == HELLO[:size]


async def test_an_error_without_an_end_is_read_no_further_than_its_head() -> None:
    sent = Sent(*[b"x" * 1000] * 500)
    assert await read_head(response(sent, status=500), 2500, 5.0) == b"x" * 2500
    assert sent.asked_for == 3


@pytest.mark.parametrize(
    ("sent", "encoding"),
    [
        pytest.param(Sent(b"{", failure=httpx.ReadError("reset")), None, id="it breaks off"),
        pytest.param(Sent(b"<html>"), "gzip", id="not gzipped"),
        pytest.param(Sent(b""), "gzip", id="nothing, as gzip"),
        pytest.param(Sent(gzip.compress(HELLO)[:-5]), "gzip", id="cut short"),
        pytest.param(Sent(HELLO), "br", id="another encoding"),
    ],
)
async def test_the_body_of_an_error_that_cannot_be_read_is_empty(
    sent: Sent, encoding: str | None
) -> None:
    assert await read_head(response(sent, encoding, 502), 10_000, 5.0) == b""


async def test_a_body_is_read_through_a_real_client() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        body = gzip.compress(HELLO)
        return httpx.Response(
            200, headers={"Content-Encoding": "gzip"}, stream=Sent(*in_parts(body, 11))
        )

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client,
        client.stream("GET", "https://api.currents.dev/v1/projects") as received,
    ):
        body = await body_of(received, 10_000)
    assert bytes(body) == HELLO
