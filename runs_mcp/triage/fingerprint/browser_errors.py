"""Errors of Playwright and Cypress, parsed: the element, page or response that a test failed on.

Pure functions over the plain text of an error.
"""

import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from runs_mcp.triage.fingerprint.connections import broken_connection
from runs_mcp.triage.fingerprint.infrastructure import infrastructure_trouble
from runs_mcp.triage.fingerprint.masking import masked, masked_locator


class BrowserError(NamedTuple):
    """What a browser test failed on."""

    evidence: tuple[str, ...]
    cause: str
    kind: Literal["assertion", "timeout", "network", "crash", "infrastructure", "other"]


# Playwright: «locator.click: …», «page.goto: …», after «Error: » or «TimeoutError: ».
# In Python the names are capitalised: «Locator.click: …».
_CALL: Final = re.compile(r"^(?:[\w.]*Error: )*(?P<call>[A-Za-z]\w*\.[a-z]\w*): ", re.MULTILINE)
# «expect(locator).toBeVisible()»; in Python, «Expect "to_be_visible"» in the call log.
_MATCHER: Final = re.compile(
    r"(?:expect\(\w+\)(?=\.)|Expect \"|LocatorAssertions\.)"
    r"(?P<matcher>(?:\.not)?\.to\w+|(?:not_)?to_\w+)"
)
_RECEIVED: Final = re.compile(r"^(?:Received[^:\n]*|Actual value): +(?P<value>.*)$", re.MULTILINE)

# Playwright names the locator in the messages of expect and strict mode, and in the call log.
_LOCATORS: Final = (
    re.compile(r"^Locator: +(?P<locator>\S.*)$", re.MULTILINE),
    re.compile(r"strict mode violation: (?P<locator>.{1,1000}) resolved to [0-9]+ elements"),
    re.compile(
        r"^ *(?:- )?waiting for (?P<locator>(?:getBy|get_by_|locator\(|frameLocator\("
        r"|frame_locator\(|selector \").*?)(?: to be \w+)?$",
        re.MULTILINE,
    ),
)
_CODE_LOCATOR: Final = re.compile(
    r"(?:getBy[A-Z]\w{0,60}|get_by_\w{1,60}|locator|frameLocator|frame_locator)\((?:[^()'\"`]|'[^']*'|\"[^\"]*\"|`[^`]*`)*\)"
)
_TEMPLATE: Final = re.compile(r"`((?:[^`$]|\$(?!\{))*+\$\{[^`]*)`")
_PARAMETER: Final = re.compile(r"(?:\$\{[^}]{0,200}\})+")
_MOST_PARAMETERS: Final = 3
# What makes a locator specific: a test ID, a name, a text, a class, an ID.
_SPECIFIC: Final = re.compile(
    r"getBy(?!Role)|get_by_(?!role)|name[:=]|has_?[tT]ext|[#.\[]\w|text=|data-"
)
# What Playwright waited for, when the element was there.
_STATE: Final = re.compile(
    r"element is (?P<state>not (?:enabled|editable|stable)|outside of the viewport)"
)
# Playwright's call log shows what covers the element to click.
_COVER: Final = re.compile(
    r"^[^<\n]*+(?P<cover><[^>\n]*+>).*intercepts pointer events", re.MULTILINE
)
_FOUND: Final = re.compile(
    r"(?:locator|selector) resolved to|pixels|^Received|^\+ Received|^Actual value: (?!None$)",
    re.MULTILINE,
)
_EXPECTED: Final = re.compile(
    r"^(?:Expected[^:\n]*:|Locator expected to [a-z ]+) +(?P<value>.*)$", re.MULTILINE
)
_SENTENCE_WORDS: Final = range(3, 13)

