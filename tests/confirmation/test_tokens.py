"""A token is valid for one claim, for some minutes, and reveals nothing."""

import re
import secrets
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from confirmation.guard_setup import Clock
from hypothesis import assume, example, given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer
from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState

from runs_mcp.confirmation.claims import Claim, digest
from runs_mcp.confirmation.store import SqliteStore
from runs_mcp.confirmation.tokens import ConfirmationTokens

OLD: Final = b"old".ljust(32, b"-")
NEW: Final = b"new".ljust(32, b"-")
FOREIGN: Final = b"foreign".ljust(32, b"-")
API_KEY: Final = "currents-api-key-that-nobody-may-see"


@pytest.fixture(autouse=True)
def _same_token_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ID of a token is random; here it must not be."""
    monkeypatch.setattr(secrets, "token_hex", lambda size: "0" * size)


CLAIM: Final = Claim(digest("tool", ("run",), "caller"), digest("in_progress"))
START: Final = 1_800_000_000

places = st.integers(0, 10_000)
texts = st.text(max_size=40)


CLOCK: Final = Clock()


@pytest.fixture(autouse=True, scope="module")
def _time_stands_still() -> Iterator[None]:
    with CLOCK.running():
        yield


def at(seconds: float) -> None:
    """Sets the clock of all signers."""
    CLOCK.now = START + seconds


def signer(keys: list[bytes]) -> ConfirmationTokens:
    return ConfirmationTokens(keys, SqliteStore())


def claim_in(tokens: ConfirmationTokens, token: str) -> Claim | None:
    signed = tokens.read(token)
    return signed.claim if signed else None


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def readable(token: str) -> list[bytes]:
    """Returns what anyone can read of a token: as it is, its parts decoded, and inflated."""
    payload, *rest = map(decoded, token.removeprefix(".").split("."))
    payload = zlib.decompress(payload) if token.startswith(".") else payload
    return [payload, token.encode(), *rest]


@given(call=texts, shown=texts)
def test_a_token_gives_back_the_claim_that_was_signed(call: str, shown: str) -> None:
    tokens = signer([NEW])
    claim = Claim(call, shown)
    assert claim_in(tokens, tokens.sign(claim)) == claim


def test_the_first_key_signs_and_all_of_them_verify() -> None:
    before, between, after = (signer(keys) for keys in ([OLD], [NEW, OLD], [NEW]))
    old_token, new_token = before.sign(CLAIM), between.sign(CLAIM)

    assert claim_in(between, old_token) == CLAIM
    assert claim_in(between, new_token) == CLAIM
    assert claim_in(after, new_token) == CLAIM
    assert claim_in(before, new_token) is None
    assert claim_in(after, old_token) is None


@pytest.mark.parametrize("keys", [[FOREIGN], [FOREIGN, NEW[:-1] + b"="], [NEW + b"-"]])
def test_a_token_of_other_keys_is_not_valid(keys: list[bytes]) -> None:
    token = signer([NEW, OLD]).sign(CLAIM)
    assert claim_in(signer(keys), token) is None


def test_what_the_same_key_signed_for_another_purpose_is_not_a_token() -> None:
    tokens = signer([NEW])
    for serializer in (
        URLSafeSerializer([NEW]),
        URLSafeTimedSerializer([NEW]),
        URLSafeTimedSerializer([NEW], salt="runs-mcp cursor"),
        URLSafeTimedSerializer([NEW], salt="runs-mcp caller"),
        # The right salt alone is not enough: the digest is another.
        URLSafeTimedSerializer([NEW], salt="runs-mcp confirmation"),
    ):
        assert claim_in(tokens, str(serializer.dumps(list(CLAIM)))) is None


def test_a_token_is_not_a_sealed_state_nor_the_other_way_round() -> None:
    """Both are made with the same keys, and a host gets sealed states."""
    tokens, codec = signer([NEW]), AESGCMRequestStateCodec([NEW])
    token = tokens.sign(CLAIM)
    sealed = codec.seal(token.encode())

    assert claim_in(tokens, sealed) is None
    assert token not in sealed
    for forged in (token, f"v1.{token}", f"v1.{token.rpartition('.')[2]}"):
        with pytest.raises(InvalidRequestState):
            codec.unseal(forged)


@pytest.mark.parametrize("seconds", [0, 0.25, 0.999, 1, 300, 300.001, 10**8])
def test_a_token_tells_how_old_it_is_to_the_millisecond(seconds: float) -> None:
    tokens = signer([NEW])
    at(0)
    token = tokens.sign(CLAIM)
    at(seconds)
    signed = tokens.read(token)
    assert signed is not None
    assert signed.age_s == pytest.approx(seconds, abs=0.001)
    at(0)


def test_a_token_of_the_future_is_not_valid() -> None:
    tokens = signer([NEW])
    at(1)
    token = tokens.sign(CLAIM)
    at(0)
    assert claim_in(tokens, token) is None


def test_the_time_of_a_token_cannot_be_put_on_another() -> None:
    tokens = signer([NEW])
    at(0)
    old = tokens.sign(CLAIM).rsplit(".", 1)
    at(1000)
    fresh = tokens.sign(CLAIM).rsplit(".", 1)
    at(0)

    for payload, signature in ((old[0], fresh[1]), (fresh[0], old[1])):
        assert claim_in(tokens, f"{payload}.{signature}") is None


@pytest.mark.parametrize("strange", ["\ud800", "é", "\U0001f600", "\0", "\n", " ", "=", "+", "/"])
async def test_a_token_with_a_character_that_none_has_is_not_valid(strange: str) -> None:
    tokens = signer([NEW])
    token = tokens.sign(CLAIM)
    for forged in (strange + token[1:], token[:40] + strange + token[41:], token + strange):
        assert claim_in(tokens, forged) is None
        assert not await tokens.spend(forged)


@given(st.data())
def test_no_character_of_a_token_can_be_changed(data: st.DataObject) -> None:
    tokens = signer([NEW])
    token = tokens.sign(CLAIM)
    place = data.draw(places) % len(token)
    put = data.draw(st.sampled_from("AZaz09-_.=+/ \n\0é") | st.characters())
    claim = claim_in(tokens, token[:place] + put + token[place + 1 :])
    if put == token[place]:
        assert claim == CLAIM
    elif place == len(token) - 1:
        # The last character of base64 has bits that stand for nothing.
        assert claim in (None, CLAIM)
    else:
        assert claim is None


@given(st.data())
def test_no_byte_behind_a_token_can_be_changed(data: st.DataObject) -> None:
    tokens = signer([NEW])
    parts = tokens.sign(CLAIM).removeprefix(".").rsplit(".", 1)
    which = data.draw(st.integers(0, 1))
    raw = bytearray(decoded(parts[which]))
    raw[data.draw(places) % len(raw)] ^= data.draw(st.integers(1, 255))
    parts[which] = urlsafe_b64encode(raw).decode().rstrip("=")

    for start in ("", "."):
        assert claim_in(tokens, start + ".".join(parts)) is None


@given(insert=st.text(min_size=1, max_size=8), data=st.data())
def test_inserting_text_never_makes_a_token_say_anything_else(
    insert: str, data: st.DataObject
) -> None:
    tokens = signer([NEW])
    token = tokens.sign(CLAIM)
    place = data.draw(places) % (len(token) + 1)
    assert claim_in(tokens, token[:place] + insert + token[place:]) in (None, CLAIM)
    assert claim_in(tokens, token[:place]) in (None, CLAIM)


@given(st.text() | st.from_regex(r"\.?[\w-]{0,80}\.[\w-]{0,8}\.[\w-]{0,50}", fullmatch=True))
@example("")
@example(".")
@example("..")
@example("true")
@example("yes")
@example("[]")
@example("." * 1000)
def test_whatever_a_model_makes_up_is_not_a_token(made_up: str) -> None:
    assert claim_in(signer([NEW]), made_up) is None


@pytest.mark.parametrize("parts", [(), ("call",), ("call", 1), (None, "b"), ("a", "b", "c")])
def test_a_signed_value_of_another_shape_is_not_a_token(parts: tuple[object, ...]) -> None:
    tokens = signer([NEW])
    token = tokens.sign(parts)  # type: ignore[arg-type]  # what another version may have signed
    assert claim_in(tokens, token) is None


def test_nothing_of_the_call_the_run_or_a_key_can_be_read_in_a_token() -> None:
    tokens = signer([NEW, OLD])
    arguments = ("run-id-1234567890", ("machine-a", "machine-b"), True)
    secrets = [API_KEY, "run-id", "machine-", "currents_reset_run", "e2e/login.spec.ts"]
    call = digest("currents_reset_run", arguments, tokens.caller(API_KEY))
    token = tokens.sign(Claim(call, digest("complete", "e2e/login.spec.ts 2026-01-01T00:00:00Z")))

    parts = readable(token)
    assert re.fullmatch(rb'\[("[0-9a-f]{1,64}",?)+[0-9]{13}\]', parts[0])
    for secret in [*secrets, tokens.caller(API_KEY), NEW.decode(), OLD.decode()]:
        assert not any(secret.encode() in part for part in parts)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,300}", token)


def test_the_caller_is_named_by_a_keyed_hash_that_stays_the_same() -> None:
    tokens = signer([NEW, OLD])
    caller = tokens.caller(API_KEY)

    assert re.fullmatch(r"[0-9a-f]{16}", caller)
    assert caller == tokens.caller(API_KEY) == signer([NEW]).caller(API_KEY)
    assert caller != tokens.caller(API_KEY + "x")
    assert caller != signer([FOREIGN]).caller(API_KEY)
    assert caller != digest(API_KEY)[:16]


@given(one=texts, other=texts)
def test_two_callers_do_not_share_a_name(one: str, other: str) -> None:
    assume(one != other)
    tokens = signer([NEW])
    assert tokens.caller(one) != tokens.caller(other)


async def test_a_token_is_spent_once() -> None:
    tokens = signer([NEW])
    token = tokens.sign(CLAIM)
    signed = tokens.read(token)
    assert signed is not None
    assert not await tokens.is_spent(signed)
    assert [await tokens.spend(token), await tokens.spend(token)] == [True, False]
    assert await tokens.is_spent(signed)
    assert await signer([FOREIGN]).spend(token) is False


async def test_a_token_is_spent_for_all_who_share_the_store(tmp_path: Path) -> None:
    """A host that starts a process for each call; replicas with one store."""
    one, other = (ConfirmationTokens([NEW], SqliteStore(tmp_path / "spent")) for _ in range(2))
    token = one.sign(CLAIM)
    assert [await one.spend(token), await other.spend(token)] == [True, False]


async def test_each_token_of_one_claim_is_spent_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = signer([NEW])
    ids = iter("ab")
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(ids))
    first, second = tokens.sign(CLAIM), tokens.sign(CLAIM)
    assert [await tokens.spend(token) for token in (first, second, first)] == [True, True, False]
