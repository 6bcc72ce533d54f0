"""A Currents run, as triage and comparison read it."""
