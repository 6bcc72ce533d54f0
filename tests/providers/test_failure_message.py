"""Long messages of failures, shortened to what matters."""

import pytest
from corpus_scores import corpus_runs
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.providers.failure_message import message_of

PLAYWRIGHT = (
    "Error: locator.fill: Test timeout of 4000ms exceeded.\nBrowser logs:\n\n"
    + "<launching> /usr/bin/chromium --no-sandbox\n" * 200
    + "Call log:\n  - waiting for getByLabel('Name')\n"
)
SOURCE = "\n".join(f"        line_{number} = {number}" for number in range(100))
PYTEST = f"""URLError: <urlopen error refused>
self = <object>

    def test_reminder(relay):
{SOURCE}
>       answers = mail.send(relay)
                  ^^^^^^^^^^^^^^^^

tests/test_mail.py:16:
_ _ _ _ _ _ _ _

    def send(relay):
{SOURCE}
>       raise URLError(err)
E       urllib.error.URLError: <urlopen error refused>

larder/mail.py:7: URLError"""


def test_the_browsers_output_does_not_crowd_out_the_call_log() -> None:
    message = message_of(PLAYWRIGHT)

    assert "- waiting for getByLabel('Name')" in message
    assert "Browser logs: … (8601 characters)" in message
    assert "--no-sandbox" not in message


def test_the_browsers_output_stays_if_nothing_follows_it() -> None:
    only_logs = PLAYWRIGHT.partition("Call log:")[0]

    assert "--no-sandbox" in message_of(only_logs)


def test_a_long_traceback_of_pytest_keeps_the_error_and_where_it_came_from() -> None:
    assert message_of(PYTEST).splitlines() == [
        "URLError: <urlopen error refused>",
        "… (source left out)",
        "    def test_reminder(relay):",
        ">       answers = mail.send(relay)",
        "    def send(relay):",
        ">       raise URLError(err)",
        "E       urllib.error.URLError: <urlopen error refused>",
        "larder/mail.py:7: URLError",
    ]


def test_the_last_error_of_many_frames_stays() -> None:
    chained = "\n".join(PYTEST.replace("refused", f"refused {number}") for number in range(9))

    message = message_of(chained)

    assert "E       urllib.error.URLError: <urlopen error refused 8>" in message
    assert len(message) <= 1500


@pytest.mark.parametrize("text", ["", "short", "a\nb\n", "E   assert 1 == 2", "x" * 1500])
def test_a_short_message_stays_as_it_is(text: str) -> None:
    assert message_of(text) == text.strip("\n")


@given(st.lists(st.sampled_from(["E   error", ">   code", "    def a():", "x" * 400, ""])))
def test_any_text_is_bounded_and_keeps_its_first_line(lines: list[str]) -> None:
    message = message_of("\n".join(["reason", *lines]))

    assert len(message) <= 1500
    assert message.startswith("reason")


def test_every_error_line_that_pytest_wrote_in_the_corpus_survives() -> None:
    messages = [
        message_of(error.message)
        for run in corpus_runs().values()
        if run.framework == "pytest"
        for error in run.failures
    ]
    shortened = [message for message in messages if "(source left out)" in message]

    assert len(shortened) >= 10
    for message in shortened:
        assert "\nE  " in message, message
