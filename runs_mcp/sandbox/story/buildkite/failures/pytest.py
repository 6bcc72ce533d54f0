"""Failures of the pricing and berth services, in the form of pytest."""

import msgspec

from runs_mcp.sandbox.buildkite.records import ExpandedFailure
from runs_mcp.sandbox.seeded import choice, hex_id, uuid_id
from runs_mcp.sandbox.story.buildkite.failures.causes import FailedTest, FailureText, UnitCause

_SITE_PACKAGES = "/usr/local/lib/python3.13/site-packages"
_ENGINE, _POOL = f"{_SITE_PACKAGES}/sqlalchemy/engine/base.py", f"{_SITE_PACKAGES}/sqlalchemy/pool"
_BETWEEN = "_ " * 40


class _Block(msgspec.Struct, frozen=True):
    """The location of a frame and the source that pytest shows."""

    place: str
    source: tuple[str, ...]


class _Call(msgspec.Struct, frozen=True):
    """A frame in between, with only one line shown."""

    place: str
    function: str
    code: str


def pytest_failure(
    error: str, message: str, outermost: _Block, *between: _Call, innermost: _Block | None = None
) -> FailureText:
    """Returns a failure in the long style, from the test down to the error."""
    error_lines = f"{error}: {message}".split("\n")
    lines, places = list(outermost.source), []
    if innermost is not None:
        lines += ["", f"{outermost.place}: ", _BETWEEN]
        places.append(f"{outermost.place}:")
        for call in between:
            places.append(f"{call.place}: in {call.function}")
            lines += [places[-1], f"    {call.code}"]
        lines += [*([_BETWEEN] if between else []), "", *innermost.source]
    places.append(f"{(innermost or outermost).place}: {error.rpartition('.')[2]}")
    lines += [*(f"E       {line}" for line in error_lines), "", places[-1]]
    expanded = ExpandedFailure(expanded=tuple(lines), backtrace=tuple(places))
    return FailureText(reason="\n".join(error_lines), expanded=(expanded,))


def _function(failed: FailedTest) -> str:
    return failed.test.title.partition("[")[0]


def _database_down(failed: FailedTest) -> FailureText:
    message = (
        '(psycopg.OperationalError) connection failed: connection to server at "10.20.3.17",'
        " port 5432 failed: Connection refused\n"
        "\tIs the server running on that host and accepting TCP/IP connections?\n"
        "(Background on this error at: https://sqlalche.me/e/20/e3q8)"
    )
    fixture = (
        f"engine = Engine(postgresql+psycopg://ci:***@10.20.3.17/bookings_{failed.agent})",
        "",
        "    @pytest.fixture",
        "    def bookings(engine):",
        ">       with Bookings.connected(engine) as store:",
        "             ^^^^^^^^^^^^^^^^^^^^^^^^^^",
    )
    connect = (
        f"cls = <class 'psycopg.Connection'>, self = <object at 0x7f{hex_id(failed.seed, 10)}>",
        "",
        "            if not rv:",
        "                assert last_ex",
        ">               raise last_ex.with_traceback(None)",
    )
    return pytest_failure(
        "sqlalchemy.exc.OperationalError",
        message,
        _Block("tests/bookings/conftest.py:23", fixture),
        _Call("skerry/bookings/store.py:44", "connected", "with engine.begin() as connection:"),
        _Call(f"{_ENGINE}:3317", "raw_connection", "return self.pool.connect()"),
        _Call(f"{_POOL}/base.py:449", "connect", "return _ConnectionFairy._checkout(self)"),
        _Call(f"{_POOL}/impl.py:177", "_do_get", "with util.safe_reraise():"),
        innermost=_Block(f"{_SITE_PACKAGES}/psycopg/connection.py:122", connect),
    )


def _missing_fixture(failed: FailedTest) -> FailureText:
    test = failed.test
    place = f"{failed.checkout}/{test.file}:{test.line}"
    lines = (
        f"file {failed.checkout}/{test.file}, line {test.line}",
        '  @pytest.mark.parametrize("route", ROUTES)',
        f"  def {_function(failed)}(harbour_plan, route):",
        "E       fixture 'harbour_plan' not found",
        ">       available fixtures: cache, capsys, caplog, clock, monkeypatch, route, tmp_path",
        ">       use 'pytest --fixtures [testpath]' for help on them.",
        "",
        place,
    )
    expanded = ExpandedFailure(expanded=lines, backtrace=(place,))
    return FailureText(reason="fixture 'harbour_plan' not found", expanded=(expanded,))


def _rounding(failed: FailedTest) -> FailureText:
    test = failed.test
    cents = 1000 + 10 * choice(test.name, 9000)
    actual, expected = (f"Decimal('{value / 100:.2f}')" for value in (cents - 1, cents))
    source = (
        f"def {_function(failed)}(route):",
        f'        quote = Quote.of("{test.route}", car(4.8), adults=2, children=1)',
        f'>       assert_total(quote, "{cents / 100:.2f}")',
    )
    check = (
        f"quote = Quote(route='{test.route}', rows=3), expected = '{cents / 100:.2f}'",
        "",
        "    def assert_total(quote, expected):",
        ">       assert quote.total == Decimal(expected)",
    )
    return pytest_failure(
        "AssertionError",
        f"assert {actual} == {expected}\n"
        f" +  where {actual} = Quote(route='{test.route}', rows=3).total",
        _Block(f"{test.file}:{test.line + 2}", source),
        innermost=_Block("tests/tolls/money.py:9", check),
    )


def _free_berths(failed: FailedTest) -> FailureText:
    test = failed.test
    source = (
        f"def {_function(failed)}(route):",
        f'        plan = Plan.for_route("{test.route}")',
        ">       assert len(plan.free_berths()) == 4",
    )
    return pytest_failure(
        "AssertionError",
        "assert 3 == 4\n +  where 3 = len([Berth('A1'), Berth('A3'), Berth('B2')])",
        _Block(f"{test.file}:{test.line + 2}", source),
    )


def _lost_attribute(failed: FailedTest) -> FailureText:
    test, booking = failed.test, uuid_id(f"booking {failed.seed}")
    source = (
        f"def {_function(failed)}(bookings, route):",
        "        booking = bookings.made(route)",
        ">       assert booking.reference in describe(booking)",
        "                                    ^^^^^^^^^^^^^^^^^",
    )
    describe = (
        f"booking = Booking(id='{booking}', route='{test.route}')",
        "",
        "    def describe(booking):",
        '>       return f"{booking.reference} on {booking.vessel_name}"',
        "                                         ^^^^^^^^^^^^^^^^^^^",
    )
    return pytest_failure(
        "AttributeError",
        "'Booking' object has no attribute 'vessel_name'",
        _Block(f"{test.file}:{test.line + 3}", source),
        innermost=_Block("skerry/bookings/describe.py:15", describe),
    )


DATABASE_DOWN = UnitCause(area="bookings", text=_database_down, seconds=3.07)
LOST_ATTRIBUTE = UnitCause(area="bookings", text=_lost_attribute, seconds=0.011)
MISSING_FIXTURE = UnitCause(area="berths", text=_missing_fixture, seconds=0.0004)
FREE_BERTHS = UnitCause(area="berths", text=_free_berths, seconds=0.006)
TOLL_ROUNDING = UnitCause(area="tolls", text=_rounding, seconds=0.002)
