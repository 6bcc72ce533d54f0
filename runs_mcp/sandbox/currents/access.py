"""Who may do what: two keys, one of which may only read."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from runs_mcp.sandbox.currents.answers import ApiError, failure
from runs_mcp.sandbox.keys import READ_ONLY_KEY, bearer_key

ACTOR = "api:sandbox"
"""How the API names the key that did something."""


class KeyRequired:
    """Lets nobody without a key in, and nobody with the read-only key write."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        key = bearer_key(Headers(scope=scope).get("authorization", ""))
        if key is None:
            refusal = ApiError(401, "Unauthorized: no valid API key")
        elif key == READ_ONLY_KEY and scope["method"] not in ("GET", "HEAD"):
            refusal = ApiError(403, "Forbidden: this API key is read-only")
        else:
            await self._app(scope, receive, send)
            return
        await failure(refusal, Headers(scope=scope))(scope, receive, send)
