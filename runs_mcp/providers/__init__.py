"""Typed clients of the APIs that runs come from, one package each."""
