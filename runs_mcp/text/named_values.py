"""Removal of secrets that stand behind a name: in JSON, code, headers, markup, command lines."""

import re
from typing import Final

from runs_mcp.text.secret_names import SECRET_NAME, is_code_or_prose, is_unambiguous

NEW_LINE: Final = r"\r?\n[ \t]{0,40}"
# Where a name begins: after no other character of one, or after what separates parameters.
NAME_START: Final = (
    r"(?:(?<![\w%./-])|(?<=%26)|(?<=%3[fFbB])|(?<=%23)|(?<=2526)|(?<=253[fFbB])|(?<=2523)"
    r"|(?<=u0026)|(?<=u003[fF])|(?<=--)|(?<=\\[nrt])|(?<=[0-9]m))"
    r"(?=[A-Za-z%_])(?!u00(?:26|3[fF]))"
)
_QUOTE: Final = r"(?:[\\\"'`]|&(?:quot|apos|#0?3[49]|#x2[27]);)"
_LESS: Final = r"(?:<|&lt;|\\{1,4}u003[cC])"
_GREATER: Final = r"(?:>|&gt;|\\{1,4}u003[eE])"
_BLANK_LINE: Final = r"(?:(?:\\{1,4}r)?\\{1,4}n|\r?\n[ \t]{0,40}){2,4}"
_TYPING: Final = r"(?:fill|type|pressSequentially|setValue|sendKeys|send_keys|enterText)"
# What stands between a name and its value. The first is that of JSON, code and headers.
_LINKS: Final = (
    (
        rf"{_QUOTE}*+\]?\s{{0,3}}(?::\s?[Ss]tr(?:ing)?\s{{0,2}}(?==))?"
        rf"(?:is:|:=?|={_GREATER}?)\s{{0,3}}(?:string\([0-9]{{1,4}}\)\s)?"
    ),
    # fill('#password', '…'), ['X-Api-Key', '…'], fill_in 'Password', with: '…'
    rf"{_QUOTE}++\s?,\s{{0,3}}(?:with:\s)?(?={_QUOTE})",
    rf"(?:(?<=\.fill)|(?<=\.type)|(?:{_QUOTE}|[\s\])}}]){{0,8}}\.{_TYPING})\(\s?(?={_QUOTE})",
    # name="csrf_token" value="…"
    (
        rf"{_QUOTE}++(?:\s[\w-]{{2,20}}={_QUOTE}[^\\\"'<>&]{{0,60}}{_QUOTE}){{0,2}}"
        rf"\s(?:value|content)=(?={_QUOTE})"
    ),
    rf"{_QUOTE}{{1,8}}{_BLANK_LINE}",  # A part of a form
)
_LINK_START: Final = r"(?=\s{0,3}(?:[\\\"'`&:=,\])}(]|is:))"  # Most words have none: faster
_NAMED: Final = re.compile(
    rf"(?P<name>{NAME_START}[\w.-]{{3,80}}+){_LINK_START}(?:{'|'.join(_LINKS)})(?P<open>{_QUOTE}*+)"
)
_ELEMENT: Final = re.compile(
    rf"{_LESS}(?:[\w-]{{1,30}}:)?(?P<name>[A-Za-z][\w.-]{{2,80}}+)"
    rf"(?:\s(?:[^<>\n&]|&(?!gt;)){{0,100}})?{_GREATER}(?P<open>)"
)
_TABLE_ROW: Final = re.compile(r"\|\s{1,3}(?P<name>[\w.-]{3,80}+)\s{1,20}\|\s{1,3}(?P<open>)")
_END_TAG: Final = re.compile(rf"{_LESS}\\?/")
# --password …, -token …, "login me password …" of .netrc
_OPTION: Final = re.compile(
    r"(?:-(?:(?<![\w-]-)|(?<=\\[nrt]-))-?|\blogin\s\S{1,80}\s(?=password\s))"
    rf"(?P<name>[A-Za-z][\w-]{{2,80}}+)\s{{1,3}}(?P<open>{_QUOTE}*+)"
)
_USER_OPTION: Final = r"-(?<![\w-]-)(?:u ?|-user[ =]{1,3})"
_VARIABLE_OR_ID: Final = r"(?![0-9]+\b|\$)"  # Numbers of a user and a group, a variable
_USER: Final = re.compile(
    rf"({_USER_OPTION}{_QUOTE}[\w.@+-]{{1,80}}:){_VARIABLE_OR_ID}[^\"'`\\&\n]{{6,200}}"
    rf"|({_USER_OPTION}([\w.@+-]{{1,80}}):)(?!\3\b){_VARIABLE_OR_ID}[^\s\"'`\\&]{{6,200}}"
)
_SHORT_OPTION: Final = re.compile(
    r"(\b(?:mysql\w{0,10}|mariadb|sshpass|docker login|podman login)\s[^\n]{0,200}?(?<=\s)-p ?)"
    rf"({_QUOTE}?)(?=[^\s0-9]{{0,80}}[0-9])[^\s\"'`\\&]{{6,}}"
)
_HAS_DIGIT: Final = r"(?=[^\s0-9]{0,80}[0-9])"
_QUOTED: Final = re.compile(rf"{_HAS_DIGIT}[\w~+/.=%:-]{{8,}}")
_BARE: Final = re.compile(rf"{_HAS_DIGIT}[\w~+/.=%-]{{16,}}")
# Whatever is between quotes, unless its first word is one.
_SURE_QUOTED: Final = re.compile(
    r"(?=[^\s0-9!@#$^*+\"'`\\]{0,80}(?:[0-9]|[!@#$^*+]\w))"
    r"(?:[^\"'`\\\n&]|\\+/|&(?!quot;|apos;|#)){6,}"
)
_SURE_BARE: Final = re.compile(
    r"(?=[^\s0-9]{0,80}[0-9])(?=[^\sA-Za-z]{0,80}[A-Za-z])[^\s\"'`\\<>,;|(){}\[\]&]{6,}"
)


