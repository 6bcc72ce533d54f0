"""Reads a Currents run for triage, comparison and waiting."""
