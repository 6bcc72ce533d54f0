"""Every regular expression of the product, with the methods that the product calls on it.

Found in the modules themselves, so a new one is there without anyone adding it.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache, partial
from types import FrameType, ModuleType
from typing import Final, NamedTuple, TypeAlias
from unittest.mock import patch

import runs_mcp

AnyPattern: TypeAlias = re.Pattern[str] | re.Pattern[bytes]

METHODS: Final = frozenset(
    {"search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
)
_RE_FUNCTIONS: Final = (METHODS - {"subn", "finditer"}) | {"compile"}
_DEEPEST: Final = 6
_NOT_PRODUCT: Final = ("runs_mcp.sandbox", "runs_mcp.__main__")


class UsedPattern(NamedTuple):
    """A regular expression.

    Args:
        name: Where it stands.
        pattern: The expression.
        methods: What the product calls on it.
    """

    name: str
    pattern: AnyPattern
    methods: frozenset[str]


@cache
def product_modules() -> tuple[ModuleType, ...]:
    """Returns all modules of the product but the sandbox, which serves tests and demos."""
    found = pkgutil.walk_packages(runs_mcp.__path__, "runs_mcp.")
    names = [each.name for each in found if not each.name.startswith(_NOT_PRODUCT)]
    return tuple(map(importlib.import_module, names))


@cache
def used_patterns() -> tuple[UsedPattern, ...]:
    """Returns the patterns in the globals of all modules, and those of calls such as `re.search`.

    The methods of a pattern in a collection are those that its module calls on any variable.
    """
    found: dict[int, UsedPattern] = {}
    for module in product_modules():
        tree = ast.parse(inspect.getsource(module))
        for used in (
            *_in_globals(module, _methods_called(tree)),
            *_in_calls(tree, module.__name__),
        ):
            known = found.get(id(used.pattern), used)
            found[id(used.pattern)] = known._replace(methods=known.methods | used.methods)
    return tuple(found.values())


def functions_that_make_patterns() -> set[str]:
    """Returns the functions that make a pattern of what they are given, with their modules."""
    made = set()
    for module in product_modules():
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                calls = (call for call in ast.walk(node) if isinstance(call, ast.Call))
                if any(_re_function(call) and not _constant(call) for call in calls):
                    made.add(f"{module.__name__}.{node.name}")
    return made


def patterns_made_by(work: Callable[[], object]) -> list[UsedPattern]:
    """Returns the patterns that functions make while a piece of work is done.

    Each has the name of the function, as `functions_that_make_patterns` returns it.
    """
    made: list[UsedPattern] = []
    compiled = re.compile

    def recording(method: str) -> Callable[..., object]:
        call: Callable[..., object] = getattr(re, method)

        def record(pattern: str, *args: object, **kwargs: object) -> object:
            frame = inspect.currentframe()
            if frame and frame.f_back and (name := _function_of(frame.f_back)):
                is_compiled = method == "compile"
                flags = args[0] if is_compiled and args else kwargs.get("flags", 0)
                methods = _methods_of_variables(name) if is_compiled else frozenset({method})
                assert isinstance(flags, int)
                made.append(UsedPattern(name, compiled(pattern, flags), methods))
            return call(pattern, *args, **kwargs)

        return record

    with ExitStack() as patches:
        for method in _RE_FUNCTIONS:
            patches.enter_context(patch.object(re, method, recording(method)))
        work()
    return made


def _methods_of_variables(function: str) -> frozenset[str]:
    """Returns the methods that the module of a function calls on what is no global variable."""
    module = sys.modules[function.rpartition(".")[0]]
    return _methods_called(ast.parse(inspect.getsource(module))).get("", METHODS)


def _function_of(frame: FrameType) -> str:
    """Returns the function of the product that a frame is in, with its module; "" for others."""
    module = str(frame.f_globals["__name__"])
    function = frame.f_code.co_qualname.partition(".<locals>")[0].rpartition(".")[2]
    return f"{module}.{function}" if module.startswith("runs_mcp.") else ""


def _in_globals(module: ModuleType, methods: Mapping[str, frozenset[str]]) -> Iterator[UsedPattern]:
    for name, value in vars(module).items():
        for at, pattern in enumerate(_patterns_in(value)):
            called = methods.get(name) or methods.get("", frozenset()) or METHODS
            yield UsedPattern(f"{module.__name__}.{name}[{at}]", pattern, called)


def _patterns_in(value: object, depth: int = 0) -> Iterator[AnyPattern]:
    """Yields the patterns in a value, however it holds them."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth < _DEEPEST:
        for part in _parts(value):
            yield from _patterns_in(part, depth + 1)


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif inspect.ismethod(value) or inspect.isbuiltin(value):
        yield value.__self__  # as of `_TYPE.search`
    elif type(value).__module__.startswith("runs_mcp."):
        names = (*getattr(value, "__dict__", ()), *getattr(type(value), "__slots__", ()))
        yield from (getattr(value, name, None) for name in names)


def _methods_called(tree: ast.Module) -> dict[str, frozenset[str]]:
    """Returns the methods of patterns that a module uses, by the name of the variable.

    Those of what is no global variable have an empty name.
    """
    called: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            value = node.value
            name = value.id if isinstance(value, ast.Name) and value.id.isupper() else ""
            if name or node.attr != "split":  # a string's, mostly
                called.setdefault(name, set()).add(node.attr)
    return {name: frozenset(methods) for name, methods in called.items()}


def _in_calls(tree: ast.Module, module: str) -> Iterator[UsedPattern]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (method := _re_function(node)) in METHODS:
            if not _constant(node):
                continue
            pattern = re.compile(_constant(node))
            yield UsedPattern(f"{module}:{node.lineno}", pattern, frozenset({method}))


def _re_function(call: ast.Call) -> str:
    function = call.func
    if (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in METHODS | {"compile"}
    ):
        return function.attr
    return ""


def _constant(call: ast.Call) -> str:
    first = call.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
