"""From the records of the Currents API to those of the model."""
