"""A person at the confirmation page, without a browser: what one sends, or an attacker would."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from story_api import NO_TLS


def form_token_of(page: httpx.Response) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found
    return found[1]


@dataclass
class PageVisitor:
    """Opens a page and sends its form, with the headers that a browser sends."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    async def open(self, method: str = "GET", **headers: str) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
            return await client.request(method, self.url, headers=headers)

    async def form_token(self) -> str:
        return form_token_of(await self.open())

    async def send(
        self,
        fields: Mapping[str, str],
        *,
        url: str = "",
        **headers: str | None,
    ) -> httpx.Response:
        """Sends the form with these fields; a header that is None is left out."""
        wanted = {"Origin": self.origin, **{key.replace("_", "-"): v for key, v in headers.items()}}
        kept = {name: value for name, value in wanted.items() if value is not None}
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
            return await client.post(url or self.url, data=dict(fields), headers=kept)

    async def confirm(self, typed: str) -> httpx.Response:
        form = {"form_token": await self.form_token(), "typed": typed, "decision": "confirm"}
        return await self.send(form)

    async def leave(self) -> httpx.Response:
        form = {"form_token": await self.form_token(), "typed": "", "decision": "leave"}
        return await self.send(form)
