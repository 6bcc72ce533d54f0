"""Reads a Buildkite run for triage, comparison and waiting."""
