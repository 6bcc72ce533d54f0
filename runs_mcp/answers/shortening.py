"""Records shortened until they fit into a budget. Pure functions.

How a field is shortened stands on the field, see `runs_mcp.model.fields`.
"""

from collections.abc import Iterator, Set
from typing import Final, NamedTuple, TypeVar

from msgspec.structs import replace

from runs_mcp.answers.encoding import fits
from runs_mcp.answers.trim import Trim
from runs_mcp.model import Record, Shortening, shortenings
from runs_mcp.text import clip, clip_middle

R = TypeVar("R", bound=Record)
_LONG_URL_CHARS: Final = 300


class _Cut(NamedTuple):
    """How far a record is shortened.

    Args:
        rules: What is shortened.
        max_chars: How many characters stay of each string.
    """

    rules: Set[Shortening]
    max_chars: int

    @property
    def is_last(self) -> bool:
        """Whether everything is shortened."""
        return Shortening.LAST in self.rules

    @property
    def max_url_chars(self) -> int:
        """How long a URL can be that is not left out."""
        return self.max_chars if self.is_last else _LONG_URL_CHARS


_TEXTS: Final = {Shortening.TEXT, Shortening.TITLE}
_PATHS: Final = _TEXTS | {Shortening.PATH, Shortening.FIRST_ITEM, Shortening.COUNTED}
_URLS: Final = _PATHS | {Shortening.URL}
_MAX_CHARS: Final = (1000, 500, 250, 120, 60, 30, 10, 4)
_CUTS: Final = tuple(_Cut(rules, n) for rules in (_TEXTS, _PATHS, _URLS) for n in _MAX_CHARS)
_LAST_CUTS: Final = tuple(_Cut(set(Shortening), n) for n in (*_MAX_CHARS, 1))


def shortened_to(budget: int, record: R, *, keep_ids: bool = False) -> R:
    """Returns the record, shortened no more than it must so that both encodings fit.

    Args:
        budget: Bytes that each encoding may have.
        record: A report, or a part of one.
        keep_ids: Whether to leave IDs whole even where the record then does not fit.
    """
    if fits(record, budget):
        return record
    for cut in _CUTS if keep_ids else _CUTS + _LAST_CUTS:
        shorter = _shortened(record, cut)
        if Shortening.URL in cut.rules and _has_long_url(record, cut.max_url_chars):
            shorter = _with_reason(shorter)
        if fits(shorter, budget):
            break
    return shorter


def _has_long_url(record: Record, max_chars: int) -> bool:
    return any(len(url) > max_chars for url in _urls(record))


def _urls(record: Record) -> Iterator[str]:
    for name, rules in shortenings(type(record)).items():
        value = getattr(record, name)
        if Shortening.URL in rules:
            yield value
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Record):
                yield from _urls(part)


def _with_reason(report: R) -> R:
    """Returns a report that says that URLs are left out, where it has a place for that."""
    trim = getattr(report, "trim", None)
    if not isinstance(trim, Trim):
        return report
    reason = "long URLs are left out"
    return replace(
        report, trim=replace(trim, reason="; ".join(filter(None, [reason, trim.reason])))
    )


def _shortened(record: R, cut: _Cut) -> R:
    """Returns the record with its fields, and those of the records in it, shortened."""
    changed: dict[str, object] = {}
    for name, rules in shortenings(type(record)).items():
        value = getattr(record, name)
        if Shortening.COUNTED in rules & cut.rules:
            count = f"{name}_omitted"
            changed |= {name: (), count: getattr(record, count) + len(value)}
        elif name not in changed:
            changed[name] = _shortened_value(value, rules, cut)
    return replace(record, **changed)


def _shortened_value(value: object, rules: Set[Shortening], cut: _Cut) -> object:
    match value:
        case str():
            return _shortened_text(value, rules & cut.rules, cut)
        case (str(first), _, *_) if Shortening.FIRST_ITEM in rules & cut.rules or cut.is_last:
            return (_shortened_value(first, rules, cut), f"+{len(value) - 1} more")
        case dict():
            return {_shortened_value(key, rules, cut): number for key, number in value.items()}
        case tuple():
            return tuple(_shortened_value(item, rules, cut) for item in value)
        case Record():
            return _shortened(value, cut)
        case _:
            return value


def _shortened_text(text: str, rules: Set[Shortening], cut: _Cut) -> str:
    if Shortening.URL in rules:
        return text if len(text) <= cut.max_url_chars else ""
    if Shortening.TITLE in rules:
        return clip_middle(text, cut.max_chars)
    return clip(text, cut.max_chars) if rules else text