# Network errors of Chromium and Firefox.
_NET_ERROR: Final = re.compile(
    r"(?P<code>(?:net::ERR|NS_ERROR)_\w+)(?: at (?P<url>[a-z]+://[^\s\"']+))?"
)
# Playwright's toBeOK shows the request and the status line of the response; without a response
# the call log has the request.
_REQUEST: Final = re.compile(r"^ *(?:- )?→ (?P<request>[A-Z]+ \S+)$", re.MULTILINE)
_ANSWER: Final = re.compile(r"^ *(?:- )?← (?P<status>[0-9]{3}.*)$", re.MULTILINE)
# The call log of page.goto and of page.waitForURL.
_NAVIGATION: Final = re.compile(r"(?:waiting for navigation|- navigating) to (?P<url>\".*?\")")
_PAGE_MATCHER: Final = re.compile(r"expect\(page\)(?P<matcher>(?:\.not)?\.toHave(?:URL|Title))")
_AWAITED: Final = re.compile(
    r"\b(?P<call>\w++\.waitFor(?:Response|Request|Event|Function|LoadState)): "
    r"(?:Test timeout|Timeout) .{0,200}?exceeded(?P<rest>.*)"
)
_WAITED_FOR: Final = re.compile(
    r"waitFor\w{1,60}\([^'\"`/]{0,60}(?P<what>'[^']*'|\"[^\"]*\"|`[^`]*`|/(?:\\.|[^/\s\\])++/)"
)
# A picture that differs: its name tells, the number of pixels does not.
_PICTURE_MATCHER: Final = re.compile(
    r"toHaveScreenshot|toMatchSnapshot|(?:Screenshot|Snapshot) comparison failed|Snapshot: "
)
_PICTURE: Final = re.compile(
    r"(?:Snapshot: |toHaveScreenshot\(|(?:Expected|Received): (?:\S*[/\\])?)"
    r"(?P<name>[^\s/\\()]+?)(?:-(?:actual|expected|diff))?\.(?:png|jpe?g|webp)"
)
# Cypress puts «Timed out retrying after 4000ms: » before what it retried.
_CYPRESS_RETRIED: Final = re.compile(r"Timed out retrying(?: after [0-9]+ ?ms)?: ")
_CYPRESS_ELEMENT: Final = re.compile(r"Expected to find (?:element|content): (?P<what>[`'].*?[`'])")
_CYPRESS_COMMAND: Final = re.compile(
    r"`cy\.(?P<command>\w+)\(\)` failed(?: because (?P<why>[^\n]*)| (?:on|trying to load):?\s+"
    r"(?P<url>\S+))"
)
_CYPRESS_STATUS: Final = re.compile(r"> (?P<status>[0-9]{3}: .*)")
_CYPRESS_ROUTE: Final = re.compile(
    r"the \w+ (?P<what>request|response) to the route: `(?P<route>.+?)`"
)
_CYPRESS_COVER: Final = re.compile(
    r"is being covered by another element:\s*`?(?P<cover><[^>\n]{0,1000}>)"
)
_CYPRESS_MARKUP: Final = re.compile(r"^[^\S\n]*`?(?P<element><[^>\n]*>)", re.MULTILINE)


def read_browser_error(text: str, code_line: str) -> BrowserError | None:
    """Returns what a browser test failed on, or None if the error does not say.

    Args:
        text: The error's text.
        code_line: The line of code that failed, if known.
    """
    return next((error for read in RULES if (error := read(text, code_line))), None)


def _gone(text: str, _code_line: str) -> BrowserError | None:
    """When the browser is gone, every call under way fails, whichever it is."""
    first_line = text.partition("\n")[0]
    trouble = "" if _MATCHER.search(text) else infrastructure_trouble(first_line)
    if not trouble:
        return None
    return BrowserError(("infrastructure", trouble), masked(first_line), "infrastructure")


def _network(text: str, _code_line: str) -> BrowserError | None:
    if error := _NET_ERROR.search(text):
        url = masked(error["url"] or "")
        connection = broken_connection(error[0])
        what = (error["code"], url)
        if connection is not None and connection.server:
            what = connection
        return BrowserError(("network", *what), f"{error['code']} at {url}", "network")
    request, answer = _REQUEST.search(text), _ANSWER.search(text)
    if request is None:
        return None
    asked = masked(request["request"])
    if answer:
        status = answer["status"].strip()
        return BrowserError(("answer", asked, status), f"{asked} answered {status}", "assertion")
    if lost := broken_connection(text):
        evidence = ("network", *lost) if lost.server else ("network", lost.how, asked)
        return BrowserError(evidence, f"{asked}: connection {lost.how}", "network")
    return BrowserError(("unanswered", asked), f"{asked} was not answered", "timeout")


def _picture(text: str, _code_line: str) -> BrowserError | None:
    picture = _PICTURE.search(text) if _PICTURE_MATCHER.search(text) else None
    if picture is None:
        return None
    cause = f"the screenshot {picture['name']} differs"
    return BrowserError(("picture", picture["name"]), cause, "assertion")


def _element(text: str, code_line: str) -> BrowserError | None:
    call, matcher = _CALL.search(text), _MATCHER.search(text)
    named = next((found for pattern in _LOCATORS if (found := pattern.search(text))), None)
    if named is not None:
        locator = masked_locator(named["locator"])
    elif call is not None and call["call"].startswith("locator."):
        # A long browser log may leave no room for the call log: take the locator of the code.
        locator = masked_locator(".".join(_CODE_LOCATOR.findall(code_line)))
    else:
        return None
    if not locator:
        return None
    kind: Literal["assertion", "timeout"] = "assertion" if matcher else "timeout"
    if "strict mode violation" in text:
        return BrowserError(
            ("element", locator, "several"), f"strict mode violation: {locator}", "assertion"
        )
    if cover := _COVER.search(text):
        covering = masked_locator(cover["cover"])
        return BrowserError(("covered", covering), f"{covering} intercepts pointer events", kind)
    if matcher is None and (state := _STATE.search(text)):
        cause = f"{locator} is {state['state']}"
        return BrowserError(("element", locator, state["state"]), cause, kind)
    if matcher is None or "element(s) not found" in text or not _FOUND.search(text):
        # The same cause whatever was to be done with the element, or expected of it.
        return BrowserError(("element", locator), f"{locator} not found or not ready", kind)
    if named is not None:
        locator = masked_locator(_without_parameters(named["locator"], code_line))
    received = _RECEIVED.search(text)
    value = masked(received["value"]) if received else ""
    asserted = (
        matcher["matcher"].replace("toContain", "toHave").replace("to_contain", "to_have")
    )  # the same text or class
    text_shown = "" if _SPECIFIC.search(locator) and not _is_message(text, value) else value
    return BrowserError(
        ("element", locator, asserted, text_shown),
        f"{locator} {matcher['matcher'].removeprefix('.')}"
        + (f": received {value}" if value else ""),
        kind,
    )


