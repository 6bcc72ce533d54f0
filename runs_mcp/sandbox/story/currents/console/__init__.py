"""The runs of the Cypress project."""
