"""The runs of the Buildkite suites."""
