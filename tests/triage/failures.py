"""Failures to group by cause, made of what their errors say."""

from runs_mcp.model import Error, Failure
from runs_mcp.triage.fingerprint.causes import Cause, causes_of

BUTTON = "getByRole('button', { name: 'Sign up' })"
LINK = "getByRole('link', { name: 'Sign up' })"


def failed(
    message: str = "",
    *,
    test: str = "a test",
    spec: str = "specs/a.spec.ts",
    group: str = "",
    frame: str = "",
    code_frame: str = "",
    stack: str = "",
) -> Failure:
    """Returns a test that failed with this error."""
    error = Error(message=message, frame=frame, code_frame=code_frame, stack=stack)
    return Failure(test=test, status="failed", spec=spec, group=group, error=error)


def cause_of(message: str, **more: str) -> Cause:
    """Returns the cause of one failure by itself."""
    return causes_of([failed(message, **more)])[0]


def number_of_causes(*failures: Failure) -> int:
    """Returns how many causes these failures of one run have."""
    return len({cause.fingerprint for cause in causes_of(failures)})


def jest(matcher: str, expected: str, received: str) -> str:
    """Returns the message of jest and Playwright about two values."""
    return (
        f"Error: expect(received).{matcher}(expected)\n\nExpected: {expected}\nReceived: {received}"
    )
