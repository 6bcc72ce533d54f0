"""Untrusted text made plain: what a person sees, and nothing else.

Titles, messages, stacks and commit messages are written by strangers, and shown to a language
model and in terminals. What those obey and people do not see is removed.
"""

import re
from typing import Final

# Always removed: controls, format characters (category Cf), blank letters and fillers, variation
# selectors, tags, surrogates and noncharacters. ESC, BEL and U+0080-U+009F are not listed: they
# delimit escape sequences, and are removed with those.
_INVISIBLE: Final = (
    r"\x00-\x06\x08\x0e-\x1a\x1c-\x1f\x7f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891"
    r"\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
) + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(1, 17))
# Listed here because Python's Unicode data is older than the newest emoji.
_EMOJI: Final = (
    r"\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a-\u23ff\u24c2\u25aa\u25ab"
    r"\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299"
    r"\U0001f000-\U0001faff"
)
_SYMBOL: Final = _EMOJI + r"\u2190-\u23ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff"
_FLAGS: Final = "|".join(  # England, Scotland, Wales: a black flag, tag letters, a final tag
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
# A joiner or selector is kept only beside a character that is kept: a second pass changes nothing.
_HIDDEN: Final = re.compile(
    rf"(?P<kept>{_FLAGS}"
    rf"|(?:(?<=[{_EMOJI}])|(?<=[{_EMOJI}]\ufe0f))\u200d(?=[{_EMOJI}])"
    rf"|(?<=[{_SYMBOL}])[\ufe0e\ufe0f]"
    rf"|(?<=[0-9#*])\ufe0f(?=\u20e3))"
    rf"|[{_INVISIBLE}]+"
)
_ANY_HIDDEN: Final = re.compile(f"[{_INVISIBLE}]")
_HIDDEN_ASCII: Final = re.compile(r"[\x00-\x06\x08\x0e-\x1a\x1c-\x1f\x7f]+")
_LINE_END: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# The payload of a string ends where another sequence may begin (as on a terminal), so no character
# is scanned for two introducers.
_ESCAPE: Final = re.compile(
    r"[\x07\x1b\x80-\x9f](?:"  # one set of characters first: it is searched for much faster
    r"(?:(?<=\x1b)[\]PX^_]|(?<=[\x90\x98\x9d-\x9f]))"  # OSC, DCS …
    r"[^\x07\x1b\x80-\x9f]*+(?:\x07|\x1b\\|\x9c)"
    r"|(?:(?<=\x1b)\[|(?<=\x9b))[0-?]*+(?:[ -/]*+[@-~])?"  # CSI; without an end if cut short
    r"|(?<=\x1b)[!-/]++[0-~]"  # character sets, such as ESC ( B
    r"|(?<=\x1b)[0-@\\-`{-~]"  # ESC 7, ESC =; an unterminated string's introducer
    r"|)"
)
_COLOUR: Final = re.compile(r"(?:\x1b\[|\x9b)[0-9;:]*+m")
_ESCAPED_CODE: Final = re.compile(r"(?:\x1b\[|\x9b)([0-9;]{1,40})m")
_MILLISECONDS: Final = re.compile(r"s(?![\w\[])")  # the rest of "[31ms]" after "[31m"
_BARE_CODE: Final = re.compile(rf"\[([0-9;]{{1,40}})m(?!{_MILLISECONDS.pattern})")
_OPEN_CODE: Final = re.compile(r"\[[0-9;]{0,40}")
_CODE_TOKEN: Final = re.compile(r"\[?[^\[m]*m?")  # "[" only at the start, "m" only at the end
_LONG_COLOUR: Final = re.compile(
    r"(?<![0-9])[34]8;(?:5|2;[0-9]{1,3};[0-9]{1,3});[0-9]{1,3}(?![0-9])"
)
_SURE_CODES: Final = frozenset(
    {*range(31, 38), *range(41, 48), *range(90, 98), *range(100, 108), 22, 23, 24, 27, 29, 39, 49}
)
_CODES: Final = _SURE_CODES | {*range(10), 21, 25, 28, 30, 40, 53, 55}
_SUSPICIOUS: Final = re.compile(rf"[{_INVISIBLE}\x07\x0b-\x0d\x1b\x80-\x9f\u2028\u2029]")
_SUSPICIOUS_ASCII: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # ten times faster


def has_odd_codes(text: str) -> bool:
    """Returns whether there are escape sequences other than for colours."""
    if "\x1b" not in text and "\x9b" not in text:
        return False
    text = _COLOUR.sub("", text)
    return "\x1b" in text or "\x9b" in text


def plain(text: str, *, keep_letters: bool = False) -> str:
    r"""Returns the text without ANSI codes, control, invisible and bidi characters.

    Lines end with \n.

    Args:
        text: The text.
        keep_letters: Whether to keep the letter at the end of a code that sets no colour: it may be
            the first of a word.
    """
    if text.isascii() and text.isprintable() and "[" not in text:
        return text
    suspicious = _SUSPICIOUS_ASCII if text.isascii() else _SUSPICIOUS
    if not suspicious.search(text) and not _BARE_CODE.search(text):
        return text
    # Order matters; each step runs once. Hidden characters can split an escape sequence, so they
    # go first; those that lost their base with a sequence go afterwards. Removing bare colour
    # codes creates neither.
    text = _LINE_END.sub("\n", text)
    text = _without_hidden(text)
    coloured = any(_is_colour_code(code[1], surely=True) for code in _ESCAPED_CODE.finditer(text))
    text = _ESCAPE.sub(_letter_at_end if keep_letters else "", text)
    text = _without_hidden(text)
    if coloured or any(_is_colour_code(code[1], surely=True) for code in _BARE_CODE.finditer(text)):
        return _without_bare_codes(text)
    return text


def one_line(text: str) -> str:
    """Returns plain text on one line: each run of whitespace (line ends, NBSP …) is a space."""
    return " ".join(plain(text).split())


def _without_hidden(text: str) -> str:
    if text.isascii():
        return _HIDDEN_ASCII.sub("", text)
    return _HIDDEN.sub(r"\g<kept>", text) if _ANY_HIDDEN.search(text) else text


def _letter_at_end(code: re.Match[str]) -> str:
    last = code[0][-1]
    is_string = code[0][1:2] in tuple("]PX^_")
    return last if last.isascii() and last.isalpha() and last != "m" and not is_string else ""


def _is_colour_code(parameters: str, *, surely: bool) -> bool:
    """Whether "31" or "1;31" sets a colour or style; surely: it can hardly be anything else."""
    numbers = _LONG_COLOUR.sub("39", parameters).split(";")
    codes = {int(number) if number else -1 for number in numbers}
    return codes <= _CODES and not (surely and codes.isdisjoint(_SURE_CODES))


def _without_bare_codes(text: str) -> str:
    """Removes colour codes without ESC, also nested ones ("[3[31m1m"), in one pass."""
    kept: list[str] = []
    for token in _CODE_TOKEN.finditer(text):
        piece = token[0]
        if kept and not piece.startswith("[") and _OPEN_CODE.fullmatch(kept[-1]):
            piece = kept.pop() + piece  # A code between the two was removed.
        code = _BARE_CODE.fullmatch(piece)
        if not (
            code
            and _is_colour_code(code[1], surely=False)
            and not _MILLISECONDS.match(text, token.end())
        ):
            kept.append(piece)
    return "".join(kept)
