"""Failures to group by cause, made of what their errors say."""

from runs_mcp.model import Error, ErrorText, FailedTest, Failure
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
) -> FailedTest:
    """Returns a test that failed with this error."""
    stack = stack or (f"at {frame}" if frame else "")
    error = Error(message=message, frame=frame, code_frame=code_frame, stack=stack)
    failure = Failure(test=test, status="failed", spec=spec, group=group, error=error)
    text = ErrorText(message=message, stack=stack, code_frame=code_frame, spec=spec, test=test)
    return FailedTest(failure, text)


def cause_of(message: str, **more: str) -> Cause:
    """Returns the cause of one failure by itself."""
    return causes_of([failed(message, **more).text])[0]


def number_of_causes(*failures: FailedTest) -> int:
    """Returns how many causes these failures of one run have."""
    return len({cause.fingerprint for cause in causes_of([each.text for each in failures])})


def jest(matcher: str, expected: str, received: str) -> str:
    """Returns the message of jest and Playwright about two values."""
    return (
        f"Error: expect(received).{matcher}(expected)\n\nExpected: {expected}\nReceived: {received}"
    )
