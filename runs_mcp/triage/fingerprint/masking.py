"""Texts with the parts masked that change from run to run. Pure functions over plain text.

A mask names what it hides (`<n>`, `<uuid>`, `<time>` …), so that the text stays readable.
"""

import re
from typing import Final

# Identifiers: of requests, sessions, traces.
_UUID: Final = r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
# Times, as ISO 8601 and most logs write them.
_DATE: Final = r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK: Final = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
_ZONE: Final = r"(?:Z|[ ]?(?:UTC|GMT)|[ ]?[+-][0-9]{2}:?[0-9]{2})?"
# Host and port depend on the environment, the query on the test.
_ORIGIN: Final = r"\b[a-z][a-z0-9+.-]{0,30}://[^\s/?#\"'`<>)\]]+"
_HOST: Final = r"\b(?:localhost|(?:[0-9]{1,3}\.){3}[0-9]{1,3})(?::[0-9]+)?\b"
_QUERY: Final = r"(?<=[\w/])\?[\w%.~-]+=[^\s\"'`<>)\]]*"
# Temporary files change in each run; of other absolute paths the folders do.
_TEMPORARY: Final = (
    r"(?:/private)?(?:/var/folders|/tmp|/dev/shm)/[^\s\"'`:,;)\]]*"
    r"|\b[A-Z]:\\[^\s\"'`:;,)\]]*\\Temp\\[^\s\"'`:,;)\]]*"
)
_MACHINE: Final = (
    r"(?:\b[A-Z]:\\|/(?:home|Users|root|var|opt|usr|builds?|workspaces?|github|runner|app|srv|mnt)/)"
    r"(?:[^\s\"'`:,;()\[\]/\\]+[/\\])*"
)
# Addresses of objects in CPython and Ruby; hashes and random suffixes.
_ADDRESS: Final = r"\b0x[0-9a-fA-F]+\b"
_HEX: Final = r"(?<![0-9A-Za-z])(?=[a-f]*+[0-9])(?=[0-9]*+[a-f])[0-9a-f]{6,}+(?![0-9A-Za-z])"
# Codes of things, AB-24 or AB100, and all other numbers.
_CODE: Final = (
    r"\b[A-Z]++(?:[-_][A-Z]++){0,20}+[-_]?[0-9]++(?:[A-Z]++[0-9]*+)*+(?:[-_][A-Z0-9]++){0,20}+\b"
)
# But not HTTP statuses and the numbers of errors: those tell.
_NO_STATUS: Final = "".join(
    f"(?<!{before} )" for before in ("status code", "status", "HTTP", "answered", "responded with")
) + (
    r"(?<!rror #)(?![45][0-9]{2} (?:Bad|Unauthorized|Forbidden|Not|Method|Conflict|Gone|Too"
    r"|Unprocessable|Internal|Service|Gateway|Client|Server))"
)
_NUMBER: Final = (
    rf"(?<![\w<]){_NO_STATUS}[-+]?[0-9]+(?:[.,:_][0-9]+)*(?![0-9])"
    rf"|(?<![0-9]){_NO_STATUS}[0-9]+(?:[.,][0-9]+)*"
)

_MASKS: Final = tuple(
    (re.compile(pattern), mask)
    for pattern, mask in (
        (_UUID, "<uuid>"),
        (rf"{_DATE}[T ]{_CLOCK}{_ZONE}", "<time>"),
        (rf"{_DATE}\b", "<date>"),
        (rf"\b{_CLOCK}\b", "<time>"),
        (_ORIGIN, "<host>"),
        (_HOST, "<host>"),
        (_QUERY, ""),
        (_TEMPORARY, "<path>"),
        (_MACHINE, "<path>/"),
        (_ADDRESS, "<hex>"),
        (_HEX, "<hex>"),
        (_CODE, "<id>"),
        (_NUMBER, "<n>"),
    )
)
_DIGIT: Final = re.compile(r"[0-9]")
_MASKS_WITHOUT_DIGITS: Final = tuple(
    (pattern, mask) for pattern, mask in _MASKS if mask in ("<host>", "", "<path>", "<path>/")
)
_MASK: Final = re.compile(r"<[a-z]+>")
_NAME: Final = re.compile(r"[\"'`_./:#()<>=]|[a-z][A-Z]")
# The tag and the level of a heading are not masked.
_NUMBERED: Final = re.compile(
    r"(?<![A-Za-z0-9])(?!h[1-6](?![0-9A-Za-z]))(?<!level: )"
    r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]+(?![0-9A-Za-z])"
)


def masked(text: str) -> str:
    """Returns the text as one line, with the parts masked that change from run to run."""
    text = " ".join(text.split())
    has_digits = _DIGIT.search(text) is not None
    for pattern, mask in _MASKS if has_digits else _MASKS_WITHOUT_DIGITS:
        text = pattern.sub(mask, text)
    return text


def masked_locator(text: str) -> str:
    """Returns a locator or selector with its words that have digits masked: one row of many."""
    return _NUMBERED.sub("<n>", " ".join(text.split()))


def skeleton(message: str) -> str:
    """Returns a masked message without the words that a test may have filled in.

    The first and the last word stay, and names: words with quotes, punctuation or in camelCase.
    """
    words = message.split()
    names = (word for word in words[1:-1] if _NAME.search(word) and not _MASK.fullmatch(word))
    return " ".join([*words[:1], *names, *words[-1:]])
