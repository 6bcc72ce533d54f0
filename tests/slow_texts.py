"""Texts for which a pattern or a function of the product takes more than linear time."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from compiled_patterns import METHODS, AnyPattern, UsedPattern
from growth import growth_beyond_linear
from pattern_attacks import Attack, attacks
from text_functions import TextFunction

_ALL_MATCHES: Final = METHODS - {"search", "match", "fullmatch"}


class Trial(NamedTuple):
    """What was tried.

    Args:
        texts: How many texts, each with every method that the product calls.
        slow: What was too slow, and how it grows.
    """

    texts: int
    slow: list[str]


def try_patterns(patterns: Iterable[UsedPattern], pairs: int, *, most: int | None = None) -> Trial:
    """Tries texts made from each pattern against it, until one is slow.

    Args:
        patterns: The patterns.
        pairs: How many texts for a pattern have two pieces.
        most: How many texts a pattern gets at most, chosen at random, each piece with one end;
            None for all, with every end.
    """
    texts = 0
    slow = []
    for used in patterns:
        tried = attacks(used.pattern, pairs, all_ends=most is None)
        if most is not None and len(tried) > most:
            tried = random.Random(most).sample(tried, most)
        for method in _methods(used):
            texts += len(tried)
            work = _work(used.pattern, method)
            if found := next(_slow(work, tried, skims=True), ""):
                slow.append(f"{used.name}, {method}: {found}")
    return Trial(texts, slow)


def try_function(function: TextFunction, texts: Iterable[Attack]) -> list[str]:
    """Returns the texts, made longer and longer, for which a function is slow."""
    return list(_slow(function, texts, skims=False))


def _slow(work: TextFunction, texts: Iterable[Attack], *, skims: bool) -> Iterator[str]:
    for attack in texts:
        if growth := growth_beyond_linear(work, attack.text, skims=skims):
            yield f"{attack}: {growth}"


def _methods(used: UsedPattern) -> list[str]:
    """Returns the methods to try; all that go through the whole text are as one."""
    if used.methods & _ALL_MATCHES:
        return [*sorted(used.methods & {"match", "fullmatch"}), "finditer"]
    return sorted(used.methods)


def _work(pattern: AnyPattern, method: str) -> TextFunction:
    call: Callable[[str | bytes], object] = getattr(pattern, method)
    is_bytes = isinstance(pattern.pattern, bytes)

    def work(text: str) -> None:
        found = call(text.encode(errors="replace") if is_bytes else text)
        if method == "finditer":
            for _ in found:  # type: ignore[attr-defined]
                pass

    return work
