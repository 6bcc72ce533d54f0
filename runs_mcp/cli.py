"""The command `runs-mcp`. The only reader of its arguments."""

import argparse
import os
import re
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import Any, Final, NamedTuple, NoReturn

from runs_mcp import __version__
from runs_mcp.configuration import Configuration
from runs_mcp.errors import SettingsError
from runs_mcp.logs import log_to_stderr
from runs_mcp.settings import Settings, option_fields
from runs_mcp.standard_streams import (
    OutputError,
    finish_streams,
    first_error,
    prepare_streams,
    write_error,
    write_out,
)
from runs_mcp.telemetry import start_export
from runs_mcp.text import one_line

_READER_IS_GONE: Final = 141  # as of a program that SIGPIPE ends
_THREAD_S: Final = 0.2
_HTTP_OPTIONS: Final = ("host", "port", "path")
# A value, or a long word, on the command line may be a key.
_VALUE: Final = re.compile(r"(?<==)[^\s,]+|(?<![\w-])(?!--)[\w~+/.-]{20,}")


class CommandHelp(NamedTuple):
    """How a command is called, and what it does."""

    call: str
    does: str


COMMANDS: Final = {
    "serve": CommandHelp("runs-mcp", "serves MCP on stdio"),
    "--transport http": CommandHelp(
        "runs-mcp --transport http [--host 127.0.0.1] [--port 8000] [--path /mcp]",
        "serves Streamable HTTP to many callers, each with their own keys",
    ),
    "--sandbox": CommandHelp(
        "runs-mcp --sandbox", "the same, on an embedded sandbox: no account, no key"
    ),
    "demo": CommandHelp(
        "runs-mcp demo", "the main job on the sandbox, as a real client over real stdio"
    ),
    "sandbox": CommandHelp(
        "runs-mcp sandbox [--port N]",
        "the sandbox APIs alone; prints the URLs and the keys to use",
    ),
    "report": CommandHelp(
        "runs-mcp report RUN [--baseline RUN] [--format markdown|json] [--out FILE]",
        "why a run failed, all of it, for a job summary or a comment; exit 1 if it cannot be read",
    ),
    "check": CommandHelp(
        "runs-mcp check [--json]",
        "tests the configuration and each key; exit 0 only when all of it works",
    ),
    "tools": CommandHelp(
        "runs-mcp tools [--json]", "the tools that would be served with this configuration"
    ),
    "call": CommandHelp(
        "runs-mcp call TOOL [name=value …] [--json '{…}'] [--output json]",
        "one tool call; asks on the terminal where a tool asks; exit 1 on a tool error",
    ),
}
"""By name; the first three are the server itself."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"runs-mcp: {_VALUE.sub('…', one_line(message))}; see runs-mcp --help\n")

    def _print_message(self, message: str, file: object = None) -> None:
        (write_error if file is sys.stderr else write_out)(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status: 0 good, 1 failed, 2 wrongly called."""
    has_reader = prepare_streams()
    status = 1
    try:
        status = _main(arguments, has_reader=has_reader)
    except* OutputError as ended:
        problem = first_error(ended).problem
        if problem:
            write_error(f"runs-mcp: stdout cannot be written ({problem})\n")
        else:
            status = _READER_IS_GONE
    finally:
        finish_streams()
    return status


def run() -> NoReturn:
    """Runs the command as a process, and ends it."""
    status = main()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(_THREAD_S)
            if thread.is_alive():
                os._exit(status)  # It works on for nobody, and would hold up the end.
    sys.exit(status)


