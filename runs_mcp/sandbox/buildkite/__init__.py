"""The REST API of Buildkite and its Test Engine, as its documentation describes it."""
