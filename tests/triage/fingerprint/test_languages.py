"""The causes of failures in the languages and browser drivers whose results the two APIs carry."""

from typing import Final

import pytest
from triage.failures import cause_of, failed, number_of_causes

JAVA_DOWN: Final = (
    "shop.pay.PaymentException: payment of order {id} failed\n"
    "\tat shop.pay.Gateway.pay(Gateway.java:{line})\n"
    "\tat shop.pay.{test}.pays(Test.java:30)\n"
    "Caused by: java.net.ConnectException: Connection refused\n"
    "\tat java.base/sun.nio.ch.Net.connect0(Native Method)\n"
    "\t... 23 more"
)
SPRING: Final = (
    "java.lang.IllegalStateException: Failed to load ApplicationContext for [{test}]\n"
    "\tat org.springframework.test.context.cache.Loader.load(Loader.java:180)\n"
    "Caused by: org.springframework.beans.factory.BeanCreationException: Error creating bean with "
    "name '{bean}'\n"
    "\tat org.springframework.beans.factory.support.Factory.create(Factory.java:628)\n"
    "Caused by: java.lang.IllegalArgumentException: Could not resolve placeholder '{name}'\n"
    "\tat org.springframework.util.Helper.parse(Helper.java:180)\n"
)
XUNIT: Final = (
    "System.InvalidOperationException : Order {id} is closed\n"
    "   at Shop.Orders.Add(String id) in {root}/src/Shop/Orders.cs:line {line}\n"
    "   at Shop.Tests.{test}.Adds() in {root}/tests/Shop.Tests/{test}.cs:line 12\n"
)
XUNIT_NESTED: Final = (
    "Shop.ShopException : could not save\n"
    "---- System.NullReferenceException : Object reference not set to an instance of an object.\n"
    "   at Shop.Store.{method}() in /src/Store.cs:line 9\n"
    "   at Shop.Tests.StoreTests.Saves() in /tests/StoreTests.cs:line 12\n"
)
SWIFT: Final = (
    'XCTAssertEqual failed: ("{left}") is not equal to ("{right}")\n'
    "/Users/ci/{root}/Tests/CartTests.swift:{line}"
)
SELENIUM_PYTHON: Final = (
    "selenium.common.exceptions.NoSuchElementException: Message: no such element: Unable to locate "
    'element: {{"method":"css selector","selector":"{selector}"}}\n'
    "  (Session info: chrome=126.0.{build}); For documentation on this error, please visit: https://x"
    "\nStacktrace:\n#0 0x5{build}1 <unknown>\n#1 0x5{build}2 <unknown>"
)
SELENIUM_JAVA_WAIT: Final = (
    "org.openqa.selenium.TimeoutException: Expected condition failed: waiting for visibility of "
    "element located by By.cssSelector: {selector} (tried for {seconds} second(s) with 500 "
    "milliseconds interval)\nBuild info: version: '4.2{seconds}.0'\n"
    "\tat org.openqa.selenium.support.ui.WebDriverWait.timeoutException(WebDriverWait.java:84)\n"
    "\tat shop.ui.{test}.pays(Test.java:14)"
)
WEBDRIVERIO: Final = (
    'Error: element ("{selector}") still not {state} after {ms}ms\n'
    "    at async Context.<anonymous> (file:///{root}/test/specs/{spec}.e2e.js:12:9)"
)
WEBDRIVERIO_CALL: Final = (
    "Error: Can't call click on element with selector \"{selector}\" because element wasn't found\n"
    "    at implicitWait (file:///w/node_modules/webdriverio/build/index.js:{line}:11)"
)
CAPYBARA: Final = (
    "Failure/Error: click_button '{name}'\n\nCapybara::ElementNotFound:\n"
    '  Unable to find button "{name}" that is not disabled'
)
CYPRESS_COVERED: Final = (
    "Timed out retrying after 4050ms: `cy.click()` failed because this element:\n\n"
    '`<button class="btn-{n}">Buy</button>`\n\nis being covered by another element:\n\n'
    '`<div class="{cover}">...</div>`\n\nFix this problem, or use {{force: true}} to disable error '
    "checking.\n\nhttps://on.cypress.io/element-cannot-be-interacted-with"
)
ELIXIR_MATCH: Final = (
    "match (=) failed\ncode:  assert {{:ok, _}} = Shop.pay(order)\nleft:  {{:ok, _}}\n"
    "right: {{:error, {reason}}}\nstacktrace:\n  test/shop/{test}.exs:9: (test)"
)
ELIXIR_RAISED: Final = (
    "** (KeyError) key :total not found in: %{{id: {id}}}\nstacktrace:\n"
    "  (shop 0.1.0) lib/shop/{file}.ex:{line}: Shop.Order.{function}/1\n"
    "  test/shop/order_test.exs:{line}: (test)"
)
NODE_CAUSE: Final = (
    "TypeError: fetch failed\n    at node:internal/deps/undici/undici:13484:13\n"
    "    at Shop.load (/w/src/{file}.js:{line}:3) {{\n"
    "  [cause]: Error: getaddrinfo ENOTFOUND {host}\n"
    "      at GetAddrInfoReqWrap.onlookup (node:dns:118:26)\n  }}"
)
AGGREGATE: Final = (
    "AggregateError: \n    at internalConnectMultiple (node:net:1139:18) {{\n  [errors]: [\n"
    "    Error: connect ECONNREFUSED ::1:{port}\n        at node:net:1555:16,\n"
    "    Error: connect ECONNREFUSED 127.0.0.1:{port}\n        at node:net:1555:16\n  ]\n}}"
)
GTEST: Final = (
    "/w/test/cart_test.cc:{line}: Failure\nExpected equality of these values:\n  cart.total()\n"
    "    Which is: {got}\n  {want}"
)
PYTHON_CHAIN: Final = (
    "shop.StoreError: cannot read order {id}\n\n    def read(self, id):\n        try:\n"
    ">           return self._db[id]\nE           {inner}\n\nshop/db.py:{line}: KeyError\n\n"
    "The above exception was the direct cause of the following exception:\n\n"
    "    def test_a():\n>       store.read({id})\n\ntests/test_{test}.py:{line}: \n"
    "_ _ _\n\n    def read(self, id):\n>       raise StoreError(f'cannot read {{id}}') from e\n"
    "E       shop.StoreError: cannot read order {id}\n\nshop/store.py:{line}: StoreError"
)


