"""What the Buildkite API sends, as the model has it."""
