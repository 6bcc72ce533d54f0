"""How the files that tests left behind are read."""

import pytest
from currents_payloads import PLAYWRIGHT_INSTANCE, SIGNED_QUERY, Sent, full_instance, instance_with

from runs_mcp import model

AMZ_QUERY = "?X-Amz-Date=20260327T155852Z&X-Amz-Expires="


def test_assets_have_their_kind_test_attempt_url_and_expiry() -> None:
    assert full_instance(PLAYWRIGHT_INSTANCE).assets == (
        model.Asset(
            kind="screenshot",
            url=f"https://fs.currents.dev/a.png{SIGNED_QUERY}",
            test="login › works",
            attempt=1,
            name="shot",
            expires_at="2022-07-07T18:39:25.000Z",
        ),
        model.Asset(
            kind="video",
            url=f"https://fs.currents.dev/a.webm{SIGNED_QUERY}",
            test="login › works",
            expires_at="2022-07-07T18:39:25.000Z",
        ),
        model.Asset(
            kind="trace",
            url=f"https://fs.currents.dev/a.zip{SIGNED_QUERY}",
            test="cart › adds",
            attempt=1,
            name="trace",
            expires_at="2022-07-07T18:39:25.000Z",
        ),
    )


@pytest.mark.parametrize(
    ("url", "expires_at"),
    [
        (f"https://a.example/x{SIGNED_QUERY}", "2022-07-07T18:39:25.000Z"),
        (f"https://a.example/x{AMZ_QUERY}3600", "2026-03-27T16:58:52.000Z"),
        (f"https://a.example/x{AMZ_QUERY}soon", ""),
        ("https://a.example/x?X-Amz-Date=99991231T235959Z&X-Amz-Expires=604800", ""),
        ("https://a.example/x?X-Amz-Expires=3600", ""),
        ("https://a.example/x?Expires=", ""),
        ("https://a.example/x?Expires=soon", ""),
        ("https://a.example/x?Expires=-1", ""),
        ("https://a.example/x?Expires=\uff11", ""),
        ("https://a.example/x?Expires=" + "9" * 500, ""),
        ("https://a.example/x", ""),
        ("https://[half/x?Expires=1657219165", "2022-07-07T18:39:25.000Z"),
        ("https://a.example]/x?Expires=1657219165", "2022-07-07T18:39:25.000Z"),
        ("not a url", ""),
    ],
)
def test_the_expiry_of_a_url_is_shown_where_it_says_it_and_nothing_is_lost_otherwise(
    url: str, expires_at: str
) -> None:
    full = full_instance(instance_with(screenshots=[{"screenshotURL": url}]))
    assert [asset.expires_at for asset in full.assets] == [expires_at]
    assert full.artifacts.screenshots == 1


@pytest.mark.parametrize(
    "url",
    [
        *[None, "", "https://a.example/\n", "https://a.example/\u202e", "https://\u0430.example/"],
        "https://a.example/" + "x" * 2000,
    ],
)
def test_a_url_that_cannot_be_followed_as_it_is_is_left_out_and_the_asset_still_counted(
    url: str | None,
) -> None:
    full = full_instance(instance_with(screenshots=[{"screenshotURL": url, "name": "shot"}]))
    assert full.assets == (model.Asset(kind="screenshot", name="shot"),)
    assert full.artifacts.screenshots == 1


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("screenshot", {"screenshots": [{"screenshotURL": "https://a.example/x"}]}),
        ("video", {"videos": [{"videoUrl": "https://a.example/x"}]}),
        ("video", {"videoUrl": "https://a.example/x"}),
        ("trace", {"playwrightTraces": [{"traceURL": "https://a.example/x"}]}),
        ("attachment", {"attachments": [{"readUrl": "https://a.example/x"}]}),
        ("attachment", {"stdout": {"readUrl": "https://a.example/x"}}),
        ("attachment", {"attachments": [{"url": "https://a.example/x"}]}),
    ],
)
def test_each_kind_of_asset_has_its_url_in_a_field_of_its_own(kind: str, sent: Sent) -> None:
    (asset,) = full_instance(instance_with(**sent)).assets
    assert (asset.kind, asset.url) == (kind, "https://a.example/x")


@pytest.mark.parametrize("test_id", [None, ""])
def test_the_video_of_a_whole_spec_belongs_to_no_test_even_where_one_has_no_id(
    test_id: str | None,
) -> None:
    full = full_instance(
        instance_with(
            {"testId": test_id, "state": "failed"}, videoUrl="https://a.example/video.mp4"
        )
    )
    assert full.assets[0].test == ""
    assert full.failures[0].artifacts == model.Artifacts()
    assert full.artifacts == model.Artifacts(videos=1)
