"""The root causes of the port console's failures, in the form of Cypress."""

from collections.abc import Callable
from dataclasses import dataclass

from runs_mcp.sandbox.currents.instance_records import AttemptError, CodeFrame, RawStatus
from runs_mcp.sandbox.seeded import hex_id
from runs_mcp.sandbox.story.code_frames import plain_frame
from runs_mcp.sandbox.story.currents.causes import FailedAttempt

_CHECKOUT = "/home/runner/work/port-console/port-console"
_RUNNER = "cypress:///../driver/src/cypress"


@dataclass(frozen=True)
class CypressCause:
    """A root cause, with its errors in Cypress."""

    name: str
    message: Callable[[FailedAttempt], str]
    call: str
    raw_status: RawStatus = "failed"
    attempt_ms: int = 4_600

    def error(self, attempt: FailedAttempt) -> AttemptError:
        """Returns the error of an attempt."""
        message, column = self.message(attempt), 5 + self.call.rfind(".")
        place = f"{attempt.spec.path}:{attempt.line}:{column}"
        stack = (
            f"{self.name}: {message}\n"
            f"    at Context.eval (webpack://port-console/./{place})\n"
            f"    at getRet ({_RUNNER}/cy.ts:1210:18)\n"
            f"    at tryCatcher (cypress:///../../node_modules/bluebird/js/release/util.js:16:23)"
        )
        source = (
            f"  it('{attempt.test}', () => {{",
            "    cy.visit('/');",
            f"    {self.call}",
            "  });",
        )
        return AttemptError(
            name=self.name,
            message=message,
            stack=stack,
            code_frame=CodeFrame(
                line=attempt.line,
                column=column,
                original_file=f"webpack://port-console/./{attempt.spec.path}",
                relative_file=attempt.spec.path,
                absolute_file=f"{_CHECKOUT}/{attempt.spec.path}",
                language="js",
                frame=plain_frame(source, 2, attempt.line, column),
            ),
        )


def _server_error(attempt: FailedAttempt) -> str:
    return (
        "`cy.request()` failed on:\n\nhttps://console.staging.skerry.example/api/manifests\n\n"
        "The response we received from your web server was:\n\n  > 500: Internal Server Error\n\n"
        "This was considered a failure because the status code was not `2xx` or `3xx`.\n\n"
        f'Headers: {{\n  "x-request-id": "{hex_id(attempt.seed, 24)}"\n}}\n'
    )


NO_BERTH_PLAN = CypressCause(
    name="AssertionError",
    message=lambda _: (
        "Timed out retrying after 4000ms: Expected to find element: `[data-cy=berth-plan]`,"
        " but never found it."
    ),
    call="cy.get('[data-cy=berth-plan]').should('be.visible');",
)
MANIFEST_API = CypressCause(
    name="CypressError",
    message=_server_error,
    call="cy.request('/api/manifests').its('body');",
    attempt_ms=700,
)
SLOW_ROSTER = CypressCause(
    name="AssertionError",
    message=lambda _: (
        "Timed out retrying after 4000ms: expected '<li.shift>' to have text 'Ida Krag, 06:00',"
        " but the text was 'loading…'"
    ),
    call="cy.get('li.shift').should('have.text', 'Ida Krag, 06:00');",
)
DOES_NOT_COMPILE = (
    "Webpack Compilation Error\n"
    "./cypress/e2e/tariffs/surcharges.cy.ts\n"
    "Module not found: Error: Can't resolve '../../support/tariffs'"
    " in '/home/runner/work/port-console/port-console/cypress/e2e/tariffs'"
)
