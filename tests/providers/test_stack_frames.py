"""Which lines are stack frames, and which of them are the project's own code."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runs_mcp.error_text.stack_frames import Frame, checkout_root, read_stack


@pytest.mark.parametrize(
    ("written", "frame"),
    [
        pytest.param(
            "    at login (/repo/tests/a.spec.ts:12:3)",
            Frame("login", "/repo/tests/a.spec.ts", 12),
            id="V8 with a function",
        ),
        pytest.param(
            "    at /repo/tests/a.spec.ts:12:3", Frame("", "/repo/tests/a.spec.ts", 12), id="V8"
        ),
        pytest.param(
            "at async Page.login (/repo/a.ts:1:2)", Frame("Page.login", "/repo/a.ts", 1), id="async"
        ),
        pytest.param("at async /repo/a.ts:1:2", Frame("", "/repo/a.ts", 1), id="async, nameless"),
        pytest.param("at new Cart (/repo/a.ts:1:2)", Frame("new Cart", "/repo/a.ts", 1), id="new"),
        pytest.param(
            "at Object.<anonymous> (/repo/a.ts:1:2)",
            Frame("Object.<anonymous>", "/repo/a.ts", 1),
            id="an anonymous function",
        ),
        pytest.param(
            "at Object.get [as value] (/repo/a.ts:1:2)",
            Frame("Object.get [as value]", "/repo/a.ts", 1),
            id="a getter",
        ),
        pytest.param("at login (/repo/a.ts:12)", Frame("login", "/repo/a.ts", 12), id="no column"),
        pytest.param(
            "at login (file:///repo/a.mjs:1:2)", Frame("login", "/repo/a.mjs", 1), id="a file URL"
        ),
        pytest.param(
            "    at Context.eval (webpack:///./cypress/e2e/a.cy.js:7:4)",
            Frame("Context.eval", "cypress/e2e/a.cy.js", 7),
            id="webpack",
        ),
        pytest.param(
            "at Context.eval (webpack://web-shop/./cypress/e2e/a.cy.ts:7:4)",
            Frame("Context.eval", "cypress/e2e/a.cy.ts", 7),
            id="webpack with the name of the package",
        ),
        pytest.param(
            "at eval (webpack-internal:///./cypress/support/commands.js:7:4)",
            Frame("eval", "cypress/support/commands.js", 7),
            id="webpack, evaluated",
        ),
        pytest.param("login@/repo/a.ts:12:3", Frame("login", "/repo/a.ts", 12), id="Firefox"),
        pytest.param("@/repo/a.ts:12:3", Frame("", "/repo/a.ts", 12), id="Firefox, nameless"),
        pytest.param(
            "at login (./tests/a.spec.ts:12:3)",
            Frame("login", "tests/a.spec.ts", 12),
            id="relative",
        ),
        pytest.param(
            "at /repo/my tests/a b.spec.ts:12:3",
            Frame("", "/repo/my tests/a b.spec.ts", 12),
            id="spaces in the path",
        ),
        pytest.param(
            "at login (/repo/tests/日本語.spec.ts:12:3)",
            Frame("login", "/repo/tests/日本語.spec.ts", 12),
            id="another script",
        ),
        pytest.param(
            "at login (/repo/app/(shop)/cart.spec.ts:12:3)",
            Frame("login", "/repo/app/(shop)/cart.spec.ts", 12),
            id="a folder in brackets, as Next.js has them",
        ),
        pytest.param(
            "at /repo/app/(shop)/cart.spec.ts:12:3",
            Frame("", "/repo/app/(shop)/cart.spec.ts", 12),
            id="a folder in brackets, nameless",
        ),
        pytest.param(
            r"at login (C:\repo\tests\a.spec.ts:12:3)",
            Frame("login", r"C:\repo\tests\a.spec.ts", 12),
            id="Windows",
        ),
        pytest.param(
            r"at D:\repo\tests\a.spec.ts:12:3",
            Frame("", r"D:\repo\tests\a.spec.ts", 12),
            id="Windows, nameless",
        ),
        pytest.param(
            "at login (file:///C:/repo/a.spec.mjs:12:3)",
            Frame("login", "/C:/repo/a.spec.mjs", 12),
            id="Windows, a file URL",
        ),
        pytest.param(
            "\tat app//shop.pay.Gateway.pay(Gateway.java:12)",
            Frame("shop.pay.Gateway.pay", "Gateway.java", 12),
            id="Java",
        ),
        pytest.param(
            "   at Shop.Orders.Add(String id) in D:\\a\\1\\s\\src\\Orders.cs:line 12",
            Frame("Shop.Orders.Add", "D:\\a\\1\\s\\src\\Orders.cs", 12),
            id=".NET",
        ),
        pytest.param(
            "example.org/shop/cart.(*Cart).Add(0xc00001, 0x2)\n\t/w/shop/cart.go:12 +0x1d",
            Frame("example.org/shop/cart.(*Cart).Add", "/w/shop/cart.go", 12),
            id="Go",
        ),
        pytest.param(
            "   4: shop::cart::add\n             at ./src/cart.rs:12:5",
            Frame("shop::cart::add", "src/cart.rs", 12),
            id="Rust",
        ),
        pytest.param(
            "thread 'tests::adds' panicked at src/cart.rs:12:5:",
            Frame("", "src/cart.rs", 12),
            id="Rust, a panic",
        ),
        pytest.param(
            "  (shop 0.1.0) lib/shop/cart.ex:12: Shop.Cart.add/2",
            Frame("Shop.Cart.add/2", "lib/shop/cart.ex", 12),
            id="Elixir",
        ),
        pytest.param("/app/src/Cart.php:12", Frame("", "/app/src/Cart.php", 12), id="PHP"),
        pytest.param(
            "#1 /app/src/Cart.php(12): Shop\\Cart->add()",
            Frame("Shop\\Cart->add", "/app/src/Cart.php", 12),
            id="PHP, a trace",
        ),
        pytest.param(
            "/w/Tests/CartTests.swift:12", Frame("", "/w/Tests/CartTests.swift", 12), id="Swift"
        ),
        pytest.param("/w/cart_test.cc:12: Failure", Frame("", "/w/cart_test.cc", 12), id="C++"),
        pytest.param(
            " \u276f addItem src/cart.ts:12:7", Frame("addItem", "src/cart.ts", 12), id="vitest"
        ),
        pytest.param(
            "    def load(raw):\n>       return 1\nE   x\n\napp/load.py:12: ValueError",
            Frame("load", "app/load.py", 12),
            id="pytest",
        ),
    ],
)
def test_a_frame_is_read_in_the_format_of_every_browser(written: str, frame: Frame) -> None:
    assert read_stack(f"Error: it broke\n{written}\n").top == frame


@pytest.mark.parametrize(
    "written",
    [
        *["Error: expected 3:4 to be 5", "", "   ", "at", "at login", "at login ()", "at (native)"],
        *["at Promise.all (index 0)", "at async Promise.all (index 0)", "at <anonymous>"],
        *["Expected: 12:30", "  - waiting for locator('a') at 10:30:00", "https://a.example:80"],
        *["postgres://app:hunter2@db.internal:5432", "git@git.example:22", "at 10:30:00"],
        *["a@b.example", "Call log:", "at login (/repo/a.ts)", "at login (/repo/a.ts:x:1)"],
    ],
)
def test_what_is_not_a_frame_is_skipped(written: str) -> None:
    assert read_stack(written).top is None
    assert read_stack(written).head == ""


@pytest.mark.parametrize(
    "foreign",
    [
        "at f (/repo/node_modules/@playwright/test/lib/index.js:1:2)",
        "at f (node_modules/playwright/lib/a.js:1:2)",
        r"at f (C:\repo\node_modules\playwright\lib\a.js:1:2)",
        "at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
        "at f (internal/process/task_queues.js:95:5)",
        "at f (webpack:///./node_modules/lodash/a.js:1:2)",
        "at Array.map (<anonymous>:1:2)",
        "at cy (https://a.example/__cypress/runner/cypress_runner.js:1:2)",
        "at cy (cypress:///../driver/src/cypress/utils.ts:1:2)",
        "at f (/__cypress/runner/a.js:1:2)",
        "at __webpack_require__ (webpack:///webpack/bootstrap:1:2)",
    ],
)
def test_the_top_frame_is_in_the_projects_own_code(foreign: str) -> None:
    stack = read_stack(f"Error: it broke\n{foreign}\n    at own (/repo/tests/a.ts:3:1)\n{foreign}")
    assert stack.top == Frame("own", "/repo/tests/a.ts", 3)
    assert stack.head == "at own (/repo/tests/a.ts:3)"


def test_a_stack_without_own_code_has_no_top_frame_and_shows_its_first_frames() -> None:
    frames = "\n".join(f"at f{n} (/repo/node_modules/a.js:{n}:1)" for n in range(1, 9))
    stack = read_stack(f"Error\n{frames}")
    assert stack.top is None
    assert stack.head.split("\n") == [f"at f{n} (/repo/node_modules/a.js:{n})" for n in (1, 2, 3)]


def test_the_head_has_the_first_six_own_frames() -> None:
    frames = "\n".join(
        f"at f{n} (/repo/a.ts:{n}:1)\nat g (/repo/node_modules/b.js:1:1)" for n in range(1, 10)
    )
    head = read_stack(f"Error\n{frames}").head
    assert head.split("\n") == [f"at f{n} (/repo/a.ts:{n})" for n in range(1, 7)]


def test_the_folder_of_the_checkout_is_removed() -> None:
    stack = read_stack(
        "at f (/home/ci/repo/tests/a.ts:1:1)\nat g (/elsewhere/b.ts:2:1)", "/home/ci/repo/"
    )
    assert stack.top == Frame("f", "tests/a.ts", 1)
    assert stack.head == "at f (tests/a.ts:1)\nat g (/elsewhere/b.ts:2)"


def test_the_folder_of_the_checkout_may_be_called_node_modules() -> None:
    stack = read_stack("at f (/ci/node_modules/tests/a.ts:1:1)", "/ci/node_modules/")
    assert stack.top == Frame("f", "tests/a.ts", 1)


def test_a_frame_without_a_function_is_shown_as_its_place() -> None:
    assert str(Frame("", "a.ts", 3)) == "a.ts:3"
    assert str(Frame("f", "a.ts", 3)) == "f (a.ts:3)"


@pytest.mark.parametrize(
    ("absolute", "relative", "root"),
    [
        ("/home/ci/repo/tests/a.ts", "tests/a.ts", "/home/ci/repo/"),
        ("/home/ci/repo/tests/a.ts", "/tests/a.ts", "/home/ci/repo/"),
        ("/a.ts", "a.ts", "/"),
        ("tests/a.ts", "tests/a.ts", ""),
        ("/home/ci/repo/mytests/a.ts", "tests/a.ts", ""),
        ("/home/ci/repo/b.ts", "tests/a.ts", ""),
        ("/home/ci/repo/a.ts", "", ""),
        ("", "a.ts", ""),
        ("", "", ""),
        ("a", "/home/ci/a", ""),
    ],
)
def test_the_folder_of_the_checkout_is_what_precedes_the_path(
    absolute: str, relative: str, root: str
) -> None:
    assert checkout_root(absolute, relative) == root


names = st.text(st.characters(exclude_characters="/\\", exclude_categories=["Cs"]), min_size=1)


@given(folder=st.lists(names).map("/".join), relative=st.lists(names, min_size=1).map("/".join))
def test_the_folder_and_the_path_together_are_the_whole_path(folder: str, relative: str) -> None:
    root = checkout_root(f"/{folder}/{relative}", relative)
    assert root == f"/{folder}/"


PIECES = [
    *["at ", "async ", "new ", "f", " ", "(", ")", ":", "1", ":12:3", "/repo/a.ts", "@", "<", "\n"],
    *["webpack:///./", "file://", "node_modules/", "node:", "C:\\", "\\", "./", "..", "9" * 30],
]


@given(
    stack=st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(),
    root=st.sampled_from(["", "/", "/repo/"]),
)
@example(stack="at f (a.ts:" + "9" * 5000 + ":1)", root="")
@example(stack="at " + "f " * 5000 + "(", root="")
def test_the_head_of_any_stack_is_short_with_one_frame_a_line(stack: str, root: str) -> None:
    found = read_stack(stack, root)
    lines = found.head.split("\n") if found.head else []
    assert len(lines) <= 6
    assert all(line.startswith("at ") for line in lines)
    assert found.top is None or found.head.startswith(f"at {found.top}")
    assert found.top is None or found.top.line >= 0