@pytest.mark.parametrize(
    ("one", "same", "another", "kind"),
    [
        (
            JAVA_DOWN.format(id=1, line=20, test="CardTest"),
            JAVA_DOWN.format(id=22, line=21, test="CashTest"),
            JAVA_DOWN.format(id=1, line=20, test="CardTest").replace("Gateway", "Bank"),
            "network",
        ),
        (
            SPRING.format(test="a.ATest", bean="gateway", name="shop.url"),
            SPRING.format(test="b.BTest", bean="orders", name="shop.url"),
            SPRING.format(test="a.ATest", bean="gateway", name="shop.key"),
            "crash",
        ),
        (
            XUNIT.format(id="A-1", root="/home/vsts/work/1/s", line=9, test="CartTests"),
            XUNIT.format(id="B-2", root="/agent/_work/7/s", line=11, test="PayTests"),
            XUNIT.format(id="A-1", root="/w", line=9, test="CartTests").replace(".Add(", ".Drop("),
            "crash",
        ),
        (
            XUNIT_NESTED.format(method="Save"),
            XUNIT_NESTED.format(method="Save").replace("could not save", "not saved"),
            XUNIT_NESTED.format(method="Load"),
            "crash",
        ),
        (
            SWIFT.format(left="open", right="paid", root="a", line=10),
            SWIFT.format(left="open", right="paid", root="b", line=12),
            SWIFT.format(left="void", right="paid", root="a", line=10),
            "assertion",
        ),
        (
            SELENIUM_PYTHON.format(selector="#save", build=61),
            SELENIUM_PYTHON.format(selector="#save", build=77),
            SELENIUM_PYTHON.format(selector="#undo", build=61),
            "assertion",
        ),
        (
            SELENIUM_JAVA_WAIT.format(selector="#pay", seconds=5, test="ATest"),
            SELENIUM_JAVA_WAIT.format(selector="#pay", seconds=9, test="BTest"),
            SELENIUM_JAVA_WAIT.format(selector="#buy", seconds=5, test="ATest"),
            "timeout",
        ),
        (
            WEBDRIVERIO.format(selector="#pay", state="displayed", ms=5000, root="a", spec="x"),
            WEBDRIVERIO.format(selector="#pay", state="displayed", ms=900, root="b", spec="y"),
            WEBDRIVERIO.format(selector="#buy", state="displayed", ms=5000, root="a", spec="x"),
            "timeout",
        ),
        (
            WEBDRIVERIO_CALL.format(selector="#pay", line=4),
            WEBDRIVERIO_CALL.format(selector="#pay", line=9),
            WEBDRIVERIO_CALL.format(selector="#buy", line=4),
            "assertion",
        ),
        (
            CAPYBARA.format(name="Pay"),
            CAPYBARA.format(name="Pay"),
            CAPYBARA.format(name="Cancel"),
            "assertion",
        ),
        (
            CYPRESS_COVERED.format(n=1, cover="consent"),
            CYPRESS_COVERED.format(n=2, cover="consent"),
            CYPRESS_COVERED.format(n=1, cover="spinner"),
            "timeout",
        ),
        (
            ELIXIR_MATCH.format(reason=":declined", test="a_test"),
            ELIXIR_MATCH.format(reason=":declined", test="b_test"),
            ELIXIR_MATCH.format(reason=":no_card", test="a_test"),
            "assertion",
        ),
        (
            ELIXIR_RAISED.format(id=1, file="order", line=4, function="sum"),
            ELIXIR_RAISED.format(id=2, file="order", line=7, function="sum"),
            ELIXIR_RAISED.format(id=1, file="order", line=4, function="show"),
            "crash",
        ),
        (
            NODE_CAUSE.format(file="a", line=1, host="api.shop.test"),
            NODE_CAUSE.format(file="b", line=2, host="api.shop.test"),
            NODE_CAUSE.format(file="a", line=1, host="mail.shop.test"),
            "network",
        ),
        (
            AGGREGATE.format(port=5432),
            AGGREGATE.format(port=5432).replace("1555", "1607"),
            AGGREGATE.format(port=6379),
            "network",
        ),
        (
            PYTHON_CHAIN.format(id=7, inner="KeyError: 7", line=3, test="a"),
            PYTHON_CHAIN.format(id=9, inner="KeyError: 9", line=5, test="b"),
            PYTHON_CHAIN.format(id=7, inner="TypeError: 'NoneType' object", line=3, test="a"),
            "crash",
        ),
    ],
    ids=[
        *("java", "spring", "xunit", "xunit nested", "swift", "selenium python", "selenium java"),
        *("webdriverio", "webdriverio call", "capybara", "cypress covered", "elixir match"),
        *("elixir raised", "node cause", "aggregate", "python chain"),
    ],
)
def test_what_was_thrown_is_the_cause_whatever_the_language(
    one: str, same: str, another: str, kind: str
) -> None:
    first = failed(one, spec="tests/a", test="a")
    second = failed(same, spec="tests/b", test="b")
    third = failed(another, spec="tests/a", test="a")
    assert number_of_causes(first, second) == 1
    assert number_of_causes(first, second, third) == 2
    assert {cause_of(text).kind for text in (one, same, another)} == {kind}
