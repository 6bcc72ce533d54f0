"""The causes of failures of RSpec."""

from triage.failures import cause_of, failed, number_of_causes


def test_an_exception_has_its_class_on_a_line_of_its_own() -> None:
    refused = (
        "Failure/Error:\n  TCPSocket.open(host, port) do |s|\n    s.gets\n  end\n"
        'Errno::ECONNREFUSED:\n  Connection refused - connect(2) for "127.0.0.1" port {}'
    )
    cause = cause_of(refused.format(40444), frame="push (app/queue.rb:5)")
    assert cause == cause_of(refused.format(42738), frame="push (app/queue.rb:9)")
    assert cause.kind == "network"
    assert cause.cause.startswith("Errno::ECONNREFUSED: Connection refused")


def test_what_a_list_contains_is_the_cause_and_not_what_was_expected_in_it() -> None:
    sought = 'Failure/Error: expect(team).to include({0})\n  expected ["ida"] to include {0}'
    names = ('"bo"', '"carl"')
    assert number_of_causes(*(failed(sought.format(name)) for name in names)) == 1


def test_nil_in_two_files_is_two_causes() -> None:
    error = "Failure/Error: found.name\nNoMethodError:\n  undefined method `name' for nil:NilClass"
    frames = ("to_s (app/label.rb:10)", "stop (app/route.rb:10)")
    assert number_of_causes(*(failed(error, frame=frame) for frame in frames)) == 2
