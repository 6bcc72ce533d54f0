"""The port console, tested with Cypress."""
