"""The confirmation page: what it shows, and what it takes for a confirmation.

A GET never confirms. A form counts only from the page itself: Host and Origin are this server's,
and the form's token is the page's. Nothing on the page is a script, or comes from elsewhere.
"""

import secrets
from collections.abc import Collection
from functools import cache
from typing import Final
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from runs_mcp.confirmation.pages import ConfirmationPage, ConfirmationPages
from runs_mcp.confirmation.question import TYPED_CHARS
from runs_mcp.errors import RunsError

PATH: Final = "/confirm/"

MOST_FORM_BYTES: Final = 8192
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Under no-referrer a browser sends "Origin: null" with the form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


def page_application(
    pages: ConfirmationPages,
    origins: Collection[str],
    hosts: Collection[str] = (),
    *,
    path: str = PATH,
) -> Starlette:
    """Returns the application that serves the pages.

    Args:
        pages: The pages that wait for a person.
        origins: What Origin may be.
        hosts: What Host may be, besides the hosts of the origins: behind a proxy.
        path: Before the secret part of a page's address.
    """
    site = _Site(pages, origins, {*hosts, *(urlsplit(origin).netloc for origin in origins)})
    route = Route(path + "{page_id}", site.answer, methods=["GET", "POST"])
    handlers = {404: _not_found, 405: _not_found, RunsError: _unavailable}
    application = Starlette(routes=[route], exception_handlers=handlers)
    application.router.redirect_slashes = False  # A redirect would go to whatever Host says.
    return application


class _Site:
    def __init__(
        self, pages: ConfirmationPages, origins: Collection[str], hosts: Collection[str]
    ) -> None:
        self._pages = pages
        self._origins = origins
        self._hosts = hosts

    async def answer(self, request: Request) -> Response:
        """Answers a request for a page."""
        if request.headers.get("host") not in self._hosts:
            return _notice("This address is not served here", status=421)
        page = await self._pages.find(request.path_params["page_id"])
        if page is None:
            return _notice(
                "This page is no longer valid",
                "It was used, its time is over, or the run has changed. Nothing was done here. "
                "Go back to your assistant: it can ask again.",
                status=410,
            )
        if request.method != "POST":
            return self._form(page)
        return await self._decide(request, page)

    async def _decide(self, request: Request, page: ConfirmationPage) -> Response:
        if request.headers.get("origin") not in self._origins:
            return _notice("This form was not sent by this page", "Nothing was done.", status=403)
        form = await _read_form(request)
        if not secrets.compare_digest(
            form.get("form_token", "").encode(), page.form_token.encode()
        ):
            return _notice("This form was not sent by this page", "Nothing was done.", status=403)
        if form.get("decision") == "leave":
            await self._pages.decline(page)
            return _notice(
                "Left as it is", "Nothing was changed. You can go back to your assistant."
            )
        if form.get("decision") == "confirm" and await self._pages.confirm(
            page, form.get("typed", "")
        ):
            return _notice(
                "Confirmed",
                "You can go back to your assistant, and let it go on: it has not been done yet. "
                "The confirmation holds for this once, for a few minutes.",
            )
        return self._form(page, is_wrong=True)

    def _form(self, page: ConfirmationPage, *, is_wrong: bool = False) -> Response:
        return _render(
            "confirm",
            422 if is_wrong else 200,
            page=page,
            is_wrong=is_wrong,
            typed_chars=TYPED_CHARS,
            minutes_left=max(1, self._pages.seconds_left(page) // 60),
        )


async def _read_form(request: Request) -> dict[str, str]:
    """Returns the fields of a form, each with its last value; nothing of one that is too large."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_FORM_BYTES:
                return {}
    except ClientDisconnect:
        return {}
    fields = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[-1] for name, values in fields.items()}


def _notice(title: str, text: str = "", *, status: int = 200) -> Response:
    return _render("notice", status, title=title, text=text)


async def _not_found(request: Request, error: Exception) -> Response:
    del request, error
    return _notice("There is no such page", status=404)


async def _unavailable(request: Request, error: Exception) -> Response:
    del request, error
    text = "What is kept of confirmations cannot be reached. Nothing was done. Try again later."
    return _notice("This page cannot be shown now", text, status=503)


def _render(template: str, status: int, **values: object) -> Response:
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return HTMLResponse(
        _template(template).render(nonce=nonce, **values),
        status_code=status,
        headers={**_HEADERS, "Content-Security-Policy": policy},
    )


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader(__package__ or "", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{name}.html")
