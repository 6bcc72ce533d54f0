"""Files that tests left behind: from the records of the Currents API to those of the model."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from urllib.parse import parse_qs

from runs_mcp import model
from runs_mcp.providers.currents.wire import instances as wire
from runs_mcp.providers.field_values import count, line, present, timestamp, when

_URL_CHARS: Final = 2000


class AttachedFile(NamedTuple):
    """A file, and the ID of the test that left it; empty if it belongs to the whole spec."""

    test_id: str
    asset: model.Asset


def attached_files(
    results: wire.WireInstanceResults, titles: Mapping[str, str]
) -> list[AttachedFile]:
    """Returns all files of an instance, each with the title of its test."""
    video = [wire.WireAsset(video_url=results.video_url)] if results.video_url else []
    kinds: list[tuple[model.AssetKind, list[wire.WireAsset]]] = [
        ("screenshot", present(results.screenshots)),
        ("video", video + present(results.videos)),
        ("trace", present(results.playwright_traces)),
        ("attachment", _attachments(results)),
    ]
    return [
        AttachedFile(sent.test_id or "", _asset(kind, sent, titles))
        for kind, items in kinds
        for sent in items
    ]


def artifacts(assets: Sequence[model.Asset]) -> model.Artifacts:
    """Returns how many files there are of each kind."""
    kinds = [asset.kind for asset in assets]
    return model.Artifacts(
        screenshots=kinds.count("screenshot"),
        videos=kinds.count("video"),
        traces=kinds.count("trace"),
        attachments=kinds.count("attachment"),
    )


def _attachments(results: wire.WireInstanceResults) -> list[wire.WireAsset]:
    """Returns the attachments: also those sent as a bare URL, and the output of the spec."""
    attached = [
        wire.WireAsset(url=sent) if isinstance(sent, str) else sent
        for sent in results.attachments or ()
        if sent is not None
    ]
    if results.stdout is not None:
        attached.append(wire.WireAsset(name="stdout", read_url=results.stdout.read_url))
    return attached


def _asset(kind: model.AssetKind, sent: wire.WireAsset, titles: Mapping[str, str]) -> model.Asset:
    url = (
        sent.read_url or sent.screenshot_url or sent.video_url or sent.trace_url or sent.url
    ) or ""
    usable = url.isascii() and url.isprintable() and len(url) <= _URL_CHARS
    return model.Asset(
        kind=kind,
        test=titles.get(sent.test_id or "", ""),
        attempt=count(sent.test_attempt_index),
        name=line(sent.name),
        file_name=line(sent.filename),
        content_type=line(sent.content_type),
        url=url if usable else "",
        expires_at=_expiry(url) if usable else "",
    )


def _expiry(url: str) -> str:
    """Returns when a signed URL expires; empty if it does not say.

    It says so in one of two forms: `Expires`, in seconds since 1970, or `X-Amz-Date` with
    `X-Amz-Expires`, the seconds after it.
    """
    query = parse_qs(url.partition("?")[2].partition("#")[0])
    expires = query.get("Expires", [""])[0]
    if re.fullmatch(r"[0-9]{1,12}", expires):
        return timestamp(int(expires))
    signed = when(query.get("X-Amz-Date", [""])[0])
    lifetime = query.get("X-Amz-Expires", [""])[0]
    if signed is None or not re.fullmatch(r"[0-9]{1,7}", lifetime):
        return ""
    try:
        return timestamp((signed + timedelta(seconds=int(lifetime))).isoformat())
    except OverflowError:
        return ""
