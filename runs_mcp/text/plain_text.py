"""Untrusted text from upstream, made plain: what a person would have seen, and nothing else.

Titles, messages, stacks and commit messages are written by strangers and shown to a language
model and to terminals. Whatever those obey and people do not see is taken out here.
"""

import re
from typing import Final

# Removed wherever they stand: controls, format characters (category Cf), blank letters and
# fillers, variation selectors, tags, surrogates and noncharacters. ESC, BEL and U+0080-U+009F
# are missing: they delimit escape sequences, and go with those.
_INVISIBLE: Final = (
    r"\x00-\x06\x08\x0e-\x1a\x1c-\x1f\x7f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891"
    r"\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
) + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(1, 17))
# Written out, as Python's Unicode data is older than the newest emoji.
_EMOJI: Final = (
    r"\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a-\u23ff\u24c2\u25aa\u25ab"
    r"\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299"
    r"\U0001f000-\U0001faff"
)

_SYMBOL: Final = _EMOJI + r"\u2190-\u23ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff"
_FLAGS: Final = "|".join(  # England, Scotland, Wales: a black flag, letters as tags, a final tag
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)

# Each thing kept rests on a neighbour that is itself kept, so a second pass changes nothing.
_HIDDEN: Final = re.compile(
    rf"(?P<kept>{_FLAGS}"
    rf"|(?:(?<=[{_EMOJI}])|(?<=[{_EMOJI}]\ufe0f))\u200d(?=[{_EMOJI}])"
    rf"|(?<=[{_SYMBOL}])[\ufe0e\ufe0f]"
    rf"|(?<=[0-9#*])\ufe0f(?=\u20e3))"
    rf"|[{_INVISIBLE}]+"
)

_LINE_END: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# A string's payload stops at whatever could begin another sequence (as on a terminal), so no
# character is looked at twice for two introducers.
_ESCAPE: Final = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*+(?:\x07|\x1b\\|\x9c)"  # OSC, DCS …
    r"|(?:\x1b\[|\x9b)[0-?]*+(?:[ -/]*+[@-~])?"  # CSI; one cut short has no final character
    r"|\x1b[!-/]++[0-~]"  # character sets and the like: ESC ( B
    r"|\x1b[0-@\\-`{-~]"  # ESC 7, ESC =; the introducer of an unterminated string
    r"|[\x07\x1b\x80-\x9f]"
)

_ESCAPED_CODE: Final = re.compile(r"(?:\x1b\[|\x9b)([0-9;]{1,40})m")
_MILLISECONDS: Final = re.compile(r"s(?![\w\[])")  # the rest of "[31ms]" behind its m
_BARE_CODE: Final = re.compile(rf"\[([0-9;]{{1,40}})m(?!{_MILLISECONDS.pattern})")
_OPEN_CODE: Final = re.compile(r"\[[0-9;]{0,40}")
_CODE_TOKEN: Final = re.compile(r"\[?[^\[m]*m?")  # "[" only at its start, "m" only at its end
_LONG_COLOUR: Final = re.compile(
    r"(?<![0-9])[34]8;(?:5|2;[0-9]{1,3};[0-9]{1,3});[0-9]{1,3}(?![0-9])"
)

_SURE_CODES: Final = frozenset(
    {*range(31, 38), *range(41, 48), *range(90, 98), *range(100, 108), 22, 23, 24, 27, 29, 39, 49}
)

_CODES: Final = _SURE_CODES | {*range(10), 21, 25, 28, 30, 40, 53, 55}
_SUSPICIOUS: Final = re.compile(rf"[{_INVISIBLE}\x07\x0b-\x0d\x1b\x80-\x9f\u2028\u2029]")
_SUSPICIOUS_ASCII: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # ten times as fast


def plain(text: str) -> str:
    r"""Return multi-line plain text.

    It has no ANSI codes, controls, invisible or bidi-control characters; lines end with \n.
    """
    if text.isascii() and text.isprintable() and "[" not in text:
        return text
    suspicious = _SUSPICIOUS_ASCII if text.isascii() else _SUSPICIOUS
    if not suspicious.search(text) and not _BARE_CODE.search(text):
        return text
    # Each step runs once, whatever the text: what could hide an escape sequence goes first, what
    # those leave without a base goes behind them, and colour codes cannot bring back either.
    text = _LINE_END.sub("\n", text)
    text = _HIDDEN.sub(r"\g<kept>", text)
    coloured = any(_is_colour_code(code[1], surely=True) for code in _ESCAPED_CODE.finditer(text))
    text = _ESCAPE.sub("", text)
    text = _HIDDEN.sub(r"\g<kept>", text)
    if coloured or any(_is_colour_code(code[1], surely=True) for code in _BARE_CODE.finditer(text)):
        return _without_bare_codes(text)
    return text


def one_line(text: str) -> str:
    """Return plain text whose runs of whitespace (line ends, tabs, NBSP …) are one space each."""
    return " ".join(plain(text).split())


def _is_colour_code(parameters: str, *, surely: bool) -> bool:
    """Whether "31" or "1;31" sets a colour or style; surely: it hardly means anything else."""
    numbers = _LONG_COLOUR.sub("39", parameters).split(";")
    codes = {int(number) if number else -1 for number in numbers}
    return codes <= _CODES and not (surely and codes.isdisjoint(_SURE_CODES))


def _without_bare_codes(text: str) -> str:
    """Remove colour codes that lost their ESC, nested ones ("[3[31m1m") too, in one pass."""
    kept: list[str] = []
    for token in _CODE_TOKEN.finditer(text):
        piece = token[0]
        if kept and not piece.startswith("[") and _OPEN_CODE.fullmatch(kept[-1]):
            piece = kept.pop() + piece  # a code removed between the two has made them neighbours
        code = _BARE_CODE.fullmatch(piece)
        if not (
            code
            and _is_colour_code(code[1], surely=False)
            and not _MILLISECONDS.match(text, token.end())
        ):
            kept.append(piece)
    return "".join(kept)
