"""Errors as frameworks write them."""

from typing import NamedTuple

from runs_mcp.model.failures import Failure


class ErrorText(NamedTuple):
    """An error as its framework wrote it: plain text without secrets, nothing cut off.

    Args:
        message: The message, which can have many lines.
        stack: The frames, with what is printed between them.
        name: The type of the error, where it is known beside the message.
        code_frame: The code around the line that failed.
        further: The texts of further errors of the same test.
        spec: The file of the test, relative to the checkout.
        test: The whole title of the test.
    """

    message: str = ""
    stack: str = ""
    name: str = ""
    code_frame: str = ""
    further: tuple[str, ...] = ()
    spec: str = ""
    test: str = ""


class FailedTest(NamedTuple):
    """A test that failed, with its error uncut: answers show the failure, causes need the text.

    Args:
        failure: The test and its error as answers show them.
        text: Its error.
        group: The group that it ran in, also where the run has only one.
        skipped: How many tests did not run because of it.
    """

    failure: Failure
    text: ErrorText
    group: str = ""
    skipped: int = 0
