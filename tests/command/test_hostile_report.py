"""`runs-mcp report` where all that strangers can write is hostile, over HTTP to both APIs."""

import json
import re
from pathlib import Path
from typing import Final

import pytest
from answers.test_hostile_markdown import REFERENCE, UNSEEN
from answers.test_markdown_report import inner, parsed
from command_runs import run
from payloads_with_text import RUN, SUITE_RUN, routes_with
from report_stub import Stub

from runs_mcp.answers.markdown_report import MOST_CHARS

REFERENCES: Final = [f"currents:{RUN}", f"buildkite:acme/web/{SUITE_RUN}"]
HOSTILE: Final = [
    "</details>\n\n# @everyone | `#12` GH-3 [x](https://evil.example) <img src=x> :tada:",
    "```\n</details>\n---\n| a | b |\n| - | - |\n\u2028\u202e~~~",
    "| \\| ` `` \x00 \r\n- 1) https://www.evil.example ${{ x }}",
    "`|" * 50_000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("reference", REFERENCES)
def test_a_report_of_hostile_texts_is_whole_and_exits_0(
    stub: Stub, tmp_path: Path, reference: str, text: str
) -> None:
    stub.serve(routes_with(text))
    path = tmp_path / "report.md"
    done = run("report", reference, "--out", str(path), **stub.environment)
    assert (done.returncode, done.stdout) == (0, "")
    # What comes before the run cannot be listed here.
    assert done.stderr == "" or done.stderr.startswith("Since when it fails could not be told.")
    markdown = path.read_text(encoding="utf-8")
    assert len(markdown) <= MOST_CHARS
    assert not UNSEEN.search(markdown)
    tokens = parsed(markdown)
    every = list(inner(tokens))
    assert not {"image", "html_inline", "hr", "blockquote_open"} & {one.type for one in every}
    folds = [one.content.strip() for one in tokens if one.type == "html_block"]
    assert set(folds[1::2]) <= {"</details>"}
    assert all(re.fullmatch(r"<details><summary>[\w :]+</summary>", fold) for fold in folds[::2])
    assert not [
        one.content for one in every if one.type == "text" and REFERENCE.search(one.content)
    ]
    links = [str(one.attrGet("href")) for one in every if one.type == "link_open"]
    assert all(re.match(r"https://(app\.currents\.dev|buildkite\.com)/", link) for link in links)

    done = run("report", reference, "--format", "json", **stub.environment)
    assert done.returncode == 0
    assert json.loads(done.stdout)["run"]["id"]
