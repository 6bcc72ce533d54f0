"""Texts that show a secret: what signs or authenticates, in every wrapping that was thought of."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from html import escape
from typing import Final
from urllib.parse import quote

SECRET: Final = "5eCr3tS1gn4tur3Valu3abc"
"""No part of it may be shown."""

_Shape = Callable[[str], str]


def _encoded(text: str) -> str:
    return "".join(f"%{ord(char):02X}" for char in text)


def _every(text: str, between: str) -> str:
    return between.join(text)


SIGNED_LINKS: Final[dict[str, str]] = {
    "aws": "X-Amz-Credential=AK%2F20261126%2Fs3&X-Amz-Expires=900&X-Amz-Signature={}",
    "aws session": "X-Amz-Date=20261126T000000Z&X-Amz-Security-Token={}",
    "aws 2": "AWSAccessKeyId=AKIDEXAMPLE&Expires=1764115200&Signature={}",
    "cloudfront": "Policy=eyJTdGF0ZW1lbnQi&Signature={}&Key-Pair-Id=APKAEXAMPLE",
    "azure": "sv=2024-11-04&se=2026-11-27&sr=b&sp=r&sig={}",
    "google": "X-Goog-Algorithm=GOOG4&X-Goog-Date=20261126&X-Goog-Signature={}",
    "google 2": "GoogleAccessId=a@b.iam&Expires=1764115200&Signature={}",
    "tencent": "q-sign-algorithm=sha1&q-ak=AKID&q-sign-time=1;2&q-signature={}",
    "alibaba": "OSSAccessKeyId=LTAIexample&Expires=1764115200&Signature={}",
    "token": "token={}",
    "oauth": "access_token={}&scope=read",
    "api key": "page=2&api_key={}",
    "password": "user=me&password={}",
    "client": "client_id=a&client_secret={}",
    "jwt": "jwt={}",
    "session": "sessionid={}",
}

PATHS: Final = (
    *("shot.png", "shot (1).png", "shot%20(1).png", "a)b", "a]b", "a'b", 'a"b', "a`b", "a<b"),
    *("a>b", "a\\b", "a b/c", "a{b}", "a|b", "a,b;c", "a[0]", "日本", "a&b", "a\nb", "a?b", "a#b"),
)

_NAME: Final = "X-Amz-Signature"

WRAPPINGS: Final[dict[str, _Shape]] = {
    "bare": lambda q: q,
    "url": lambda q: f"https://s3.example/a.png?{q}",
    "url in prose": lambda q: f"See https://s3.example/a.png?{q}. Then go on.",
    "brackets": lambda q: f"(https://s3.example/a.png?{q})",
    "markdown": lambda q: f"[shot](https://s3.example/a.png?{q})",
    "markdown picture": lambda q: f"![shot](https://s3.example/a.png?{q} 'title')",
    "angle brackets": lambda q: f"<https://s3.example/a.png?{q}>",
    "single quotes": lambda q: f"fetch('https://s3.example/a.png?{q}')",
    "backticks": lambda q: f"`https://s3.example/a.png?{q}`",
    "no scheme": lambda q: f"s3.example/a.png?{q}",
    "relative to the scheme": lambda q: f"//s3.example/a.png?{q}",
    "path alone": lambda q: f"GET /a.png?{q} HTTP/1.1",
    "fragment": lambda q: f"https://s3.example/a.png#{q}",
    "fragment with a path": lambda q: f"https://s3.example/#/login?{q}",
    "css": lambda q: f"background: url(//cdn.example/a.png?{q})",
    "html": lambda q: f'<a href="https://s3.example/a.png?{escape(q)}">a</a>',
    "numeric entities": lambda q: (
        "https://s3.example/a.png?" + q.replace("&", "&#38;").replace("=", "&#61;")
    ),
    "hex entities": lambda q: "/a.png?" + q.replace("&", "&#x26;").replace("=", "&#x3D;"),
    "json": lambda q: json.dumps({"url": f"https://s3.example/a.png?{q}"}),
    "json with slashes escaped": lambda q: json.dumps(
        {"url": f"https://s3.example/a.png?{q}"}
    ).replace("/", "\\/"),
    "json with all escaped": lambda q: (
        json.dumps({"url": f"https://s3.example/a.png?{q}"})
        .replace("&", "\\u0026")
        .replace("=", "\\u003d")
    ),
    "json in json": lambda q: json.dumps(json.dumps({"url": f"https://s3.example/a.png?{q}"})),
    "encoded once": lambda q: (
        f"https://a.example/?to={quote('https://s3.example/a?' + q, safe='')}"
    ),
    "encoded twice": lambda q: (
        f"/?to={quote(quote('https://s3.example/a?' + q, safe=''), safe='')}"
    ),
    "encoded three times": lambda q: quote(
        quote(quote("https://s3.example/a?" + q, safe=""), safe=""), safe=""
    ),
    "form": lambda q: f"curl -d '{q}' https://api.example",
    "option": lambda q: f"run --{q}",
    "after a line": lambda q: f"Error: 403\n{q}\n    at get (a.js:1:2)",
    "at the end of a table": lambda q: f"| url | /a?{q} |",
}

NAMED: Final[dict[str, _Shape]] = {
    "bearer": lambda s: f"Authorization: Bearer {s}",
    "lower-case bearer": lambda s: f"authorization: bearer {s}",
    "bearer in json": lambda s: json.dumps({"Authorization": f"Bearer {s}"}),
    "bearer in escaped json": lambda s: json.dumps(json.dumps({"authorization": f"bearer {s}"})),
    "basic": lambda s: f"authorization: basic {s}==",
    "curl": lambda s: f"curl -H 'Authorization: token {s}' https://api.example",
    "user in a url": lambda s: f"https://user:{s}@git.example/a.git",
    "database": lambda s: f"postgres://app:{s}@db.example:5432/app",
    "user in a url in json": lambda s: f"https:\\/\\/user:{s}@git.example\\/a",
    "cookie": lambda s: f"Cookie: theme=dark; CloudFront-Signature={s}; a=b",
    "a session behind another cookie": lambda s: f"Cookie: theme=dark; sid={s}",
    "cookies of a session": lambda s: f"set-cookie: sid={s}; Path=/; HttpOnly",
    "header": lambda s: f"x-api-key: {s}",
    "json field": lambda s: json.dumps({"accessToken": s}),
    "python": lambda s: f"params={{'X-Amz-Signature': '{s}'}}",
    "ruby": lambda s: f'{{"client_secret"=>"{s}"}}',
    "environment": lambda s: f"CURRENTS_API_KEY={s}",
    "environment in quotes": lambda s: f'export BUILDKITE_API_TOKEN="{s}"',
    "yaml": lambda s: f"api_key: {s}",
    "upper-case name": lambda s: f"/a?SIGNATURE={s}",
    "lower-case name": lambda s: f"/a?x-amz-signature={s}",
    "encoded name": lambda s: f"/a?{_encoded(_NAME)}={s}",
    "name encoded in part": lambda s: f"/a?X%2DAmz%2DSignature={s}",
    "name encoded twice": lambda s: f"/a?{_encoded(_NAME).replace('%', '%25')}%253D{s}",
    "array parameter": lambda s: f"/a?user[token]={s}",
    "name over two lines": lambda s: f"https://s3.example/a?x=1&X-Amz-Sign\nature={s}",
    "name over indented lines": lambda s: f"    https://s3.example/a?x=1&X-Amz-\n    Signature={s}",
    "name and value on two lines": lambda s: f"https://s3.example/a?X-Amz-Signature=\n    {s}",
    "value over two lines": lambda s: f"https://s3.example/a?Signature={s[:11]}\n{s[11:]}&x=1",
    "escaped line end before": lambda s: f"403\\nX-Amz-Signature={s}",
    "escaped colour before": lambda s: f"\\u001b[31mX-Amz-Signature={s}",
}

DISGUISED: Final[dict[str, _Shape]] = {
    "colours in the name": lambda s: f"/a?X-Amz-\x1b[31mSigna\x1b[0mture={s}",
    "invisible in the name": lambda s: f"/a?{_every(_NAME, chr(0x200B))}={s}",
    "soft hyphens in the name": lambda s: f"/a?{_every('token', chr(0xAD))}={s}",
    "bidi in the name": lambda s: f"/a?X-Amz-\u202eSignature\u202c={s}",
    "colours before the value": lambda s: f"/a?sig=\x1b[1m{s}\x1b[0m",
    "invisible before the value": lambda s: f"/a?sig\u2060=\u2060{s}",
    "carriage returns": lambda s: f"x=1\r\ntoken={s}\r\n",
}
"""Only plain text shows these."""


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


KEY_SPELLINGS: Final[dict[str, _Shape]] = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "a header": lambda key: f"Bearer {key}",
    "percent-encoded": lambda key: quote(key, safe=""),
    "all percent-encoded": _encoded,
    "all percent-encoded, upper case": lambda key: _encoded(key).upper(),
    "percent-encoded twice": lambda key: quote(_encoded(key)),
    "in HTML": escape,
    "decimal entities": lambda key: "".join(f"&#{ord(char)};" for char in key),
    "hexadecimal entities": lambda key: "".join(f"&#x{ord(char):X};" for char in key),
    "in JSON": json.dumps,
    "in JSON with slashes escaped": lambda key: json.dumps(key).replace("/", "\\/"),
    "in JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "escaped": lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
    "escaped bytes": lambda key: "".join(f"\\x{ord(char):02x}" for char in key),
    "base64": _base64,
    "a user": lambda key: _base64(f"user:{key}"),
    "a user without a password": lambda key: _base64(f"{key}:"),
    "a header in base64": lambda key: _base64(f"Bearer {key}\n"),
    "base64 for URLs": lambda key: urlsafe_b64encode(f"{key}?>".encode()).decode(),
    "on two lines": lambda key: f"{key[:7]}\n    {key[7:]}",
    "cut off": lambda key: f"{key[:12]}… (+9 characters)",
    "encoded in part": lambda key: key[:5] + _encoded(key[5:9]) + key[9:],
}


def secret_texts() -> Iterator[tuple[str, str]]:
    """Yields what a text is, and the text: each shows `SECRET`."""
    for link, query in SIGNED_LINKS.items():
        for wrapping, wrapped in WRAPPINGS.items():
            yield f"{link}, {wrapping}", wrapped(query.format(SECRET))
    for path in PATHS:
        for link in ("aws", "azure", "token"):
            yield (
                f"{link} after {path!r}",
                f"https://s3.example/{path}?{SIGNED_LINKS[link].format(SECRET)}",
            )
    for name, shape in {**NAMED, **DISGUISED}.items():
        yield name, shape(SECRET)


def shows_secret(text: str) -> bool:
    """Returns whether a text shows a telling part of the secret."""
    return any(SECRET[at : at + 8] in text for at in range(len(SECRET) - 7))
