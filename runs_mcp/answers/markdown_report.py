"""A triage as Markdown, for job summaries and comments on pull requests. Pure functions.

Whatever strangers wrote stands in code: there it can be no markup, mentions nobody and links to
nothing.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from runs_mcp.answers.history_reports import CauseReport, HistoryReport
from runs_mcp.answers.triage_reports import GroupReport, NamedTest, TriageReport
from runs_mcp.model import Failure
from runs_mcp.text import clip, one_line, plain
from runs_mcp.triage.verdict import count_of

MOST_CHARS: Final = 60_000
"""GitHub takes 65,536 in a comment."""
_LINE_CHARS: Final = 300
_STATEMENT_CHARS: Final = 2000
_CAUSE_CHARS: Final = 200
_PLACE_CHARS: Final = 120
_ERROR_CHARS: Final = 3000
_TESTS_SHOWN: Final = 50
_ROOM_FOR_THE_END: Final = 300
# A line of prose begins with a letter, since other signs may make a list or a rule of it. A dot
# before a letter may make a link, and a colon a picture.
_PLAIN: Final = re.compile(r"(?:[A-Za-z](?:[A-Za-z0-9 ,;()'-]|%(?!\w)|[.:](?![^ ]))*)?")
# Forges make links of hashes of commits, and of issues such as GH-12.
_REFERENCE: Final = re.compile(r"\w-[0-9]|\b[0-9a-f]{7,40}\b", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._-]+)*")
_BACKTICKS: Final = re.compile(r"`+")


def markdown_report(report: TriageReport, history: HistoryReport | None = None) -> str:
    """Returns the report as Markdown: verdict, a table of causes, and the details folded.

    It has at most `MOST_CHARS` characters; what is left out is counted.

    Args:
        report: All of a triage.
        history: Since when each cause is there, if that is known.
    """
    text = "\n\n".join(_head(report))
    since = {cause.fingerprint: cause for cause in history.causes} if history else {}
    shown_rows = _fitting(_rows(report, since), MOST_CHARS // 2 - len(text))
    if shown_rows:
        text += "\n\n" + "\n".join([_TABLE_HEAD, *shown_rows])
    if left := max(len(report.groups), report.causes_total) - len(shown_rows):
        text += f"\n\n{left} more causes are left out."
    shown = _fitting(_details(report, since), MOST_CHARS - len(text) - _ROOM_FOR_THE_END)
    text += "".join(f"\n\n{detail}" for detail in shown)
    lists = (report.flaky, report.quarantined, report.incomplete)
    if left := len(report.groups) + sum(map(bool, lists)) - len(shown):
        text += f"\n\nThe details of {left} more are left out."
    if report.trim.trimmed and report.trim.total:
        left = report.trim.total - report.trim.shown
        text += f"\n\n{left} more entries did not fit into the report."
    return text + "\n"


def code(text: str, most_chars: int = _LINE_CHARS) -> str:
    """Returns a text as code in a line of Markdown, clipped to so many characters."""
    line = clip(one_line(text), most_chars)
    if not line:
        return "–"
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(line)), default=0))
    space = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{fence}{space}{line}{space}{fence}"


_TABLE_HEAD: Final = (
    "| cause | kind | tests | specs | novelty | since | where |\n"
    "| --- | --- | ---: | ---: | --- | --- | --- |"
)


def _head(report: TriageReport) -> Iterator[str]:
    run = report.run
    yield f"### {_prose(report.verdict)}"
    is_linked = len(run.url) <= _LINE_CHARS and _ADDRESS.fullmatch(run.url)
    facts = [f"[Run {code(run.id)}]({run.url})" if is_linked else f"Run {code(run.id)}"]
    facts += [f"{name} {code(value)}" for name, value in _named(report) if value]
    yield " · ".join(facts)
    notes = [_prose(note) for note in (report.found, report.no_baseline) if note]
    if report.baseline:
        chosen = _prose(report.baseline.chosen)
        notes.append(f"Compared with {code(report.baseline.run)}: {chosen}")
    if notes:
        yield "  \n".join(notes)


def _named(report: TriageReport) -> Iterator[tuple[str, str]]:
    run = report.run
    yield "branch", run.branch
    yield "commit", run.commit[:12]
    yield "by", run.author


def _rows(report: TriageReport, since: Mapping[str, CauseReport]) -> Iterator[str]:
    for group in report.groups:
        cells = (
            code(group.cause, _CAUSE_CHARS),
            group.kind,
            str(group.tests),
            str(group.specs),
            group.novelty,
            _since(since.get(group.fingerprint)),
            code(group.frame or group.first_test, _PLACE_CHARS),
        )
        # Also in code, a bar ends a cell.
        escaped = (cell.replace("|", "\\|") for cell in cells)
        yield f"| {' | '.join(escaped)} |"


def _since(history: CauseReport | None) -> str:
    """Returns since when a cause is there, in a few words."""
    if history is None:
        return "–"
    day = history.since.created_at[:10]
    words = {
        "new": "this run",
        "since": day,
        "intermittent": "comes and goes",
        "always": f"{day} or before",
        "unknown": "not known",
    }
    return words[history.pattern]


def _history_of(history: CauseReport | None) -> Iterator[str]:
    """Yields what is known of the time before, each as a line."""
    if history is None:
        return
    for name, point in (("First run", history.since), ("Last good run", history.last_good)):
        if point:
            by = f" by {code(point.author)}" if point.author else ""
            commit = f", commit {code(point.commit[:12])}{by}" if point.commit else ""
            yield f"{name}: {code(point.run)}, {code(point.created_at)}{commit}"
    if history.commits and history.commits.url:
        yield f"[Commits between]({history.commits.url})"
    yield f"In {history.seen.runs} of {count_of(history.seen.of, 'run')} before"
    if history.also_on:
        yield f"Also on {', '.join(map(code, history.also_on))}"
    if history.note:
        yield _prose(history.note)


def _details(report: TriageReport, since: Mapping[str, CauseReport]) -> Iterator[str]:
    for number, group in enumerate(report.groups, 1):
        history = "  \n".join(_history_of(since.get(group.fingerprint)))
        body = "\n\n".join(part for part in (history, _about(group)) if part)
        yield _folded(f"Cause {number}: {count_of(group.tests, 'test')}", body)
    for title, tests in (
        ("Flaky", report.flaky),
        ("Failed in quarantine", report.quarantined),
    ):
        if tests:
            yield _folded(f"{title}: {count_of(len(tests), 'test')}", _list_of(tests))
    if report.incomplete:
        specs = [NamedTest(test=spec) for spec in report.incomplete]
        yield _folded(f"Never reported: {count_of(len(specs), 'spec')}", _list_of(specs))


def _about(group: GroupReport) -> str:
    parts = []
    tests: list[NamedTest] = []
    if group.example:
        parts.append(_block(_error_of(group.example)))
        tests.append(NamedTest.of(group.example))
    elif group.first_test:
        tests.append(NamedTest(test=group.first_test))
    parts.append(_list_of([*tests, *group.others], group.more))
    return "\n\n".join(parts)


def _error_of(failure: Failure) -> str:
    error = failure.error
    is_named = not error.name or error.message.startswith(error.name)
    head = error.message if is_named else f"{error.name}: {error.message}"
    texts = [head, error.code_frame, error.stack, *(f"Caused by: {text}" for text in error.causes)]
    return clip("\n\n".join(plain(text) for text in texts if text), _ERROR_CHARS)


def _list_of(tests: list[NamedTest] | tuple[NamedTest, ...], more: int = 0) -> str:
    lines = []
    for test in tests[:_TESTS_SHOWN]:
        places = [code(place) for place in (test.spec, test.group) if place]
        lines.append(f"- {code(test.test)}{' in ' if places else ''}{', '.join(places)}")
    more += max(0, len(tests) - _TESTS_SHOWN)
    return "\n".join([*lines, *([f"- and {more} more"] if more else [])])


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _block(text: str) -> str:
    """Returns a text as a block of code."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _prose(text: str) -> str:
    """Returns a text as it is if it can be nothing but prose, else as code."""
    is_plain = _PLAIN.fullmatch(text) and not _REFERENCE.search(text)
    return text if is_plain and len(text) <= _STATEMENT_CHARS else code(text, _STATEMENT_CHARS)


def _fitting(parts: Iterator[str], budget: int) -> list[str]:
    """Returns as many of the first parts as fit into so many characters, separators included."""
    fitting = []
    for part in parts:
        budget -= len(part) + 2
        if budget < 0:
            break
        fitting.append(part)
    return fitting
