"""Two projects of Currents: the booking site (Playwright) and the port console (Cypress)."""
