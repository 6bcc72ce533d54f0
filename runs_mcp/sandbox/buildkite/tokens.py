"""The tokens that the Buildkite API knows, and what each of them may do."""

from typing import Literal

from msgspec import UNSET, UnsetType

from runs_mcp.sandbox.buildkite.records import Record
from runs_mcp.sandbox.keys import READ_ONLY_KEY, READ_WRITE_KEY
from runs_mcp.sandbox.seeded import uuid_id

TokenScope = Literal["read_suites", "write_suites", "read_builds", "read_user"]
NO_SUITES_KEY = "sandbox-no-suites"
"""A token that lacks read_suites: everything of Test Engine is forbidden to it."""
NO_BUILDS_KEY = "sandbox-no-builds"
"""A token that has read_suites alone: builds are forbidden to it."""


class TokenUser(Record, frozen=True, kw_only=True):
    """Whose token it is."""

    name: str
    email: str


class AccessToken(Record, frozen=True, kw_only=True):
    """What a token can learn of itself."""

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
        # The form of tokens and pipelines, which is not the one of runs.
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
    """The token in an Authorization header; None where the API knows none such."""
    scheme, _, key = authorization.partition(" ")
    return _TOKENS.get(key) if scheme.lower() == "bearer" else None


def needed_scope(path: str) -> TokenScope | None:
    """The scope that a path asks for; None where any token will do."""
    if path.startswith("/v2/analytics/"):
        return "read_suites"
    return "read_builds" if path.startswith("/v2/organizations/") else None
