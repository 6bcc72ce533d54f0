"""Which failures have one cause."""
