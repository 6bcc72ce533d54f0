"""Every function of the product that reads a stranger's text, and what frameworks write."""

import asyncio
import inspect
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from itertools import chain, zip_longest
from pathlib import Path
from types import FunctionType
from typing import Final

import httpx
import msgspec
from case_scores import case_sets
from compiled_patterns import product_modules
from corpus_scores import corpus_runs

from runs_mcp.api.endpoint import Endpoint
from runs_mcp.api.error_responses import refusal
from runs_mcp.api.lenient_decoding import decode_leniently
from runs_mcp.errors import RunsError
from runs_mcp.model import ErrorText
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.mapping.failed_executions import failed_execution
from runs_mcp.providers.buildkite.references import BuildkiteSuite
from runs_mcp.providers.currents.mapping.instances import full_instance
from runs_mcp.providers.currents.wire.instances import WireInstance
from runs_mcp.triage.fingerprint.causes import causes_of

TextFunction = Callable[[str], object]

KEY: Final = "sekrit-key-123"
_ROOMS: Final = (
    *("runs_mcp.text.", "runs_mcp.error_text.", "runs_mcp.triage.fingerprint."),
    *("runs_mcp.providers.field_values", "runs_mcp.providers.failure_message"),
    *("runs_mcp.providers.nested_errors", "runs_mcp.providers.pasted_links"),
    *("runs_mcp.providers.buildkite.references", "runs_mcp.providers.currents.references"),
    *("runs_mcp.providers.buildkite.mapping.failure_text", "runs_mcp.api.link_header"),
    *("runs_mcp.web_address", "runs_mcp.setting_values"),
)
# What is no stranger's text.
_NAMED: Final[dict[str, object]] = {
    "host": "app.currents.dev",
    "root": "/builds/acme/",
    "organization": "acme",
    "key": KEY,
    "keys": (KEY,),
    "defaults": BuildkiteSuite("acme", "shop"),
}
_TEXTS: Final[frozenset[object]] = frozenset(
    {str, str | None, bytearray, Iterable[str], Sequence[str]}
)
_FILLED: Final[frozenset[object]] = frozenset({int})
_FAILED: Final = ErrorText("Error: expect(received).toBe(expected)")
_TIMED_OUT: Final = "Test timeout of 3000ms exceeded."
_ERRORS: Final[dict[str, Callable[[str], ErrorText]]] = {
    "message": lambda text: ErrorText(text),
    "stack": lambda text: _FAILED._replace(stack=text),
    "name": lambda text: _FAILED._replace(name=text),
    "code": lambda text: _FAILED._replace(code_frame=f"> {text}"),
    "file": lambda text: _FAILED._replace(spec=text),
    "title": lambda text: _FAILED._replace(test=text),
    "further errors": lambda text: ErrorText(_TIMED_OUT, further=(text, text, text)),
    "everything": lambda text: _error_of(text),
}
_DATA: Final = Path(__file__).parent


@cache
def text_functions() -> dict[str, TextFunction]:
    """Returns the functions by name: those of the rooms for text, found there, and what uses them.

    A text stands for each parameter that is one.
    """
    found: dict[str, TextFunction] = dict(_in_rooms())
    for field, error in _ERRORS.items():
        found[f"causes_of, {field}"] = partial(_causes_of, error)
    found["an instance of Currents"] = _currents_instance
    found["a failed execution of Buildkite"] = _failed_execution
    found["an error of an API"] = _api_error
    found["lenient decoding"] = _lenient_decoding
    return found


@cache
def phrases() -> tuple[str, ...]:
    """Returns lines that frameworks write, those of each framework in turn.

    They are the first lines of the message and of the stack of each failure in the data.
    """
    lines: dict[str, dict[str, None]] = {}
    for framework, error in _failures():
        for text in (error.message, error.stack):
            found = [f"{line}\n" for line in text.splitlines()[:2] if line.strip()]
            lines.setdefault(framework, {}).update(dict.fromkeys(found))
    in_turn = chain.from_iterable(zip_longest(*lines.values()))
    return tuple(dict.fromkeys(line for line in in_turn if line))


def _failures() -> Iterator[tuple[str, ErrorText]]:
    for run in corpus_runs().values():
        yield run.framework, run.failures[0]
    for folder in ("cases", "planted/sets", "planted/second_author"):
        for each in case_sets(_DATA / folder):
            yield from (
                (sent.framework, text) for sent, text in zip(each.failures, each.texts, strict=True)
            )


