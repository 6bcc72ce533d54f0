"""A Buildkite run, as triage and comparison read it."""
