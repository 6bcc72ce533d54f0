"""Mutations of JSON, of its text, and of any text: as a broken or hostile peer would make them."""

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

Json = Any
Place = tuple[str | int, ...]

ODD: Final[tuple[Json, ...]] = (
    *(None, True, False, 0, -1, 1, 3.5, 1e308, -(10**18), 10**30, 2**63),
    *("", " ", "odd", "null", "\n", "../..", "a/b", "a?b=c#d", "%2e%2e%2f", "\x00", "\ud83d"),
    *("2026-13-45T99:99:99Z", "0001-01-01", "9999-12-31T23:59:59.999999+23:59", "x" * 70_000),
    *("\u202eevil", "\x1b[31mred", "<script>", "{{7*7}}", "\N{GRINNING FACE}" * 300),
    *([], {}, [[]], [{}], {"": ""}, [None] * 50, [1] * 10_000, {"a": {"b": {"c": []}}}),
)
ODD_CHARS: Final = '\x00\n"\\{}[]:,é\ud83d\u202e%/.-=A0'


def any_place(value: Json, random: Random) -> Place:
    """Returns a place in a value, often a deep one; () if there is nothing in it."""
    place: Place = ()
    while value and isinstance(value, dict | list) and (not place or random.random() < 0.85):
        step = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
        place = (*place, step)
        value = value[step]
    return place


def mutated(value: Json, random: Random) -> Json:
    """Changes a value in one to four places, and returns it."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        place = any_place(value, random)
        if not place:
            return copy.deepcopy(random.choice(ODD))
        container = value
        for step in place[:-1]:
            container = container[step]
        random.choice(CHANGES)(container, place[-1], value, random)
    return value


def _replace(container: Json, step: str | int, whole: Json, random: Random) -> None:
    del whole
    container[step] = copy.deepcopy(random.choice(ODD))


def _delete(container: Json, step: str | int, whole: Json, random: Random) -> None:
    del whole, random
    del container[step]


def _rename(container: Json, step: str | int, whole: Json, random: Random) -> None:
    del whole
    if isinstance(container, dict):
        container[random.choice(("x", "", f"{step}s", str(step).upper()))] = container.pop(step)


def _repeat(container: Json, step: str | int, whole: Json, random: Random) -> None:
    del whole
    if isinstance(container, list) and isinstance(step, int):
        container[step:step] = [container[step]] * random.choice((1, 2, 100))


def _shuffle(container: Json, step: str | int, whole: Json, random: Random) -> None:
    del step, whole
    if isinstance(container, list):
        random.shuffle(container)


def _move(container: Json, step: str | int, whole: Json, random: Random) -> None:
    """Puts a value from elsewhere here."""
    other = whole
    for part in any_place(whole, random):
        other = other[part]
    container[step] = copy.deepcopy(other)


def _nest(container: Json, step: str | int, whole: Json, random: Random) -> None:
    del whole
    for _ in range(random.choice((1, 2, 100))):
        container[step] = [container[step]] if random.random() < 0.5 else {"a": container[step]}


CHANGES: Final[tuple[Callable[[Json, str | int, Json, Random], None], ...]] = (
    *(_replace, _replace, _replace, _delete, _rename, _repeat, _shuffle, _move, _nest),
)


def damaged(text: str, random: Random) -> str:
    """Returns a text with some characters lost, put in, or changed."""
    for _ in range(random.choice((1, 1, 2, 5))):
        start = random.randrange(len(text) + 1)
        end = min(len(text), start + random.choice((0, 0, 1, 1, 3, len(text))))
        put_in = "".join(random.choice(ODD_CHARS) for _ in range(random.choice((0, 1, 1, 4))))
        text = text[:start] + put_in + text[end:]
    return text


def mutated_text(text: str, random: Random) -> str:
    """Returns a JSON text whose value was mutated, or that was damaged itself."""
    if random.random() < 0.2:
        return damaged(text, random)
    return json.dumps(mutated(json.loads(text), random))
