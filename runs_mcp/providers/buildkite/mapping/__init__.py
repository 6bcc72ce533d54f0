"""Maps what the Buildkite API sends to the model."""