def _is_message(text: str, received: str) -> bool:
    """Returns whether an element has a sentence where a word was expected: an error's, mostly."""
    expected = _EXPECTED.search(text)
    words = received.strip("\"'").split()
    wanted = expected["value"].strip("\"'").split() if expected else []
    return len(words) in _SENTENCE_WORDS and set(words).isdisjoint(wanted)


def _without_parameters(locator: str, code_line: str) -> str:
    """Returns a locator with the parameters of its template masked: of `price-${sku}` the SKU."""
    for template in _TEMPLATE.findall(code_line):
        fixed = _PARAMETER.split(template)
        if len(fixed) <= _MOST_PARAMETERS + 1 and any(part.strip("-_ ") for part in fixed):
            first, *others = [*map(re.escape, fixed[:-1]), re.escape(fixed[-1]) + r"\1"]
            # Each parameter ends where the next part of the template first stands.
            quoted = rf"(['\"`]){first}" + "".join(rf"(?>[^'\"`]+?{part})" for part in others)
            mask = "<n>".join(fixed).replace("\\", "")
            locator = re.sub(quoted, rf"\g<1>{mask}\g<1>", locator)
    return locator


def _page(text: str, _code_line: str) -> BrowserError | None:
    if waited := _NAVIGATION.search(text):
        url = masked(waited["url"])
        return BrowserError(("navigation", url), f"waiting for navigation to {url}", "timeout")
    matcher, received = _PAGE_MATCHER.search(text), _RECEIVED.search(text)
    if matcher and received:  # Failures of one cause end up on one page.
        value = masked(received["value"])
        name = matcher["matcher"].removeprefix(".")
        return BrowserError(("page", name, value), f"{name}: received {value}", "assertion")
    return None


def _awaited(text: str, code_line: str) -> BrowserError | None:
    """Returns what was waited for, which only the code shows: a URL, the name of an event."""
    waited = _AWAITED.search(text) if ".waitFor" in text else None
    named = _WAITED_FOR.search(code_line)
    if waited is None or named is None:
        return None
    what = named["what"]
    cause = f"{waited['call']}: Timeout <n>ms exceeded{waited['rest']}: {what}"
    return BrowserError(("awaited", waited["call"], what), cause, "timeout")


def _is_cypress(text: str) -> bool:
    return "cy." in text or _CYPRESS_RETRIED.search(text) is not None


def _cypress_route(text: str, _code_line: str) -> BrowserError | None:
    route = _CYPRESS_ROUTE.search(text) if _is_cypress(text) else None
    if route is None:
        return None
    cause = f"no {route['what']} to the route {route['route']}"
    return BrowserError(("route", route["what"], route["route"]), cause, "timeout")


def _cypress_element(text: str, _code_line: str) -> BrowserError | None:
    missing = _CYPRESS_ELEMENT.search(text) if _is_cypress(text) else None
    if missing is None:
        return None
    what = masked_locator(missing["what"])
    return BrowserError(("element", what), f"Expected to find {what}", "assertion")


def _cypress_command(text: str, _code_line: str) -> BrowserError | None:
    command = _CYPRESS_COMMAND.search(text) if _is_cypress(text) else None
    if command is None:
        return None
    cause = f"cy.{command['command']}() failed"
    if url := command["url"]:
        asked = masked(url)
        if status := _CYPRESS_STATUS.search(text):
            evidence = ("answer", asked, status["status"])
            return BrowserError(evidence, f"{cause} on {asked}: {status['status']}", "crash")
        lost = broken_connection(f"{text} {url}")
        asked_or_lost: tuple[str, ...] = lost or (asked,)
        return BrowserError(("network", *asked_or_lost), f"{cause} on {asked}", "network")
    if cover := _CYPRESS_COVER.search(text):
        covering = masked_locator(cover["cover"])
        return BrowserError(("covered", covering), f"{covering} covers the element", "timeout")
    element = _CYPRESS_MARKUP.search(text)
    why = masked(command["why"])
    what = masked_locator(element["element"]) if element else ""
    return BrowserError(("command", why, what), f"{cause} because {why} {what}".strip(), "timeout")


RULES: tuple[Callable[[str, str], BrowserError | None], ...] = (
    _gone,
    _network,
    _element,
    _picture,
    _page,
    _awaited,
    _cypress_route,
    _cypress_element,
    _cypress_command,
)