def without_named_values(text: str) -> str:
    """Returns the text with "…" for values that are called secrets, and look like some."""
    text = _hidden(text, _NAMED)
    if "</" in text or "&lt;" in text or "u003" in text or "<\\/" in text:
        text = _hidden(text, _ELEMENT)
    if "|" in text:
        text = _hidden(text, _TABLE_ROW)
    return _hidden(text, _OPTION) if "-" in text or "login" in text else text


def without_passwords_of_commands(text: str) -> str:
    """Returns the text with "…" for passwords without a name: `curl -u`, `mysql -p`."""
    if "-u" in text:
        text = _USER.sub(r"\1\2…", text)
    if " -p" in text:
        text = _SHORT_OPTION.sub(r"\1\2…", text)
    return text


def _hidden(text: str, names: re.Pattern[str]) -> str:
    kept = []
    end = place = 0
    while named := names.search(text, place):
        # What follows another name can be a name.
        place = named.end("name")
        if value := _value(named):
            kept += [text[end : value.start()], "…"]
            end = place = value.end()
    return "".join([*kept, text[end:]])


def _value(named: re.Match[str]) -> re.Match[str] | None:
    name = named["name"]
    is_option = named.re is _OPTION
    if not SECRET_NAME.search(name) and not (is_option and name == "key"):
        return None
    is_sure = is_option or is_unambiguous(name)
    sure, other = (_SURE_QUOTED, _QUOTED) if named["open"] else (_SURE_BARE, _BARE)
    value = sure.match(named.string, named.end()) if is_sure else None
    value = value or other.match(named.string, named.end())
    return None if value is None or _is_harmless(named, value) else value


def _is_harmless(named: re.Match[str], value: re.Match[str]) -> bool:
    after = value.string[value.end() : value.end() + 8]
    if named.re is _ELEMENT:
        return _END_TAG.match(after) is None
    is_call = not named["open"] and after.startswith(("(", "["))
    return is_call or is_code_or_prose(named["name"], value[0])
