"""Errors as languages and test frameworks print them, parsed: stack frames, nested errors."""
