"""The least that reading a run can cost: download, decompress, decode; nothing else.

For each path on stdin it answers a line. It uses zlib, and the product's own typed records.
"""

import os
import sys
import zlib

import anyio
import httpx
import msgspec

from runs_mcp.providers.currents.wire.instances import WireInstance
from runs_mcp.providers.currents.wire.runs import Envelope, WireRun

RUN = msgspec.json.Decoder(Envelope[WireRun], strict=False)
INSTANCE = msgspec.json.Decoder(Envelope[WireInstance], strict=False)


async def read(client: httpx.AsyncClient, path: str) -> None:
    async with client.stream("GET", path) as response:
        parts = [part async for part in response.aiter_raw()]
    body = b"".join(parts)
    if response.headers.get("Content-Encoding") == "gzip":
        body = zlib.decompress(body, zlib.MAX_WBITS | 16)
    (RUN if path.startswith("/runs") else INSTANCE).decode(body)


async def main() -> None:
    headers = {
        "Authorization": f"Bearer {os.environ['CURRENTS_API_KEY']}",
        "Accept-Encoding": "gzip",
    }
    async with httpx.AsyncClient(
        base_url=os.environ["CURRENTS_API_URL"], headers=headers, timeout=60, trust_env=False
    ) as client:
        while path := (await anyio.to_thread.run_sync(sys.stdin.readline)).strip():
            await read(client, path)
            sys.stdout.write("read\n")
            sys.stdout.flush()


if __name__ == "__main__":
    anyio.run(main)
