"""What the envelope of an answer of the Currents API says: its data, or that something failed."""

from typing import Final, TypeVar

from runs_mcp import errors
from runs_mcp.model import Receipt
from runs_mcp.providers.currents.mapping import runs as run_mapping
from runs_mcp.providers.currents.wire import runs as wire
from runs_mcp.text import clip, safe_line

T = TypeVar("T")

_OK_STATUS: Final = 200
_ERROR_CHARS: Final = 300


def data_of(envelope: wire.Envelope[T]) -> T:
    """Returns the data of an answer to a read.

    Raises:
        UpstreamError: The body of the 200 reports a failure.
        MalformedResponse: There is none.
    """
    if failure := _failure(envelope):
        raise errors.UpstreamError(
            failure,
            status=_OK_STATUS,
            next_step="Check the arguments; if they are right, tell the operator.",
        )
    if envelope.data is None:
        raise errors.MalformedResponse("The Currents API answered without data.")
    return envelope.data


def receipt_of(envelope: wire.Envelope[wire.WireReceipt], run: str = "") -> Receipt:
    """Returns the receipt of a write to this run, if that is known.

    Raises:
        AnswerLost: The answer does not say that it was done; it takes a read to know.
    """
    failure = _failure(envelope)
    receipt = envelope.data or wire.WireReceipt()
    is_ok = envelope.data is not None if envelope.status is None else _status(envelope) == "OK"
    if not failure and (envelope.error or not is_ok):
        failure = "The Currents API answered 200, but not that it was done."
    if not failure and receipt.cancelled is False:
        failure = "The Currents API answered 200, and that nothing was cancelled."
    if not failure and run and (receipt.run_id or run) != run:
        failure = "The Currents API answered 200, and named another run."
    if failure:
        raise errors.AnswerLost(failure, status=_OK_STATUS)
    return run_mapping.receipt(receipt)


def _status(envelope: wire.Envelope[T]) -> str:
    return envelope.status.strip().upper() if isinstance(envelope.status, str) else ""


def _failure(envelope: wire.Envelope[T]) -> str:
    """Returns the failure that the body of a 200 reports, or an empty text."""
    if _status(envelope) != "FAILED":
        return ""
    error = envelope.error if isinstance(envelope.error, str) else ""
    reason = clip(safe_line(error), _ERROR_CHARS)
    quoted = f': "{reason}"' if reason else ""
    return f"The Currents API answered 200 with FAILED{quoted}."