def _main(arguments: Sequence[str] | None, *, has_reader: bool) -> int:
    given = vars(_parser().parse_args(arguments))
    command = given.pop("command", None) or "serve"
    options = {name: given.pop(name) for name in option_fields() if name in given}
    # Until a server handles them by itself; a call then ends as on Ctrl-C: a write is settled.
    signal.signal(signal.SIGTERM, _exit if command == "serve" else signal.default_int_handler)
    try:
        configuration = Configuration.load(options)
        log_to_stderr(configuration.settings.log_level, configuration.settings.log_format)
        return _run(command, configuration, given, has_reader=has_reader)
    except SettingsError as error:
        write_error(f"runs-mcp: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 0 if command == "serve" else 130


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise SystemExit(0)


def _run(
    command: str, configuration: Configuration, given: dict[str, Any], *, has_reader: bool
) -> int:
    over_http = given.pop("transport", "stdio") == "http" and command == "serve"
    if not over_http:
        _refuse_http_options(command, given)
    # Each command imports what it needs, so that a server starts without the others' weight.
    if command == "demo":
        from runs_mcp.commands.demo import demo

        return demo()
    if command == "sandbox":
        from runs_mcp.commands.sandbox import serve_sandbox

        return serve_sandbox(given.get("port", 0))
    if command == "serve":
        start_export()
    is_sandbox = given.pop("sandbox", False)
    with _sandbox(configuration, wanted=is_sandbox) as chosen:
        if over_http:
            from runs_mcp.commands.serve_http import HttpAddress, http_configuration, serve_http

            address = HttpAddress(**given)
            shared = http_configuration(chosen, address, is_sandbox=is_sandbox)
            _require_what_it_needs(command, shared)
            return serve_http(shared, address)
        _require_what_it_needs(command, chosen)
        if command == "serve" and not has_reader:
            return 0
        return _run_configured(command, chosen, given)


def _refuse_http_options(command: str, given: dict[str, Any]) -> None:
    for name in _HTTP_OPTIONS:
        if name in given and (command, name) != ("sandbox", "port"):
            raise SettingsError(f"--{name}: only `runs-mcp --transport http` has it")


def _require_what_it_needs(command: str, configuration: Configuration) -> None:
    from runs_mcp.services import require_connections

    configuration.require_keys()
    require_connections(configuration)
    if command != "check":  # which says what it finds
        _require_audit_log(configuration.settings)


def _run_configured(command: str, configuration: Configuration, given: dict[str, Any]) -> int:
    if command == "check":
        from runs_mcp.commands.check import check

        return check(configuration, as_json=given["json"])
    if command == "tools":
        from runs_mcp.commands.tools import list_tools

        return list_tools(configuration, as_json=given["json"])
    if command == "report":
        from runs_mcp.commands.report import report_run

        options = {"baseline": given["baseline"], "output": given["format"], "path": given["out"]}
        return report_run(configuration, given["run"], **options)
    if command == "call":
        from runs_mcp.commands.call import call_tool

        return call_tool(
            configuration,
            given["tool"],
            given["arguments"],
            json_arguments=given["json"],
            output=given["output"],
        )
    from runs_mcp.server.build import build_server

    build_server(configuration).run("stdio")
    return 0


def _require_audit_log(settings: Settings) -> None:
    if settings.audit_log is None:
        return
    from runs_mcp.confirmation.audit import append_line

    try:
        append_line(settings.audit_log, b"")
    except OSError as error:
        raise SettingsError(
            f"RUNS_MCP_AUDIT_LOG: cannot be written ({error.strerror}); name a file in a folder "
            "that is there"
        ) from error


def _sandbox(
    configuration: Configuration, *, wanted: bool
) -> AbstractContextManager[Configuration]:
    if not wanted:
        return nullcontext(configuration)
    from runs_mcp.commands.sandbox import on_sandbox

    return on_sandbox(configuration)


def _parser() -> argparse.ArgumentParser:
    shared = _shared_options()
    parser = _Parser(
        prog="runs-mcp",
        description="Serve MCP tools for looking into test runs, on stdio.",
        parents=[shared],
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"runs-mcp {__version__}")
    parser.add_argument("--transport", choices=("stdio", "http"), help="how MCP is served")
    parser.add_argument("--host", help="on HTTP: the address to listen on; by default 127.0.0.1")
    parser.add_argument("--port", type=int, help="on HTTP: the port; by default 8000")
    parser.add_argument("--path", help="on HTTP: where MCP is; by default /mcp")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def add(name: str, *parents: _Parser) -> argparse.ArgumentParser:
        does = COMMANDS[name].does
        return commands.add_parser(
            name, help=does, description=does, parents=parents, allow_abbrev=False
        )

    add("demo")
    sandbox = add("sandbox")
    sandbox.add_argument(
        "--port", type=int, default=argparse.SUPPRESS, help="a port; by default any free one"
    )
    check = add("check", shared)
    check.add_argument("--json", action="store_true", default=False, help="as one JSON object")
    tools = add("tools", shared)
    tools.add_argument("--json", action="store_true", default=False, help="with their schemas")
    report = add("report", shared)
    report.add_argument("run", metavar="RUN", help="in any form that the tools take")
    report.add_argument("--baseline", default="", metavar="RUN", help="to compare it with")
    report.add_argument("--format", choices=("markdown", "json"), default="markdown")
    report.add_argument("--out", default="", metavar="FILE", help="by default stdout")
    call = add("call", shared)
    call.add_argument("tool", metavar="TOOL")
    call.add_argument("arguments", metavar="name=value", nargs="*", default=[])
    call.add_argument("--json", metavar="{…}", default="", help="the arguments as a JSON object")
    call.add_argument("--output", choices=("text", "json"), default="text")
    return parser


def _shared_options() -> _Parser:
    shared = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument(
        "--sandbox", action="store_true", help="use an embedded sandbox: no account, no key"
    )
    for name, meaning in option_fields().items():
        flag = f"--{name.replace('_', '-')}"
        field = Settings.model_fields[name]
        if field.annotation is bool and field.default:
            shared.add_argument(flag, action=argparse.BooleanOptionalAction, help=meaning)
        elif field.annotation is bool:
            shared.add_argument(flag, action="store_true", help=meaning)
        else:
            shared.add_argument(flag, metavar="VALUE", help=meaning)
    return shared
