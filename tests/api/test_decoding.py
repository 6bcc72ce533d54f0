"""Decoding of a response's JSON."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runs_mcp.api.response_body import decode
from runs_mcp.errors import MalformedResponse


class Inner(msgspec.Struct):
    name: str | None = None
    count: int | float | None = None


class Answer(msgspec.Struct):
    data: Inner | None = None
    has_more: bool | None = None


def decoded(body: bytes) -> Answer:
    return decode(bytearray(body), Answer, "Currents")[0]


def test_an_answer_is_decoded_and_unknown_fields_are_ignored() -> None:
    answer = decoded(b'{"status":"OK","data":{"name":"a","x":[1,{"y":null}]},"has_more":true}')
    assert answer == Answer(data=Inner(name="a"), has_more=True)


@pytest.mark.parametrize(
    ("sent", "count"),
    [('"12"', 12), ("12.0", 12), ('"12.5"', 12.5), ("12.5", 12.5), ("1e3", 1000), ("null", None)],
)
def test_a_number_may_be_a_string(sent: str, count: float | None) -> None:
    answer = decoded(f'{{"data":{{"count":{sent}}}}}'.encode())
    assert answer.data == Inner(count=count)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"cut \ud83d", "cut \ufffd"),
        (r"\ude00 cut", "\ufffd cut"),
        (r"\uDE00\uD83D", "\ufffd\ufffd"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\ud83d\ude00\ude00", "\U0001f600\ufffd"),
        (r"\ud83dx\ude00", "\ufffdx\ufffd"),
        (r"\ud83d\n\ude00", "\ufffd\n\ufffd"),
        (r"\ud83d\\ude00", "\ufffd\\ude00"),
        (r"\\ud83d \ud83d", "\\ud83d \ufffd"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\"\ud83d\"", '"\ufffd"'),
        (r"\ud83d\u0041", "\ufffdA"),
        (r"\ud7ff\ue000 \ud800", "\ud7ff\ue000 \ufffd"),
    ],
)
def test_half_an_emoji_does_not_lose_the_answer(escaped: str, text: str) -> None:
    answer = decoded(f'{{"data":{{"name":"{escaped}","count":1}}}}'.encode())
    assert answer.data == Inner(name=text, count=1)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\xff", "\ufffd"),
        (b"a\xf0\x9f\x98", "a\ufffd"),
        (b"caf\xe9 b", "caf\ufffd b"),
        (b"\xed\xa0\xbd", "\ufffd\ufffd\ufffd"),
        (b"\xc0\xaf", "\ufffd\ufffd"),
        (b"\xff" + rb"\ud83d", "\ufffd\ufffd"),
        ("日本語 😀".encode() + b"\xff", "日本語 😀\ufffd"),
    ],
)
def test_bytes_that_are_not_utf_8_do_not_lose_the_answer(raw: bytes, text: str) -> None:
    answer = decoded(b'{"data":{"name":"' + raw + b'","count":1}}')
    assert answer.data == Inner(name=text, count=1)


@pytest.mark.parametrize("raw", [b"\xff", rb"\ud83d", b"\xed\xa0\xbd"])
def test_broken_text_in_a_field_that_is_not_read_does_no_harm(raw: bytes) -> None:
    answer = decoded(b'{"x' + raw + b'":"' + raw + b'","data":{"name":"a"}}')
    assert answer.data == Inner(name="a")


@given(text=st.text())
def test_whole_text_is_never_changed(text: str) -> None:
    for ascii_only in (True, False):
        body = json.dumps({"data": {"name": text}}, ensure_ascii=ascii_only).encode()
        assert decoded(body).data == Inner(name=text)
        broken = body.replace(b'{"data"', b'{"broken":"\\ud83d", "data"')
        assert decoded(broken).data == Inner(name=text)


@given(text=st.text(st.characters(exclude_categories=[])))
@example(text="\ud83d")
@example(text="\ud83d\ude00")
@example(text="\\ud83d")
def test_text_with_halves_of_pairs_anywhere_is_read(text: str) -> None:
    answer = decoded(json.dumps({"data": {"name": text, "count": 1}}).encode())
    assert answer.data is not None
    assert answer.data.count == 1
    expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert answer.data.name is not None
    assert answer.data.name.replace("\ufffd", "") == expected.replace("\ufffd", "")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" \n", id="blanks"),
        pytest.param(b"<!doctype html><title>502 Bad Gateway</title>", id="HTML"),
        pytest.param(b'{"data":{"name":"a"', id="cut short"),
        pytest.param(b'{"data":{"name":"a\\', id="cut short within an escape"),
        pytest.param(b'{"data":{"name":"\\ud83', id="cut short within half a pair"),
        pytest.param(b'{"data":{"name":"\xf0\x9f', id="cut short within an emoji"),
        pytest.param(b'{"data":{}} and more', id="something after it"),
        pytest.param(b'{"data":{"name":"a\nb"}}', id="a bare line end in a text"),
        pytest.param(b'{"data":{"name":"\\x41"}}', id="no such escape"),
        pytest.param(b"\x00" * 100, id="NULs"),
        pytest.param(b"\x1f\x8b\x08", id="gzip that was not announced"),
        pytest.param(b"\xff\xfe{\x00}\x00", id="UTF-16"),
        pytest.param(b"OK", id="a word"),
        pytest.param(b'{"x":' + b"[" * 200_000, id="depth without an end"),
        pytest.param(b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}", id="depth"),
    ],
)
def test_what_is_not_json_is_a_malformed_response(body: bytes) -> None:
    with pytest.raises(MalformedResponse, match="answered with something that is not JSON"):
        decoded(body)


@pytest.mark.parametrize(
    "body",
    [
        *[b"[]", b"null", b"1", b'"data"', b'{"data":[]}', b'{"data":"x"}'],
        *[b'{"has_more":"perhaps"}', b'{"has_more":[],"data":{}}'],
        b'{"data":[],"x":"\\ud83d"}',
        b'{"x":"\xff","data":"\\ud83d"}',
    ],
)
def test_an_answer_of_another_shape_is_a_malformed_response(body: bytes) -> None:
    with pytest.raises(MalformedResponse, match="is not of the documented shape") as refused:
        decoded(body)
    assert str(refused.value).startswith("The Currents API's answer is not")


@pytest.mark.parametrize(
    "body",
    [
        *[b'{"data":{"name":1}}', b'{"data":{"count":"many"}}', b'{"data":{"count":[]}}'],
        b'{"data":{"name":1,"x":"\\ud83d"}}',
        b'{"data":{"x":"\xff","count":[]}}',
    ],
)
def test_a_field_of_the_wrong_type_is_dropped(body: bytes) -> None:
    assert decoded(body).data == Inner()


def test_an_error_does_not_quote_the_answer() -> None:
    with pytest.raises(MalformedResponse) as refused:
        decoded(b'{"data":"Signature=secret"}')
    assert "secret" not in str(refused.value)
    with pytest.raises(MalformedResponse) as refused:
        decoded(b'Signature=secret {"data":{}}')
    assert "secret" not in str(refused.value)


@given(body=st.binary() | st.text().map(str.encode))
@example(body=b'{"data":{"name":"\\ud83d\\')
def test_no_body_raises_anything_but_a_malformed_response(body: bytes) -> None:
    try:
        decoded(body)
    except MalformedResponse:
        return


def test_the_first_answers_are_decoded_in_many_threads_at_once() -> None:
    program = Path(__file__).with_name("decoding_in_threads.py")
    for _ in range(3):
        done = subprocess.run([sys.executable, program], check=False, timeout=30)  # noqa: S603
        assert done.returncode == 0
