"""The Currents REST API, as its documentation describes it."""
