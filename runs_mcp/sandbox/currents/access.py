"""Who may do what: two keys, one of which may only read."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from runs_mcp.sandbox.currents.answers import ApiError, failure

READ_WRITE_KEY = "sandbox-read-write"
READ_ONLY_KEY = "sandbox-read-only"
ACTOR = "api:sandbox"
"""How the API names the key that did something."""


class KeyRequired:
    """Lets nobody without a key in, and nobody with the read-only key write."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or key not in (READ_WRITE_KEY, READ_ONLY_KEY):
            refusal = ApiError(401, "Unauthorized: no valid API key")
        elif key == READ_ONLY_KEY and scope["method"] not in ("GET", "HEAD"):
            refusal = ApiError(403, "Forbidden: this API key is read-only")
        else:
            await self._app(scope, receive, send)
            return
        await failure(refusal, Headers(scope=scope))(scope, receive, send)
