"""The suites of Buildkite and their runs."""
