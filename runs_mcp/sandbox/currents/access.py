"""Authorization: two keys, one of them read-only, and a token with a scope."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from runs_mcp.sandbox.currents.answers import ApiError, failure
from runs_mcp.sandbox.keys import NO_RESULTS_TOKEN, READ_ONLY_KEY, bearer_key

ACTOR = "api:sandbox"
"""The API's name for the key that did something."""
_SCOPES_OF_TOKENS = {NO_RESULTS_TOKEN: frozenset({"projects:read"})}


class KeyRequired:
    """Requires a key: the read-only one may not write, and a token needs the scopes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it."""
        refusal = _refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await failure(refusal, Headers(scope=scope))(scope, receive, send)


def _refusal(scope: Scope) -> ApiError | None:
    authorization = Headers(scope=scope).get("authorization", "")
    scopes = _scopes_of(authorization)
    if scopes is not None:
        needed = _scope_for(scope["method"], scope["path"])
        return None if needed in scopes else _insufficient(needed)
    key = bearer_key(authorization)
    if key is None:
        return ApiError(401, "Unauthorized: no valid API key")
    if key == READ_ONLY_KEY and scope["method"] not in ("GET", "HEAD"):
        return ApiError(403, "Forbidden: this API key is read-only")
    return None


def _scopes_of(authorization: str) -> frozenset[str] | None:
    kind, _, token = authorization.partition(" ")
    return _SCOPES_OF_TOKENS.get(token) if kind.lower() == "bearer" else None


def _scope_for(method: str, path: str) -> str:
    """Returns the scope that an operation needs."""
    _, _, *segments = path.split("/")
    if segments[:1] == ["projects"] and len(segments) < 3:
        return "projects:read"
    return "results:read" if method in ("GET", "HEAD") else "runs:write"


def _insufficient(needed: str) -> ApiError:
    challenge = f'Bearer error="insufficient_scope", scope="{needed}"'
    return ApiError(
        403, f"Forbidden: the token lacks the scope {needed}", {"WWW-Authenticate": challenge}
    )
