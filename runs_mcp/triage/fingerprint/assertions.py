"""Failed assertions of jest, vitest, Playwright, Cypress, pytest and RSpec, parsed.

Pure functions over the plain text of an error.
"""

import re
from typing import Final, NamedTuple

from runs_mcp.triage.fingerprint.value_pairs import value_pair


class Assertion(NamedTuple):
    """A failed assertion."""

    matcher: str
    expected: str = ""
    received: str = ""
    message: str = ""
    """What the code of the test adds to it."""
    changes: tuple[str, ...] = ()
    """The lines of a diff that are on one side only, with their signs."""
    key: str = ""
    """The property that is missing."""
    whole: str = ""
    """The whole value, where only a part of it was compared: a list and its length."""


_ANY: Final = r".{0,1000}"  # No line that is read is longer.
# jest and Playwright: «expect(received).toBe(expected) // Object.is equality»
_JEST: Final = re.compile(r"expect\([^()\n]*\)(?P<matcher>(?:\.not|\.resolves|\.rejects)*\.to\w+)")
_JEST_EXPECTED: Final = re.compile(r"^Expected(?P<label>[^:\n]*): +(?P<value>.*)$", re.MULTILINE)
_JEST_RECEIVED: Final = re.compile(r"^Received(?P<label>[^:\n]*): +(?P<value>.*)$", re.MULTILINE)
_JEST_WHOLE: Final = re.compile(
    r"^Received (?:array|object|set|map|value|string): +(?P<value>.*)$", re.MULTILINE
)
# Lines of Playwright's call log begin like those of a diff.
_CALL_LOG: Final = re.compile(r"\n[^\S\n]*Call [lL]og:")
# chai, so vitest and Cypress: «expected 'a' to be 'b' // Object.is equality»
_CHAI: Final = re.compile(
    r"^(?:\w*Error: )?(?:(?>(?P<message>[^\n]*?): expected )|expected )(?P<received>.+?) "
    r"(?P<matcher>(?:not )?to (?:not )?(?:be |deeply |strictly |loosely |equal |include |contain |"
    r"match |have |been |a |an |of |property |length |text |throw |close |greater |less |than )*)"
    r"(?P<expected>(?:[^ \n]++| ++(?!// ))*+)(?: ++// .*)?$",
    re.MULTILINE,
)
_CHAI_SNAPSHOT: Final = re.compile(rf"Snapshot [`'\"]{_ANY}[`'\"] mismatched")
_CHAI_PROPERTY: Final = re.compile(r"[\"'](?P<key>[^\"']+)[\"'](?: with value .*)?$")
# jest: «Rejected to value: [Error: …]»; vitest: «promise rejected "Error: …" instead of resolving»;
# RSpec: «expected no Exception, got #<…>»; Rust: «left: Err(…)» where Ok(…) was expected; Elixir:
# «right: {:error, …}» where :ok was;
# Cypress, of what the page threw: «The following error originated from your application code».
_NESTED: Final = re.compile(
    r"^(?:Rejected to value|Thrown value): +\[(.*)\]$"
    rf"|promise rejected \"({_ANY}?)\" instead of resolving"
    rf"|expected no Exception, got #<([\w:]+: {_ANY}?)>(?: with backtrace:)?$"
    r"|originated from your (?:application|test) code[^>]{0,400}> (.*)$"
    r"|^[^\S\n]*(?:left|right): Err\((.*)\)$(?=[^:]*: Ok\()"
    r"|^[^\S\n]*left: Ok\(.*\n\s*right: Err\((.*)\)$"
    r"|^[^\S\n]*left: +\{?:ok\b.*\n\s*right: +\{:error, (.*)\}$",
    re.MULTILINE,
)
_NESTED_HINTS: Final = (
    "value: ",
    "promise rejected",
    "no Exception",
    "originated",
    "Err(",
    "{:error",
)
# RSpec: «expected: 17» and «got: 20» on two lines; other matchers on one.
_RSPEC: Final = re.compile(r"\s*Failure/Error:")
_RSPEC_EQUAL: Final = re.compile(
    r"^[^\S\n]*expected:? (?P<expected>.*)\n\s*got:? (?P<received>.*)", re.MULTILINE
)
_RSPEC_OTHER: Final = re.compile(
    r"^[^\S\n]*expected (?P<received>.+?) (?P<matcher>(?:not )?to [a-z_]+)(?: (?P<expected>.*))?$",
    re.MULTILINE,
)
# match_array: only the missing and the extra elements matter.
_RSPEC_ARRAY: Final = re.compile(
    r"actual collection contained:.*"
    r"(?:\n\s*the missing elements were:\s+(?P<missing>.*))?"
    r"(?:\n\s*the extra elements were:\s+(?P<extra>.*))?"
)
_RSPEC_ANY: Final = re.compile(r"^[^\S\n]*expected (?P<received>.+)$", re.MULTILINE)
# pytest: «assert 2 == 3», after the message of the assertion if it has one; in modules whose
# assertions are not rewritten, the message alone.
_PYTEST: Final = re.compile(
    r"(?:AssertionError: )?(?:(?P<message>[^\n]*)\n)?(?:E +)?assert (?P<what>[^\n]*)"
)
_PYTEST_PLAIN: Final = re.compile(
    r"AssertionError(?:: (?P<message>[^\n]*))?(?:\n|$)(?=(?s:.*)^> +assert )", re.MULTILINE
)
_COMPARED: Final = re.compile(
    r"(?P<left>.+?) (?P<matcher>==|!=|<=|>=|<|>|is not|is|not in|in) (?P<right>(?s:.+))"
)
# pytest on dicts: «Left contains 1 more item:» and the item, «Differing items:» and both.
_PYTEST_ITEMS: Final = re.compile(
    r"(?P<side>Left|Right|Differing)(?: contains| items).{0,100}\n\s*\{(?P<key>'[^']*'|\w+): "
)

