"""What a scenario of `tests/reports` claims of answers, and whether it holds."""

import re
from collections.abc import Iterator, Sequence

from report_scenarios import Answer, Claim, Json, Requests, Rows, Scenario, compact


def faults_of(scenario: Scenario, answers: Sequence[Answer], asked: Sequence[str]) -> list[str]:
    """Returns what does not hold: of the claims, and of what is asked of every answer."""
    faults = [
        f"call {number}: {fault}"
        for number, answer in enumerate(answers)
        for fault in answer.faults
    ]
    for claim in scenario.expect:
        if claim.requests:
            faults += _faults_of_requests(claim.requests, asked)
        else:
            found = _faults_of_answer(claim, answers[claim.call])
            faults += [f"call {claim.call}: {fault}" for fault in found]
    return faults


def _faults_of_requests(wanted: Requests, asked: Sequence[str]) -> Iterator[str]:
    def count(pattern: str) -> int:
        return sum(bool(re.search(pattern, line)) for line in asked)

    yield from (f"nothing asked for {pattern}" for pattern in wanted.some if not count(pattern))
    yield from (f"something asked for {pattern}" for pattern in wanted.none if count(pattern))
    for pattern, most in wanted.at_most.items():
        if count(pattern) > most:
            yield f"{pattern} was asked {count(pattern)} times, expected {most} at most"


def _faults_of_answer(claim: Claim, answer: Answer) -> Iterator[str]:
    if claim.error is not None:
        wanted = claim.error if isinstance(claim.error, list) else [claim.error]
        if not answer.error or not (wanted == [True] or answer.error in wanted):
            yield f"expected the error {claim.error}, got {answer.error or 'an answer'}"
    elif answer.error and not claim.may_fail:
        yield f"a tool error: {answer.text}"
        return
    data = answer.data
    for path, value in claim.equal.items():
        if not fits(at(data, path), value):
            yield f"{path} is {compact(at(data, path))}, expected {compact(value)}"
    for name, rows in claim.lists.items():
        yield from _faults_of_list(name, at(data, name), rows)
    if claim.causes is not None:
        yield from _faults_of_causes(claim, claim.causes, _Groups(data))
    yield from _faults_of_words(claim, "the text", answer.text)
    yield from _faults_of_words(claim, "the structured content", answer.structured)


def _faults_of_words(claim: Claim, channel: str, text: str) -> Iterator[str]:
    for wanted in claim.says:
        if not any(word in text for word in ([wanted] if isinstance(wanted, str) else wanted)):
            yield f"{channel} does not say {wanted!r}"
    for unwanted in claim.says_not:
        if unwanted in text:
            yield f"{channel} says {unwanted!r}"


def _faults_of_list(name: str, found: object, wanted: Rows) -> Iterator[str]:
    rows = found if isinstance(found, list) else []
    for record in wanted.has:
        if not any(_is_record(row, record) for row in rows):
            yield f"{name} has no {compact(record)}"
    for record in wanted.has_not:
        if any(_is_record(row, record) for row in rows):
            yield f"{name} has {compact(record)}"
    if wanted.count is not None and len(rows) != wanted.count:
        yield f"{name} has {len(rows)} rows, expected {wanted.count}"


def at(data: object, path: str) -> object:
    """Returns the value at a dotted path: of each item of a list; `#` is a list's length."""
    for part in path.split("."):
        if part == "#":
            data = len(data) if isinstance(data, list) else 0
        elif isinstance(data, list):
            data = [item.get(part) for item in data if isinstance(item, dict)]
        else:
            data = data.get(part) if isinstance(data, dict) else None
    return data


def fits(value: object, wanted: object) -> bool:
    """Whether a value is the wanted one, one of these, or as {contains, at_least, …} say."""
    if isinstance(wanted, dict):
        return all(_fits(value, how, what) for how, what in wanted.items())
    if isinstance(wanted, list) and not isinstance(value, list):
        return value in wanted
    if value is None and wanted == 0:
        return True  # zeros in the rows of a list are left out
    return value == wanted


def _fits(value: object, how: str, what: object) -> bool:
    match how, what, value:
        case "present", bool(), _:
            return bool(value) == what
        case "contains", str(), _:
            return value is not None and what in _as_text(value)
        case "lacks", str(), _:
            return value is None or what not in _as_text(value)
        case "at_least", int() | float(), int() | float():
            return value >= what
        case "at_most", int() | float(), int() | float() | None:
            return (value or 0) <= what
    return False


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else compact(value)


def _is_record(row: object, wanted: Json) -> bool:
    """Whether a row has these fields; of a test's title a part is enough."""
    if isinstance(row, str):
        return all(isinstance(value, str) and value in row for value in wanted.values())
    return all(
        value in str(at(row, name) or "")
        if name == "test" and isinstance(value, str)
        else fits(at(row, name), value)
        for name, value in wanted.items()
    )


class _Groups:
    """The groups of a triage: what is said of each, and the words on its tests."""

    def __init__(self, data: Json) -> None:
        self.rows: dict[str, Json] = {row["fingerprint"]: row for row in data.get("groups") or []}
        self._words = {mark: list(_tests_of(row)) for mark, row in self.rows.items()}

    def holding(self, test: str) -> list[str]:
        """Returns the fingerprints of the groups that name this test."""
        return [
            mark for mark, tests in self._words.items() if any(test in words for words in tests)
        ]


def _tests_of(group: Json) -> Iterator[str]:
    for named in (group.get("first_test"), group.get("example"), *(group.get("others") or [])):
        if named:
            yield _words_of(named)


def _words_of(value: object) -> str:
    if isinstance(value, dict):
        value = list(value.values())
    return "\n".join(map(_words_of, value)) if isinstance(value, list) else str(value)


def _faults_of_causes(claim: Claim, wanted: list[list[str]], groups: _Groups) -> Iterator[str]:
    place: dict[str, str] = {}
    for test in (test for together in wanted for test in together):
        found = groups.holding(test)
        if len(found) != 1:
            yield f"{test!r} is in {len(found)} groups"
        place[test] = found[0] if found else ""
    for number, together in enumerate(wanted):
        if len({place[test] for test in together}) > 1:
            yield f"not one cause: {together}"
        for before in wanted[:number]:
            if place[before[0]] == place[together[0]] != "":
                yield f"one cause for {before} and {together}"
    if len(groups.rows) != len(wanted):
        yield f"there are {len(groups.rows)} groups, expected {len(wanted)}"
    yield from _faults_of_fields(claim, place, groups)


def _faults_of_fields(claim: Claim, place: dict[str, str], groups: _Groups) -> Iterator[str]:
    for name in ("kind", "novelty", "cause", "tests", "specs"):
        wanted: dict[str, object] = getattr(claim, name)
        for test, value in wanted.items():
            found = at(groups.rows.get(place.get(test, "")), name)
            if not fits(found, value):
                yield f"{name} of {test!r} is {found!r}, expected {compact(value)}"
