"""What the Currents API sends, as far as it is read."""
