"""The tests of the suites."""
