"""Hostile text, and ordinary text, for tests of the cleaning of text."""

import re

from hypothesis import strategies as st

ESC = "\x1b"
BEL = "\x07"
ZWSP = "\u200b"
ZWJ = "\u200d"
VS15 = "\ufe0e"
VS16 = "\ufe0f"
MAN, WOMAN, GIRL = "\U0001f468", "\U0001f469", "\U0001f467"
FAMILY = ZWJ.join([MAN, WOMAN, GIRL])
HEART = "\u2764" + VS16
KEYCAP = "1" + VS16 + "\u20e3"
BLACK_FLAG = "\U0001f3f4"
GERMANY = "\U0001f1e9\U0001f1ea"
THUMBS_UP = "\U0001f44d\U0001f3fd"


def tags(letters: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in letters) + "\U000e007f"


FLAGS = [BLACK_FLAG + tags(region) for region in ("gbeng", "gbsct", "gbwls")]

# From attackers, and from terminals.
HOSTILE_PIECES = [
    *"\x1b[]PX^_\\()=7m;:?0123459s ab!#*\t\n\r\x00\x07\x08\x18\x7f\x85\x90\x98\x9b\x9c\x9d\x9f",
    *"\u200b\u200c\u200d\u200e\u202e\u2066\ufeff\u00ad\u2060\u2800\u3164\u180e\u034f\u2028\u2029",
    *"\ufe00\ufe0e\ufe0f\ufe0f\U000e0100\U000e0041\U000e007f\ud800\udfff\ufffe\U0010ffff\ufdd0",
    *["\u00a0", "\u3000", "\u20e3", "\u0301", "\u00a9", "\u2194", "\u2764", MAN, WOMAN, BLACK_FLAG],
    *[FAMILY, HEART, KEYCAP, GERMANY, THUMBS_UP, *FLAGS, tags("gbeng"), tags("usca")],
    *["[31m", "[1m", "[0m", "[3", "1m", "[31;", "38;5;1m", "\x1b[31m", "\x1b[1m", "[31ms"],
    *["\x1b]8;;https://a.example\x07", "\x1b]0;", "\x1b(B", "ESC", "é", "日本", "السلام"],
]
hostile_text = st.lists(st.sampled_from(HOSTILE_PIECES), max_size=25).map("".join) | st.text(
    st.characters(), max_size=30
)

# As in titles and messages.
ordinary_text = (
    st.lists(
        st.sampled_from(
            "abcXYZ 019.,:;!?()]{}<>'\"`~@#$%^&*+-=/\\|_\t\n\u00a0äßñ‹›…└─│日本語שלוםمرحبا"
        )
        | st.sampled_from([FAMILY, HEART, KEYCAP, GERMANY, THUMBS_UP, *FLAGS])
        | st.sampled_from(["[", "arr[31]", "e\u0301", "[31", "[5m]"]),
        max_size=40,
    )
    .map("".join)
    .filter(lambda text: not re.search(r"\[[0-9;]{2,}m", text))
)
