"""The runs of the Playwright project."""