_ASSERTION_TYPE: Final = re.compile(
    r"Assert\w{0,100}(?:Error|Failure|Failed|Exception)|ComparisonFailure|MultipleFailuresError"
    r"|ExpectationFailed|XunitException"
)
_ASSERTION_TEXT: Final = re.compile(
    r"XCT\w+ failed|Assertion with \S+ failed|Failed asserting that|assertion (?:`|failed)"
    r"|Expected .* (?:but|to)\b"
)

# Lines of a diff; not its legend, nor lines that only open or close a container.
_CHANGED: Final = re.compile(r"^ {0,3}(?P<change>[-+] (?! +(?:where|and) )\s*\S.*)$", re.MULTILINE)
_NO_CHANGE: Final = re.compile(
    r"[-+] (?:Expected|Received|Snapshot)\s+[-+] [0-9]+$"
    r"|[-+]\s*(?:(?:Array|Object|Map|Set|[A-Z]\w*) )?[\[\]{}(),]+$"
)
_WAS_EMPTY: Final = re.compile(r"^- (?:Array |Object )?(?:\[\]|\{\})$", re.MULTILINE)


def read_assertion(text: str, message: str, error_type: str) -> Assertion | None:
    """Returns the failed assertion, or None for an error of another kind.

    Args:
        text: The error's text, with the source that pytest and RSpec print.
        message: The same without that source.
        error_type: The error's type, if it is known.
    """
    if _RSPEC.match(text):
        return _rspec(text)
    return _jest(message) or _pytest(text) or _chai(message) or _other(message, error_type)


def nested_error(text: str) -> str:
    """Returns the error that an assertion reports: of a promise, of a call, of the page itself."""
    found = _NESTED.search(text) if any(hint in text for hint in _NESTED_HINTS) else None
    return next(filter(None, found.groups()), "") if found else ""


def _jest(text: str) -> Assertion | None:
    matcher = _JEST.search(text) if "expect(" in text else None
    if matcher is None:
        return None
    if log := _CALL_LOG.search(text):
        text = text[: log.start()]
    expected, received = _JEST_EXPECTED.search(text), _JEST_RECEIVED.search(text)
    whole = _JEST_WHOLE.search(text)
    diff = text[matcher.end() :]
    return Assertion(
        matcher["matcher"],
        "[]" if _WAS_EMPTY.search(diff) else expected["value"] if expected else "",
        received["value"] if received else "",
        text[: matcher.start()].strip().removeprefix("Error:").strip(),
        _changes(diff),
        expected["value"].strip('"') if expected and expected["label"] == " path" else "",
        whole["value"] if whole and whole is not received else "",
    )


def _chai(text: str) -> Assertion | None:
    if _CHAI_SNAPSHOT.search(text):
        return Assertion("snapshot")
    found = _CHAI.search(text) if "expected " in text and " to " in text else None
    if found is None:
        return None
    matcher, expected = found["matcher"].strip(), found["expected"]
    lacks = _CHAI_PROPERTY.match(expected) if matcher.endswith("have property") else None
    return Assertion(
        matcher,
        expected.removesuffix(", but it didn't"),
        found["received"],
        found["message"] or "",
        _changes(text[found.end() :]),
        lacks["key"] if lacks else "",
    )


def _rspec(text: str) -> Assertion | None:
    if equal := _RSPEC_EQUAL.search(text):
        changes = _changes(text.partition("Diff:")[2])
        return Assertion("eq", equal["expected"].strip(), equal["received"].strip(), "", changes)
    if array := _RSPEC_ARRAY.search(text):
        return Assertion("match_array", array["missing"] or "", array["extra"] or "")
    if other := _RSPEC_OTHER.search(text):
        return Assertion(other["matcher"], other["expected"] or "", other["received"])
    other = _RSPEC_ANY.search(text)
    return Assertion("expected", received=other["received"]) if other else None


def _pytest(text: str) -> Assertion | None:
    found = _PYTEST.match(text)
    if found is None:
        plain = _PYTEST_PLAIN.match(text)
        return Assertion("assert", message=plain["message"] or "") if plain else None
    message = found["message"] or ""
    compared = _COMPARED.fullmatch(found["what"])
    if compared is None:
        is_negated = found["what"].startswith("not ")
        received = found["what"].removeprefix("not ")
        return Assertion("assert", "[]" if is_negated else "", received, message)
    left, right = compared["left"], compared["right"]
    if compared["matcher"].endswith("in"):
        left, right = right, left
    # After the code comes the reason again, each of its lines after an E.
    reason = text[found.end() :].partition("\nE ")[0]
    items = tuple(
        f"{'-' if item['side'] == 'Right' else '+'} {item['key']}: "
        for item in _PYTEST_ITEMS.finditer(reason)
    )
    return Assertion(compared["matcher"], right, left, message, items or _changes(reason))


def _other(text: str, error_type: str) -> Assertion | None:
    """Returns an assertion of other frameworks: JUnit, .NET, Go, Rust, Elixir, PHP, Swift, C++."""
    pair = value_pair(text)
    if pair is not None:
        matcher = pair.matcher or "equal"
        return Assertion(matcher, pair.expected, pair.received, pair.message, pair.changes)
    if _ASSERTION_TYPE.search(error_type) or _ASSERTION_TEXT.match(text):
        message = text.removeprefix(error_type).removeprefix(":").strip()
        return Assertion("assert", message=message.partition("\n")[0])
    return None


def _changes(diff: str) -> tuple[str, ...]:
    lines = (found["change"].rstrip() for found in _CHANGED.finditer(diff))
    return tuple(line for line in lines if not _NO_CHANGE.match(line))
