"""The records of the Currents API, as far as they are read."""
