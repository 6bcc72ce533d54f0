"""The Currents REST API, as far as its documentation says how it behaves."""
