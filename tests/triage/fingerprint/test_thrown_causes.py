"""The causes of errors that code threw."""

import pytest
from triage.failures import cause_of, failed, number_of_causes


def test_an_undefined_value_is_known_by_the_file_and_not_by_the_line() -> None:
    error = "TypeError: Cannot read properties of undefined (reading 'rate')"
    vat = [failed(error, frame=f"vat (src/vat.js:{line})") for line in (5, 9)]
    assert number_of_causes(*vat) == 1
    assert number_of_causes(*vat, failed(error, frame="freight (src/freight.js:4)")) == 2


@pytest.mark.parametrize(
    "error",
    [
        "TypeError: __vite_ssr_import_{}__.levelOf is not a function",
        "TypeError: (0 , _stock{}.levelOf) is not a function",
    ],
)
def test_a_renamed_export_is_one_cause_wherever_it_is_imported(error: str) -> None:
    files = ("src/a.js", "src/b.js")
    users = [failed(error.format(n), frame=f"use ({file}:2)") for n, file in enumerate(files)]
    assert number_of_causes(*users) == 1


def test_the_data_of_a_test_in_a_message_is_not_part_of_the_cause() -> None:
    error = "Error: coupon {} cannot be redeemed (cart 040ee905-3d39-4744-8a43-f6259758c5b{})"
    causes = [
        failed(error.format(code, n), frame="redeem (src/coupon.js:4)")
        for n, code in enumerate(("SPRING-24", "HALF", "gold"))
    ]
    assert number_of_causes(*causes) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "TypeError: Cannot read properties of undefined (reading 'price')",
            "TypeError: Cannot read properties of undefined (reading 'vat')",
        ),
        (
            "sqlite3.OperationalError: no such table: a",
            "sqlite3.OperationalError: no such table: b",
        ),
        ("Error: request to '/api/a' failed", "Error: request to '/api/b' failed"),
    ],
)
def test_names_tell_causes_apart_in_one_function(one: str, other: str) -> None:
    frame = "read (src/store.js:4)"
    assert number_of_causes(failed(one, frame=frame), failed(other, frame=frame)) == 2


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("TypeError: x is not a function", "crash"),
        ("Error: connect ECONNREFUSED 127.0.0.1:5432", "network"),
        ("ENOSPC: no space left on device, write", "infrastructure"),
        ("concurrent.futures.TimeoutError: timed out", "timeout"),
        ("assert 1 == 2", "assertion"),
        ("something is odd", "other"),
        ("", "other"),
    ],
)
def test_the_kind_is_read_from_the_message(message: str, kind: str) -> None:
    assert cause_of(message).kind == kind
