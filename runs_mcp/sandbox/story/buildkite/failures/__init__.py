"""Failures of unit and end-to-end tests, as each collector uploads them."""
