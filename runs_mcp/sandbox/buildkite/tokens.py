"""The tokens of the Buildkite API and their scopes."""

from typing import Literal

from msgspec import UNSET, UnsetType

from runs_mcp.sandbox.buildkite.records import Record
from runs_mcp.sandbox.keys import READ_ONLY_KEY, READ_WRITE_KEY
from runs_mcp.sandbox.seeded import uuid_id

TokenScope = Literal["read_suites", "write_suites", "read_builds", "read_user"]
NO_SUITES_KEY = "sandbox-no-suites"
"""A token without read_suites, which may not use Test Engine."""
NO_BUILDS_KEY = "sandbox-no-builds"
"""A token with read_suites only, which may not read builds."""


class TokenUser(Record, frozen=True, kw_only=True):
    """The owner of a token."""

    name: str
    email: str


class AccessToken(Record, frozen=True, kw_only=True):
    """A token as it is answered to itself."""

    uuid: str
    scopes: tuple[TokenScope, ...]
    description: str
    created_at: str
    expires_at: str | UnsetType = UNSET
    user: TokenUser


def _token(
    key: str, description: str, *scopes: TokenScope, expires_at: str | UnsetType = UNSET
) -> AccessToken:
    return AccessToken(
        uuid=uuid_id(f"buildkite token {key}"),
        scopes=scopes,
        description=description,
        # Tokens and pipelines have another form of time than runs.
        created_at="2025-07-16 06:07:42 UTC",
        expires_at=expires_at,
        user=TokenUser(name="Ida Krag", email="ida.krag@skerry.example"),
    )


_TOKENS = {
    READ_WRITE_KEY: _token(
        READ_WRITE_KEY, "Release desk", "read_suites", "write_suites", "read_builds"
    ),
    READ_ONLY_KEY: _token(READ_ONLY_KEY, "Test reports", "read_suites", "read_builds"),
    NO_SUITES_KEY: _token(NO_SUITES_KEY, "Build lamp", "read_builds", "read_user"),
    NO_BUILDS_KEY: _token(
        NO_BUILDS_KEY, "Flaky test board", "read_suites", expires_at="2029-07-16 06:07:42 UTC"
    ),
}


def token_of(authorization: str) -> AccessToken | None:
    """Returns the token in an Authorization header; None where it is unknown."""
    scheme, _, key = authorization.partition(" ")
    return _TOKENS.get(key) if scheme.lower() == "bearer" else None


def needed_scope(path: str) -> TokenScope | None:
    """Returns the scope that a path needs; None where any token will do."""
    if path.startswith("/v2/analytics/"):
        return "read_suites"
    return "read_builds" if path.startswith("/v2/organizations/") else None
