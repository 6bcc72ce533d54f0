"""Untrusted text: made plain, clipped, quoted, and without secrets."""

from runs_mcp.text.cleaning import parts_of, safe_line, safe_text
from runs_mcp.text.clipping import (
    clip,
    clip_distinct,
    clip_middle,
    clip_to_columns,
    columns,
    digest,
    full_length,
    middle_marker,
    shorten,
    shorten_middle,
)
from runs_mcp.text.own_keys import body_without_key, may_have_key, without_keys
from runs_mcp.text.plain_text import one_line, plain
from runs_mcp.text.quoting import quoted, quoted_in_columns, quoted_list
from runs_mcp.text.redaction import is_secret_field, without_url_secrets

__all__ = [
    "body_without_key",
    "clip",
    "clip_distinct",
    "clip_middle",
    "clip_to_columns",
    "columns",
    "digest",
    "full_length",
    "is_secret_field",
    "may_have_key",
    "middle_marker",
    "one_line",
    "parts_of",
    "plain",
    "quoted",
    "quoted_in_columns",
    "quoted_list",
    "safe_line",
    "safe_text",
    "shorten",
    "shorten_middle",
    "without_keys",
    "without_url_secrets",
]
