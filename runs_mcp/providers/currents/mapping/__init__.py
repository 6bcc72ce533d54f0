"""What the Currents API sends, as the model has it."""
