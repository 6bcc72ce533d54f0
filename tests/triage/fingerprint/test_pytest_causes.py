"""The causes of failures of pytest."""

from triage.failures import cause_of, failed, number_of_causes

from runs_mcp.model import FailedTest


def test_the_function_that_asserts_is_read_from_its_source() -> None:
    def helper(name: str, left: int) -> FailedTest:
        source = f"    def {name}(actual, expected):\n>       assert actual == expected\n"
        return failed(
            f"assert {left} == 7\n    def test_a():\n>       {name}(f(), 7)\n\n"
            f"tests/test_a.py:4: \n_ _ _\n\n{source}"
            f"E       assert {left} == 7\n\ntests/asserts.py:{left}: AssertionError",
            spec="tests/test_a.py",
        )

    assert number_of_causes(helper("assert_sum", 3), helper("assert_sum", 9)) == 1
    assert number_of_causes(helper("assert_sum", 3), helper("assert_weight", 3)) == 2


def test_the_origin_of_a_value_is_not_read_as_a_diff() -> None:
    def status(path: str) -> FailedTest:
        reason = f"assert 404 == 200\n +  where 404 = <function get at 0x7f0a>('{path}')"
        return failed(
            f"AssertionError: {reason}\ndef test_a():\n>       assert api.get('{path}') == 200\n"
            f"E       AssertionError: {reason}",
            spec="tests/test_a.py",
        )

    assert number_of_causes(status("/api/keys/3"), status("/api/keys/14")) == 1
    assert number_of_causes(status("/api/keys/3"), status("/api/rooms/3")) == 2


def test_a_plain_assertion_is_known_by_its_code() -> None:
    bare = (
        "AssertionError\nactual = 3\n    def check(actual):\n>       assert actual == {}\n"
        "E       AssertionError\n\ntests/asserts.py:3: AssertionError"
    )
    spec = "tests/test_a.py"
    causes = [failed(bare.format(name), spec=spec) for name in ("wanted", "wanted", "other")]
    assert number_of_causes(*causes) == 2
    assert cause_of(bare, spec=spec).kind == "assertion"


def test_dicts_are_compared_by_their_keys() -> None:
    lost = "AssertionError: assert {'a': 1} == {'a': 1, 'eta': 2}\n  \n  Omitting 1 item\n"
    lost += "  Right contains 1 more item:\n  {'eta': 2}\n"
    assert cause_of(lost).fingerprint == cause_of(lost.replace("2", "77")).fingerprint
    assert cause_of(lost).fingerprint != cause_of(lost.replace("eta", "sum")).fingerprint


def test_what_one_function_raises_with_a_type_of_its_own_is_one_cause() -> None:
    def raised(who: str, function: str = "open") -> FailedTest:
        return failed(
            f"shop.Locked: {who} is locked\n    def {function}(self):\n"
            '>       raise Locked(f"{who} is locked")\n'
            f"E       shop.Locked: {who} is locked\n\nshop/gate.py:4: Locked",
            spec="tests/test_a.py",
        )

    assert number_of_causes(raised("anna"), raised("bo")) == 1
    assert number_of_causes(raised("anna"), raised("anna", "close")) == 2
