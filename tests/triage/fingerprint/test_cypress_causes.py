"""The causes of failures of Cypress."""

import pytest
from triage.failures import failed, number_of_causes


def retried(text: str) -> str:
    return f"Timed out retrying after 4000ms: {text}"


def no_request(route: str) -> str:
    waited = "`cy.wait()` timed out waiting `5000ms` for the 1st request to the route:"
    return retried(f"{waited} `{route}`. No request ever occurred.")


def server_error(path: str) -> str:
    return (
        f"`cy.request()` failed on:\n\nhttps://a.example{path}\n\nThe response we received from "
        "your web server was:\n\n  > 500: Internal Server Error"
    )


def error_of_the_page(name: str) -> str:
    return (
        "The following error originated from your application code, not from Cypress.\n\n"
        f"  > Cannot read properties of undefined (reading '{name}')"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            retried("Expected to find element: `[data-cy=plan]`, but never found it."),
            retried("Expected to find element: `[data-cy=map]`, but never found it."),
        ),
        (
            retried("expected '<li.shift>' to have text 'Ida', but the text was 'loading'"),
            retried("expected '<li.crew>' to have text 'Ida', but the text was 'loading'"),
        ),
        (no_request("getCart"), no_request("getUser")),
        (server_error("/api/x"), server_error("/api/y")),
        (error_of_the_page("name"), error_of_the_page("sum")),
    ],
    ids=["element", "subject", "route", "request", "page"],
)
def test_what_it_names_is_the_cause_and_not_how_long_it_waited(one: str, other: str) -> None:
    slower = one.replace("4000ms", "10000ms").replace("5000ms", "9000ms")
    assert number_of_causes(failed(one), failed(slower, spec="cypress/e2e/b.cy.ts")) == 1
    assert number_of_causes(failed(one), failed(other)) == 2
