"""Removal of secrets that are known by themselves: tokens by their beginnings, keys, webhooks."""

import re
from typing import Final

# Of GitHub, GitLab, Buildkite, npm, PyPI, Docker, Stripe, Slack, AWS, Google, DigitalOcean, OpenAI,
# Anthropic, Hugging Face, SendGrid, Mailgun, Shopify, Vault, Sentry, Linear and Figma; JSON Web
# Tokens.
TOKEN_PREFIXES: Final = (
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "_pat_", "glpat-", "bkua_", "bkct_", "bkaj_", "npm_"),
    *("pypi-", "k_live_", "k_test_", "xox", "xapp-", "AKIA", "ASIA", "AIza", "ya29.", "dop_v1_"),
    *("sk-", "hf_", "SG.", "whsec_", "shpat_", "hvs.", "sntry", "lin_api_", "figd_", "key-", "eyJ"),
)
_LEAST_CHARS: Final = 16  # of a token
_KNOWN_TOKEN: Final = re.compile(
    r"\b(?:(?:gh[oprsu]|npm|hf)_[A-Za-z0-9]{30,255}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}"
    r"|(?:github_pat_|glpat-|xox[abeprs]-|xapp-|ya29\.|whsec_|hvs\.|sntry[su]_|lin_api_|figd_"
    r"|dckr_pat_|sk-(?:ant|proj|svcacct|or)-|pypi-AgE)(?=[\w-]{0,40}[0-9])[\w-]{16,500}"
    r"|(?:bk[a-z]{2}|dop_v1|shpat)_[a-f0-9]{32,64}|sk-[A-Za-z0-9]{32,64}|key-[a-f0-9]{32}\b"
    r"|AIza[\w-]{35}"
    r"|SG\.[\w-]{16,32}\.[\w-]{32,64}|A[KS]IA[A-Z0-9]{16}\b)"
    r"|(?<![\w-])eyJ[\w-]{8,}+\.eyJ[\w-]{8,}+(?:\.[\w-]*+)?"
)
# Line ends, also escaped, and what a log, a table or a diff has before each line.
_BETWEEN_LINES: Final = r"(?:\s|\\+[nr]|[\"',|>+])"
_PRIVATE_KEY: Final = re.compile(
    r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)"
    rf"(?:{_BETWEEN_LINES}{{1,40}}[A-Z][A-Za-z-]{{3,20}}: [^\n\\]{{1,80}}){{0,4}}"
    rf"(?:{_BETWEEN_LINES}*+[A-Za-z0-9/=+]{{16,}}+)++"
    rf"(?:{_BETWEEN_LINES}*+[A-Za-z0-9/=+]{{1,16}}(?={_BETWEEN_LINES}{{0,40}}-----))?"
)
_SLASH: Final = r"\\?/"
# Whoever has the path of one can write there.
_WEBHOOK: Final = re.compile(
    rf"(\b(?:hooks\.slack\.com{_SLASH}(?:services|workflows|triggers)"
    rf"|discord(?:app)?\.com{_SLASH}api{_SLASH}(?:v[0-9]+{_SLASH})?webhooks"
    rf"|webhook\.office\.com{_SLASH}\w+|hooks\.zapier\.com{_SLASH}hooks"
    rf"|api\.telegram\.org){_SLASH})(?:[\w@:~%-]|\\?/)+"
)
# A signature in a path (Cloudinary), a ticket of single sign-on (CAS), a token of Cloudflare's, and
# what a password was answered with (RFC 7616).
_SIGNED_PATH: Final = re.compile(rf"({_SLASH}s--)[\w-]{{8,32}}(?=--{_SLASH})")
_TICKET: Final = re.compile(r"\b([SP]G?T-[0-9]{1,9}-)[\w.-]{16,}")
_TIMED: Final = re.compile(r"(\bverify=)[0-9]{10}-[\w%+/=-]{16,}")
_DIGEST: Final = re.compile(
    r"(\bDigest\s[^\n]{0,600}?\bresponse=(?:[\\\"']|&[#\w]{2,6};){0,4})[0-9a-fA-F]{32,128}"
)


def without_known_secrets(text: str) -> str:
    """Returns the text with "…" for tokens, private keys and what else is known by itself."""
    if len(text) >= _LEAST_CHARS and any(map(text.__contains__, TOKEN_PREFIXES)):
        text = _KNOWN_TOKEN.sub("…", text)
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(r"\1 …", text)
    if "hook" in text or "telegram" in text:
        text = _WEBHOOK.sub(r"\1…", text)
    if "s--" in text:
        text = _SIGNED_PATH.sub(r"\1…", text)
    if "T-" in text:
        text = _TICKET.sub(r"\1…", text)
    if "verify=" in text:
        text = _TIMED.sub(r"\1…", text)
    return _DIGEST.sub(r"\1…", text) if "Digest " in text else text
