"""The Test Engine REST API of Buildkite, as it is known from its documentation."""
