"""The API keys of the sandbox, the same for both APIs."""

READ_WRITE_KEY = "sandbox-read-write"
READ_ONLY_KEY = "sandbox-read-only"
NO_RESULTS_TOKEN = "sandbox-no-results"  # noqa: S105  # only valid in the sandbox
"""An access token to the Currents API that may only read projects."""


def bearer_key(authorization: str) -> str | None:
    """Returns the key in an Authorization header; None where it is not a known key."""
    scheme, _, key = authorization.partition(" ")
    known = scheme.lower() == "bearer" and key in (READ_WRITE_KEY, READ_ONLY_KEY)
    return key if known else None
