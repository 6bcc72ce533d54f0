"""Texts that make a regular expression slow, made from the expression itself.

A search is slow where many places begin like a match and none is one. So each text repeats a
piece: what the expression begins with, what one of its repetitions takes, its own words.
"""

import importlib
import random
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, Final, NamedTuple, TypeAlias

from compiled_patterns import AnyPattern

_PARSER: Final = importlib.import_module("re._parser")
# One of each kind of character: what two parts of an expression can both take is what is slow.
_CHARACTERS: Final = "aA1 .-_:/'\"`(<[{>)]},=\n\\@#%&$+;!?|*~^\té"
_TAKEN: Final = 10
_LONG: Final = 16
_CATEGORIES: Final = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_NEVER: Final = "\0"
_ENDS: Final = (_NEVER, "", "\n")


class Attack(NamedTuple):
    """A text of any length: a beginning, then a piece over and over, then an end.

    Of two pieces first one is repeated, then the other.
    """

    beginning: str
    pieces: tuple[str, ...]
    end: str

    def text(self, characters: int) -> str:
        """Returns the text, of about so many characters."""
        share = characters // len(self.pieces)
        middle = (piece * (share // len(piece) + 1) for piece in self.pieces)
        return self.beginning + "".join(part[:share] for part in middle) + self.end


class _Chars(NamedTuple):
    taken: tuple[str, ...]


class _Sequence(NamedTuple):
    items: tuple["_Node", ...]


class _Choice(NamedTuple):
    options: tuple["_Node", ...]


class _Repeat(NamedTuple):
    body: "_Node"
    least: int
    is_long: bool


class _Look(NamedTuple):
    body: "_Node"


_Value: TypeAlias = Any  # The parser has no types.
_Node: TypeAlias = _Chars | _Sequence | _Choice | _Repeat | _Look
_NOTHING: Final = _Sequence(())


def attacks(pattern: AnyPattern, pairs: int, *, all_ends: bool = False) -> list[Attack]:
    """Returns texts against a pattern: of one piece each, and of pairs of these pieces.

    Args:
        pattern: The pattern.
        pairs: How many texts of two pieces, chosen at random, mixed and one after the other.
        all_ends: Whether each piece is tried with every end, and not only with the one that makes
            it no match, where there is one.
    """
    root = _Reader(pattern).read()
    single = [each for each in dict.fromkeys(_walk(root, "")) if each[1]]
    found = [
        Attack(beginning, (piece,), end)
        for at, (beginning, piece) in enumerate(single)
        for end in (_ENDS if all_ends else (_failing_end(pattern, beginning + piece * 3, at),))
    ]
    pieces = list(dict.fromkeys(piece for _, piece in single))
    beginnings = list(dict.fromkeys(["", *(beginning for beginning, _ in single)]))
    chance = random.Random(pairs)
    every = list(combinations(pieces, 2))
    for one, other in chance.sample(every, min(pairs, len(every))):
        both = ((one + other,), (one, other), (other, one))
        end = chance.choice(_ENDS)
        found.append(Attack(chance.choice(beginnings), chance.choice(both), end))
    return found


def _failing_end(pattern: AnyPattern, text: str, turn: int) -> str:
    """Returns an end with which a text is no match; of several that are alike, each in turn."""

    def is_match(end: str) -> tuple[bool, bool]:
        whole = (text + end).encode() if isinstance(pattern.pattern, bytes) else text + end
        found: list[object] = [call(whole) for call in (pattern.search, pattern.fullmatch)]  # type: ignore[arg-type]
        return found[0] is not None, found[1] is not None

    turned = turn % len(_ENDS)
    return min(_ENDS[turned:] + _ENDS[:turned], key=is_match)


class _Reader:
    """Reads the parsed form of an expression."""

    def __init__(self, pattern: AnyPattern) -> None:
        self._flags = pattern.flags
        # The own ones of the expression first.
        own = "a " + str(pattern.pattern)
        self._characters = sorted(_CHARACTERS, key=lambda char: char not in own)
        self._parsed = _PARSER.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
        self._groups: dict[int, _Node] = {}

    def read(self) -> _Node:
        return self._sequence(self._parsed)

    def _sequence(self, parsed: Sequence[tuple[object, object]]) -> _Node:
        return _Sequence(tuple(self._node(str(op), value) for op, value in parsed))

    def _node(self, op: str, value: _Value) -> _Node:
        match op:
            case "LITERAL":
                return _Chars((chr(value),))
            case "NOT_LITERAL" | "IN" | "ANY":
                return _Chars(self._taken(op, value))
            case "SUBPATTERN":
                self._groups[value[0]] = node = self._sequence(value[-1])
                return node
            case "ATOMIC_GROUP":
                return self._sequence(value)
            case "BRANCH":
                return _Choice(tuple(map(self._sequence, value[1])))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, body = value
                return _Repeat(self._sequence(body), least, most >= _LONG)
            case "ASSERT" | "ASSERT_NOT":
                return _Look(self._sequence(value[1]))
            case "AT":
                is_line = str(value) == "AT_BEGINNING" and self._flags & re.MULTILINE
                return _Chars(("\n",)) if is_line else _NOTHING
            case "GROUPREF":
                return self._groups.get(value, _NOTHING)
        raise NotImplementedError(op)

    def _taken(self, op: str, value: _Value) -> tuple[str, ...]:
        taken = [char for char in self._characters if _takes(op, value, char, self._flags)]
        if not taken and op == "IN":
            taken = [chr(arg[0] if str(kind) == "RANGE" else arg) for kind, arg in value[:2]]
        return tuple(taken[:_TAKEN])


def _takes(op: str, value: _Value, char: str, flags: int) -> bool:
    """Returns whether a class of characters has a character."""
    if op == "ANY":
        return char != "\n" or bool(flags & re.DOTALL)
    if op == "NOT_LITERAL":
        return bool(ord(char) != value)
    negated, has = False, False
    for kind, argument in value:
        match str(kind):
            case "NEGATE":
                negated = True
            case "LITERAL":
                has = has or ord(char) == argument
            case "RANGE":
                has = has or argument[0] <= ord(char) <= argument[1]
            case "CATEGORY":
                has = has or bool(re.match(_CATEGORIES[str(argument)], char))
    return bool(has != negated)


def _walk(node: _Node, before: str) -> Iterator[tuple[str, str]]:
    """Yields a beginning that a match can have, and what may follow it again and again."""
    match node:
        case _Sequence(items):
            for at, item in enumerate(items):
                if _is_letter(item) and at + 1 < len(items) and _is_letter(items[at + 1]):
                    continue  # within a word
                yield from _walk(item, before + _sample(_Sequence(items[:at])))
                yield "", before + _sample(_Sequence(items[: at + 1]))
                following = _Sequence(items[at + 1 : at + 3])
                if isinstance(item, _Repeat) and item.is_long:
                    yield before + _sample(_Sequence(items[:at])), _sample(following)
        case _Choice(options):
            for option in options:
                yield from _walk(option, before)
        case _Repeat(body, _, is_long):
            yield from _walk(body, before)
            if is_long:
                yield from ((before, piece) for piece in _pieces(body))
        case _Look(body):
            yield from _walk(body, before)


def _is_letter(node: _Node) -> bool:
    return isinstance(node, _Chars) and len(node.taken) == 1


def _pieces(node: _Node) -> Iterator[str]:
    """Yields what the body of a repetition can be."""
    match node:
        case _Chars(taken):
            yield from taken
            yield from (taken[0] + other for other in taken[1:])
        case _Choice(options):
            for option in options:
                yield from _pieces(option)
        case _Sequence((only,)):
            yield from _pieces(only)
        case _:
            yield _sample(node)


def _sample(node: _Node) -> str:
    """Returns a text that an expression takes, with what is optional."""
    match node:
        case _Chars(taken):
            return taken[0] if taken else ""
        case _Sequence(items):
            return "".join(map(_sample, items))
        case _Choice(options):
            return _sample(options[0])
        case _Repeat(body, least, _):
            return _sample(body) * max(least, 1)
        case _Look():
            return ""
