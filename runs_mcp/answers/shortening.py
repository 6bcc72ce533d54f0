"""Records whose texts are cut until they fit into a budget. Pure functions."""

from typing import Final, NamedTuple, TypeVar

from msgspec.structs import replace

from runs_mcp.answers.encoding import size
from runs_mcp.answers.reports import Trim
from runs_mcp.model import Record, Run
from runs_mcp.text import clip, clip_middle

R = TypeVar("R", bound=Record)
_SHORTER: Final = (1000, 500, 250, 120, 60, 30, 10, 4)
# What strangers write. The rest is worthless when cut: IDs, URLs, times, cursors.
_TEXTS: Final = frozenset(
    {
        "author",
        "branch",
        "causes",
        "ci_build_id",
        "code_frame",
        "commit_message",
        "content_type",
        "default_branch",
        "exception",
        "file_name",
        "frame",
        "framework",
        "message",
        "name",
        "note",
        "notes",
        "odd",
        "owner",
        "platform",
        "preview",
        "remarks",
        "stack",
        "tags",
        "title",
        "verdict",
    }
)

# Of these lists of texts the first one stays where there is no room for more.
_FIRST_OF_MANY: Final = frozenset({"causes", "notes", "odd", "remarks"})
# Their ends tell the cases of one test, or the shards of one run, apart.
_TITLES: Final = frozenset({"failed_tests", "group", "test"})
# Whole up to the 300 characters that they have at most, wherever the budget allows it.
_LONG_URL_CHARS: Final = 300
_PATHS: Final = frozenset({"spec", "location", "commit"})


class _Cut(NamedTuple):
    """How far a page is shortened."""

    max_chars: int
    paths: bool = False
    urls: bool = False


def shortened_to(budget: int, page: R) -> R:
    """Returns the record with its texts, then its paths, then its URLs cut until it fits."""
    if size(page) <= budget:
        return page
    stages = [(False, False), (True, False)]
    if _has_long_url(page):
        stages.append((True, True))
    for paths, urls in stages:
        for max_chars in _SHORTER:
            shorter = _shortened(page, _Cut(max_chars, paths, urls))
            if size(shorter) <= budget:
                return shorter
    return shorter


def _has_long_url(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_has_long_url, value))
    if not isinstance(value, Record):
        return False
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    return len(fields.get("url", "")) > _LONG_URL_CHARS or any(map(_has_long_url, fields.values()))


def _shortened(record: R, cut: _Cut) -> R:
    """Returns the record with its texts, and those of the records in it, clipped."""

    def shorter(name: str, value: object) -> object:
        if isinstance(value, str):
            if name == "url" and cut.urls and len(value) > _LONG_URL_CHARS:
                return ""  # It would be worthless when cut.
            if name in _TITLES:
                return clip_middle(value, cut.max_chars)
            clipped = name in _TEXTS or (cut.paths and name in _PATHS)
            return clip(value, cut.max_chars) if clipped else value
        if isinstance(value, tuple):
            if cut.paths and name in _FIRST_OF_MANY and len(value) > 1:
                return (shorter(name, value[0]), f"+{len(value) - 1} more")
            return tuple(shorter(name, item) for item in value)
        return _shortened(value, cut) if isinstance(value, Record) else value

    names = record.__struct_fields__
    fields = {name: shorter(name, getattr(record, name)) for name in names}
    if cut.paths and isinstance(record, Run):
        fields |= {"tags": (), "tags_omitted": record.tags_omitted + len(record.tags)}
    if cut.urls and isinstance(record, Trim):
        fields["reason"] = f"URLs too long for this budget are left out; {record.reason}".rstrip(
            "; "
        )
    return replace(record, **fields)
