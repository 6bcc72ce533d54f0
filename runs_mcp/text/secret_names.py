"""Which names are those of secrets, and which values are no secrets whatever their names."""

import re
from typing import Final

_KEY_KINDS: Final = (
    r"(?:api|access|private|account|subscription|functions?|encryption|signing|master|shared"
    r"|secret|service|service[-_]?role|app|record|deploy|webhook|stripe|admin|hmac)"
)
SECRET_NAME: Final = re.compile(
    r"secret|password|passwd|passphrase|auth(?!or(?!i[sz]))"  # not author=
    r"|(?:(?:token|signature|credential)(?:[-_]?(?:hash|value|256))?|client[-_]?assertion|jwt"
    rf"|accessid|{_KEY_KINDS}[-_]?key(?:[-_]?id)?|session[-_]?id|sessid|key-pair-id|[-_]pass|pwd)[\[\]]*\Z"
    r"|^(?:sig|sign|q-ak|hmac|hdn(?:ea|tl|ts)|__token__|saml(?:response|art)|ik-s|sas|t?otp)\Z",
    re.IGNORECASE,
)
_UNAMBIGUOUS: Final = re.compile(
    rf"(?:\bt?otp|secret|passw(?:or)?d|passphrase|pwd|[-_]pass|{_KEY_KINDS}[-_]?key"
    r"|(?:access|refresh|id|api|auth|session|bearer|security)[-_]?token)"
    r"(?:[\[\]]*|\.\w{4,20})\Z",  # the last: `password.fill(`
    re.IGNORECASE,
)
SECRET_FIELD: Final = re.compile(
    r"secret|password|passwd|authorization|^x-(?:amz|goog)-"
    r"|(?:access|refresh|id|api|auth|session|bearer)[-_]?token\Z|(?:api|access|private)[-_]?key\Z",
    re.IGNORECASE,
)
# OAuth's; others are short, or words.
_CODE: Final = re.compile(
    r"(?![A-Za-z_]+\.)(?=[^0-9]{0,80}[0-9])(?=[^a-z]{0,80}[a-z])[\w./~+%-]{20,}"
)
_EXPIRY: Final = re.compile(r"(?:expires?|exp|expiry|validto|valid_?until|e)\Z", re.IGNORECASE)
_OPAQUE: Final = re.compile(r"(?=[^0-9]{0,40}[0-9])(?=[^A-Za-z]{0,40}[A-Za-z])[\w~+/=.-]{16,}")
_MD5: Final = re.compile(r"[0-9a-f]{32}")
_WORD: Final = re.compile(r"[A-Za-z]?[a-z_-]{1,15}|[A-Z_-]{1,16}")
_REFERENCE: Final = re.compile(r"\$[A-Za-z_]+\Z|[A-Za-z_$]+(?:[0-9]*(?:\.[A-Za-z_]\w*)+)?\Z")
_OF_WORDS: Final = re.compile(r"[_.]|[a-z][A-Z]")  # "mysecretpassword" may be a password
_FILE: Final = re.compile(r"(?:[\w@.~-]*/)+[\w@.-]+\.[a-z]{1,5}(?::[0-9]+){0,2}\Z")
_FOLDER: Final = re.compile(r"[~.]{0,2}/|[A-Za-z]:\\")
_AMOUNT: Final = re.compile(r"[0-9][0-9.,:]{0,12}(?:[mnu]?s|px|[KMG]i?B|%)\Z", re.IGNORECASE)


def is_unambiguous(name: str) -> bool:
    """Returns whether a value with this name can hardly be anything but a secret."""
    return _UNAMBIGUOUS.search(name) is not None


def is_oauth_code(value: str) -> bool:
    """Returns whether the parameter `code` is what OAuth gives a token for."""
    return _CODE.match(value) is not None


def is_expiry(name: str, value: str) -> bool:
    """Returns whether a parameter says until when its link is valid: such a link is signed."""
    return _EXPIRY.match(name) is not None and value[:1].isdigit()


def is_signature(name: str, value: str, *, expires: bool) -> bool:
    """Returns whether a parameter signs its link, though no name says so.

    Args:
        name: The name of the parameter.
        value: Its value.
        expires: Whether another says until when the link is valid.
    """
    if name == "s":  # of an image's address
        return _MD5.fullmatch(value) is not None
    return expires and not _EXPIRY.match(name) and _OPAQUE.fullmatch(value) is not None


def is_code_or_prose(name: str, value: str) -> bool:
    """Returns whether a value is evidently a word, a variable, a number, or the path of a file."""
    if _REFERENCE.match(value) and (value.startswith("$") or _is_called_secret(name, value)):
        return True
    if _WORD.fullmatch(value) and not is_unambiguous(name):
        return True
    if _FOLDER.match(value) and name.lower().endswith("pwd"):
        return True
    return any(pattern.match(value) for pattern in (_FILE, _AMOUNT))


def _is_called_secret(name: str, variable: str) -> bool:
    is_name = variable.lower() == name.lower() or _OF_WORDS.search(variable) is not None
    return is_name and SECRET_NAME.search(variable) is not None
