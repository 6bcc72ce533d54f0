"""Connections to an API."""

from report_stub import Route, Stub

from runs_mcp.api.connections import open_pool


async def test_no_cookie_is_kept(stub: Stub) -> None:
    url = stub.environment["CURRENTS_API_URL"]
    stub.serve([Route(path="/v1", headers={"Set-Cookie": "session=of-one-caller; Path=/"})])
    async with open_pool(url, "CURRENTS_API_URL") as pool:
        assert "Set-Cookie" in (await pool.get(url)).headers
        assert not pool.cookies
