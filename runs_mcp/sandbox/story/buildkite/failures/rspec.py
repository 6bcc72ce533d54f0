"""Failures of the booking backend, in the form of RSpec."""

from collections.abc import Sequence

from runs_mcp.sandbox.buildkite.records import ExpandedFailure
from runs_mcp.sandbox.story.buildkite.failures.causes import FailedTest, FailureText, UnitCause

_GEMS = "/usr/local/bundle/gems"
_EXAMPLE = f"{_GEMS}/rspec-core-3.13.5/lib/rspec/core/example.rb"
_RUNNER_FRAMES = (
    f"{_EXAMPLE}:263:in 'BasicObject#instance_exec'",
    f"{_EXAMPLE}:263:in 'block in RSpec::Core::Example#run'",
    f"{_GEMS}/rspec-core-3.13.5/lib/rspec/core/hooks.rb:486:in 'RSpec::Core::Hooks#run'",
    f"{_EXAMPLE}:468:in 'RSpec::Core::Example#with_around_example_hooks'",
    f"{_GEMS}/rspec-rails-8.0.2/lib/rspec/rails/adapters.rb:75:in 'block (2 levels) in <top>'",
    f"{_GEMS}/rspec-core-3.13.5/lib/rspec/core/runner.rb:121:in 'block in RSpec::Core::Runner#run'",
)
_ATTRIBUTES = f"{_GEMS}/activemodel-8.0.3/lib/active_model/attribute_methods.rb"
_CONNECTION = f"{_GEMS}/activerecord-8.0.3/lib/active_record/connection_adapters"


def rspec_failure(
    failed: FailedTest, code: str, lines: Sequence[str], frames: Sequence[str] = ()
) -> FailureText:
    """Returns a failure of this code; code of several lines is in `lines` instead."""
    block = f"{failed.test.file}:{failed.test.line + 2}:in 'block (3 levels) in <top (required)>'"
    expanded = ExpandedFailure(expanded=tuple(lines), backtrace=(*frames, block, *_RUNNER_FRAMES))
    return FailureText(reason=f"Failure/Error: {code}".rstrip(), expanded=(expanded,))


def _renamed_column(failed: FailedTest) -> FailureText:
    return rspec_failure(
        failed,
        "sailing.departs_at.in_time_zone(port.zone)",
        (
            "NoMethodError:",
            "  undefined method 'departs_at' for an instance of Sailing",
            "",
            "      sailing.departs_at.in_time_zone(port.zone)",
            "             ^^^^^^^^^^^",
        ),
        (
            f"{_ATTRIBUTES}:512:in 'ActiveModel::AttributeMethods#method_missing'",
            "./app/models/sailing.rb:58:in 'Sailing#local_departure'",
            "./app/models/concerns/announced.rb:19:in 'Announced#label'",
        ),
    )


def _database_down(failed: FailedTest) -> FailureText:
    return rspec_failure(
        failed,
        "",
        (
            "  Manifest.transaction do",
            "    Manifest.create!(sailing:, opened_at: Time.current)",
            "  end",
            "",
            "ActiveRecord::ConnectionNotEstablished:",
            '  connection to server at "10.20.3.17", port 5432 failed: Connection refused',
            "  \tIs the server running on that host and accepting TCP/IP connections?",
            "# ------------------",
            "# --- Caused by: ---",
            "# PG::ConnectionBad:",
            '#   connection to server at "10.20.3.17", port 5432 failed: Connection refused',
        ),
        (
            f"{_CONNECTION}/postgresql_adapter.rb:61:in 'PostgreSQLAdapter.new_client'",
            f"{_CONNECTION}/abstract/connection_pool.rb:947:in 'ConnectionPool#checkout_new'",
            f"{_GEMS}/activerecord-8.0.3/lib/active_record/transactions.rb:234:in 'transaction'",
            "./app/services/manifest.rb:31:in 'Manifest.open'",
            "./spec/support/manifests.rb:12:in 'Manifests#open_manifest'",
        ),
    )


def _weekday(failed: FailedTest) -> FailureText:
    return rspec_failure(
        failed,
        'expect(mail.subject).to eq("Afgang søndag kl. 07:15")',
        (
            '  expected: "Afgang søndag kl. 07:15"',
            '       got: "Afgang sondag kl. 07:15"',
            "",
            "  (compared using ==)",
        ),
    )


def _booked_twice(failed: FailedTest) -> FailureText:
    return rspec_failure(
        failed,
        "expect { close }.to change { manifest.passengers.count }.by(1)",
        ("  expected `manifest.passengers.count` to have changed by 1, but was changed by 2",),
        ("./spec/support/manifests.rb:27:in 'Manifests#expect_one_more'",),
    )


RENAMED_COLUMN = UnitCause(area="sailings", text=_renamed_column, seconds=0.041)
DATABASE_DOWN = UnitCause(area="manifests", text=_database_down, seconds=5.02)
PASSENGER_TWICE = UnitCause(area="manifests", text=_booked_twice, seconds=0.18)
WEEKDAY = UnitCause(area="mails", text=_weekday, seconds=0.027)
