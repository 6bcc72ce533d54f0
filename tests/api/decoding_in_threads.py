"""A program that decodes an answer in many threads at once, as the first thing it does."""

import sys
import threading

from runs_mcp.api.response_body import decode
from runs_mcp.providers.currents.wire.instances import WireInstance
from runs_mcp.providers.currents.wire.runs import Envelope

BODY = b'{"status":"OK","data":{"results":{"tests":[{"testId":"t","title":["a"]}]}}}'
THREADS = 12
together = threading.Barrier(THREADS)


def decode_with_others() -> None:
    """Decodes the answer at the same time as the other threads."""
    together.wait(10)
    decode(bytearray(BODY), Envelope[WireInstance], "Example")


sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=decode_with_others) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(10)
