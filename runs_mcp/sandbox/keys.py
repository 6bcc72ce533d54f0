"""The keys that the sandbox knows, the same ones for every vendor's API."""

READ_WRITE_KEY = "sandbox-read-write"
READ_ONLY_KEY = "sandbox-read-only"
NO_RESULTS_TOKEN = "sandbox-no-results"  # noqa: S105  # of the sandbox alone
"""An access token to the Currents API that may read projects, and nothing else."""


def bearer_key(authorization: str) -> str | None:
    """The key in an Authorization header; None where it is no key that the sandbox knows."""
    scheme, _, key = authorization.partition(" ")
    known = scheme.lower() == "bearer" and key in (READ_WRITE_KEY, READ_ONLY_KEY)
    return key if known else None
