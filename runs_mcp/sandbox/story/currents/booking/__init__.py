"""The booking site, tested with Playwright."""
