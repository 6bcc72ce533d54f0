"""The caller's own key, hidden however it is spelled.

An API may repeat it in an error, and a log that a test printed may have it in a record.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import html5
from typing import Final

_LEAST_CHARS: Final = 8  # Shorter ones, as in tests, may be words.
# Base64 for URLs has other characters than base64.
_FOR_URLS: Final = str.maketrans("+/", "-_")
_BASE64_CHARS: Final = {"+": "[+-]", "/": "(?:\\\\?/|_)"}
_ESCAPES: Final = ("%", "&", "\\")
_KEPT_KEYS: Final = 500  # of callers: a pattern takes some 40 ms to make
_PART_BYTES: Final = 1_000_000
_LONGEST_CODE: Final = 32  # of an encoded character
_SPELLED_CHARS: Final = 128  # of a longer key; what follows them is taken for its rest
_BETWEEN: Final = r"(?:\s{1,20}|(?<=[^\\])(?:\\r)?\\n[ \t]{0,20})?"  # a line that was broken


def without_keys(text: str, keys: Iterable[str]) -> str:
    """Returns the text with "…" for each of the keys.

    A key is found in upper and lower case, percent-encoded, as HTML entities or escaped as in
    JSON (all of it or some characters), in base64 with whatever stands around it, broken over
    lines, and cut off at its end with "…".
    """
    for key in keys:
        if may_have_key(text, key):
            text = _spellings(key).sub("…", text)
    return text


def may_have_key(text: str, key: str) -> bool:
    """Returns whether `without_keys` may find a key in a text: fast, as most texts have none.

    If it may not in several texts joined by spaces or line ends, it may not in any of them.
    """
    if len(text) < _LEAST_CHARS or len(key) < _LEAST_CHARS:
        return False
    if any(map(text.__contains__, _ESCAPES)):
        return True
    # Replacing one character at a time is thirty times as fast as translating all.
    joined = "".join(text.lower().split()).replace("+", "-").replace("/", "_")
    return any(map(joined.__contains__, _starts_of(key)))


def body_without_key(body: bytearray, key: str) -> bytearray:
    """Returns the body of an answer without the key, before anything cuts or masks a text in it.

    Finds what `without_keys` finds but a key that is cut off, or broken over lines and nothing
    else: a body of many MB that has none is read through in some milliseconds.
    """
    if len(key) < _LEAST_CHARS or not _may_have_key(body, key):
        return body
    return bytearray(_spellings_in_body(key).sub("…".encode(), body))


def _may_have_key(body: bytearray, key: str) -> bool:
    literals, patterns = _signs_of(key)
    # Most bodies have few of the characters that these begin with.
    encoded = [pattern for pattern in patterns if pattern.pattern[:1] in body]
    longest = max(_LONGEST_CODE, *map(len, literals))
    for start in range(0, len(body), _PART_BYTES):  # not a copy of all of it
        lowered = body[start : start + _PART_BYTES + longest].lower()
        if any(literal in lowered for literal in literals) or any(
            pattern.search(lowered) for pattern in encoded
        ):
            return True
    return False


@lru_cache(_KEPT_KEYS)
def _starts_of(key: str) -> tuple[str, ...]:
    """Returns what the key begins with, as it is and in base64, in lower case."""
    starts = {text[:_LEAST_CHARS].lower() for text in (key, *_base64_cores(key))}
    return tuple(start.translate(_FOR_URLS) for start in starts)


@lru_cache(_KEPT_KEYS)
def _signs_of(key: str) -> tuple[list[bytes], list[re.Pattern[bytes]]]:
    """Returns what a body in lower case has if the key is in it: a text, or an encoded character.

    Each pattern begins with a literal character, for which a body is searched fast.
    """
    cores = list(_base64_cores(key))
    cores += [core.translate(_FOR_URLS) for core in cores]
    codes = "|".join(sorted({f"{ord(char):02x}" for char in key.lower()}))
    numbers = "|".join(sorted({str(ord(char)) for char in key + key.swapcase()}))
    return (
        [key.lower().encode(), *(core.lower().encode() for core in dict.fromkeys(cores))],
        [
            re.compile(pattern.encode())
            for pattern in (
                rf"%(?:25){{0,8}}(?:{codes})",
                rf"&#(?:0{{0,5}}(?:{numbers})|x0{{0,5}}(?:{codes}))(?![0-9a-f])",
                rf"\\u00(?:{codes})",
                rf"\\x(?:{codes})",
            )
        ],
    )


@lru_cache(_KEPT_KEYS)
def _spellings(key: str) -> re.Pattern[str]:
    chars = _spelled_chars(key)
    cut = f"{''.join(chars[:_LEAST_CHARS])}{_optional(chars[_LEAST_CHARS:])}(?=…)"
    return re.compile("|".join([_whole(key), cut, *_base64_spellings(key)]))


@lru_cache(_KEPT_KEYS)
def _spellings_in_body(key: str) -> re.Pattern[bytes]:
    return re.compile("|".join([_whole(key), *_base64_spellings(key)]).encode())


def _whole(key: str) -> str:
    rest = r"[\w%&#;\\/+=.~-]*" if len(key) > _SPELLED_CHARS else ""
    return _BETWEEN.join(_spelled_chars(key)) + rest


def _spelled_chars(key: str) -> list[str]:
    return [_char_spellings(char) for char in key[:_SPELLED_CHARS]]


def _optional(chars: list[str]) -> str:
    """Returns a pattern for as many of the characters as there are."""
    pattern = ""
    for char in reversed(chars):
        pattern = f"(?:{char}{pattern})?"
    return pattern


def _char_spellings(char: str) -> str:
    code = "".join(
        f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{ord(char):02x}"
    )
    literal = f"[{char.lower()}{char.upper()}]" if char.isalpha() else re.escape(char)
    names = "".join(
        f"|&{re.escape(name)}" for name, value in html5.items() if value == char and name[-1] == ";"
    )
    return (
        rf"(?:\\{{0,4}}{literal}|%(?:25){{0,8}}{code}|\\{{1,4}}(?:u00|x){code}"
        rf"|&#0{{0,5}}(?:{ord(char)}|[xX]0{{0,5}}{code});?{names})"
    )


def _base64_cores(key: str) -> Iterator[str]:
    """Yields what base64 makes of the key alone, after 0, 1 and 2 other bytes."""
    for before in range(3):
        encoded = b64encode(b"\0" * before + key.encode()).decode().rstrip("=")
        # The first characters depend on what stands before, the last one on what follows.
        core = encoded[-(-before * 4 // 3) :]
        yield core[:-1] if (before + len(key)) % 3 else core


def _base64_spellings(key: str) -> Iterator[str]:
    for core in _base64_cores(key):
        chars = (_BASE64_CHARS.get(char, char) for char in core)
        yield "".join(chars) + "[A-Za-z0-9+/_-]{0,3}={0,2}"