def _in_rooms() -> Iterator[tuple[str, TextFunction]]:
    for module in product_modules():
        if not f"{module.__name__}.".startswith(_ROOMS):
            continue
        for name, value in vars(module).items():
            function = _uncached(value)
            if function is None or function.__module__ != module.__name__ or name[0] == "_":
                continue
            wanted = _wanted(function)
            kinds = {kind for parameter, kind in wanted.items() if parameter not in _NAMED}
            if kinds & _TEXTS and kinds <= _TEXTS | _FILLED:
                short_name = f"{module.__name__.removeprefix('runs_mcp.')}.{name}"
                yield short_name, partial(_call, function, wanted)


def _uncached(value: object) -> FunctionType | None:
    """Returns a function without what keeps its results; None if it is none."""
    function: object = inspect.unwrap(value) if callable(value) else None
    return function if isinstance(function, FunctionType) else None


def _wanted(function: Callable[..., object]) -> dict[str, object]:
    """Returns the types of the parameters that have no default."""
    hints = typing.get_type_hints(function)
    parameters = inspect.signature(function).parameters.values()
    return {
        each.name: hints[each.name]
        for each in parameters
        if each.default is inspect.Parameter.empty
    }


def _call(function: Callable[..., object], wanted: dict[str, object], text: str) -> None:
    arguments = {
        name: _NAMED[name] if name in _NAMED else _argument(kind, text)
        for name, kind in wanted.items()
    }
    with suppress(RunsError, ValueError):  # It is refused.
        function(**arguments)


def _argument(kind: object, text: str) -> object:
    if kind is int:
        return len(text) // 2
    if kind is bytearray:
        return bytearray(text.encode(errors="replace"))
    return text if kind in (str, str | None) else (text,)


def _causes_of(error: Callable[[str], ErrorText], text: str) -> None:
    causes_of([error(text)])


def _error_of(text: str) -> ErrorText:
    """Puts a text wherever a framework can put one, so that the code and the locator are read."""
    message = (
        f"Error: {text}\nexpect(locator).toHaveText(expected) failed\n\nLocator: {text}\n"
        f'Expected: "x"\nReceived: "{text}"\n\nCall log:\n  - waiting for {text}\n{text}'
    )
    return ErrorText(message, f"at {text}", "", f"{text}\n> `${{a}}-{text}`", (), text, text)


def _currents_instance(text: str) -> None:
    error = {"message": text, "stack": text, "name": text, "codeFrame": {"frame": text, "line": 3}}
    test = {
        "testId": "a",
        "title": [text, text],
        "state": "failed",
        "attempts": [{"state": "failed", "error": error}],
    }
    body = msgspec.json.encode({"spec": text, "results": {"tests": [test]}})
    full_instance(msgspec.json.decode(body, type=WireInstance), 0)


def _failed_execution(text: str) -> None:
    lines = text.split("\n")
    sent = {
        "execution_id": "a",
        "test_name": text,
        "location": text,
        "failure_reason": text,
        "failure_expanded": [{"expanded": lines, "backtrace": lines}],
    }
    body = msgspec.json.encode(sent)
    failed_execution(msgspec.json.decode(body, type=wire.WireFailedExecution), "acme")


def _api_error(text: str) -> None:
    header = text.encode("latin-1", errors="replace")
    response = httpx.Response(
        429,
        headers=[(b"WWW-Authenticate", header), (b"Retry-After", header)],
        stream=httpx.ByteStream(msgspec.json.encode({"error": {"message": text}})),
        request=httpx.Request("GET", "https://api.example"),
    )
    endpoint = Endpoint("Example", "https://api.example", KEY, "EXAMPLE_KEY", "EXAMPLE_URL")
    asyncio.run(_refused(response, endpoint))


async def _refused(response: httpx.Response, endpoint: Endpoint) -> None:
    await refusal(response, endpoint)


def _lenient_decoding(text: str) -> None:
    pieces = [text[at : at + 5] for at in range(0, len(text), 5)]
    body = {"spec": text, "results": {"tests": pieces, "stats": dict.fromkeys(pieces, text[:5])}}
    decode_leniently(msgspec.json.encode(body), WireInstance)
