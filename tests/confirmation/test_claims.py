"""What a confirmation is valid for: calls or runs that differ have different claims."""

import json

from confirmation.fake_action import FakeAction, FakeRun
from hypothesis import example, given
from hypothesis import strategies as st

from runs_mcp.confirmation.claims import Account, Purpose, claim_of, digest
from runs_mcp.settings import ActionName

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=8,
)


@given(
    one=st.lists(json_values, max_size=4).map(tuple),
    other=st.lists(json_values, max_size=4).map(tuple),
)
@example(one=("ab", "c"), other=("a", "bc"))
@example(one=("a", ("b", "c")), other=("a", ("b",), "c"))
@example(one=("1",), other=(1,))
@example(one=(True,), other=("true",))
@example(one=(None,), other=("null",))
@example(one=(None,), other=())
@example(one=('a","b',), other=("a", "b"))
@example(one=("\\",), other=("\\\\",))
def test_two_calls_that_differ_have_different_digests(
    one: tuple[object, ...], other: tuple[object, ...]
) -> None:
    same = json.dumps(one) == json.dumps(other)
    assert (digest(*one) == digest(*other)) is same


async def test_purpose_tool_arguments_caller_and_deciding_facts_tell_claims_apart() -> None:
    async def claim(
        purpose: Purpose = "token",
        name: ActionName = "delete",
        variant: str = "",
        specs: int = 3,
        key: str = "key",
        api_url: str = "https://api.example/v1",
    ) -> tuple[str, str]:
        action = FakeAction(FakeRun(completed_specs=specs), name, variant=variant)
        preview = await action.inspect()
        return claim_of(purpose, action, preview, Account(key, api_url))

    same = await claim()
    assert same == await claim()
    calls = {
        same[0],
        (await claim(purpose="question"))[0],
        (await claim(purpose="page"))[0],
        (await claim(api_url="https://other.example/v1"))[0],
        (await claim(name="reset"))[0],
        (await claim(variant="other"))[0],
        (await claim(key="another"))[0],
    }
    assert len(calls) == 7
    other_facts = await claim(specs=4)
    assert other_facts[0] == same[0]
    assert other_facts[1] != same[1]
