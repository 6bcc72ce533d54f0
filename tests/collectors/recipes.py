"""The packages and commands of each recording."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

BUILD: Final = "00000000-0000-4000-8000-00000000b11d"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One start of a framework; its uploads carry its name."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One recording: a collector in a framework, over the suite of that framework."""

    name: str
    collector: str
    framework: str
    suite: str
    language: Literal["python", "node"]
    environment: Mapping[str, str]
    runs: tuple[Run, ...]


# {base} is the address of the loopback server. The collectors read it from their own settings.
BUILDKITE: Final = {
    "BUILDKITE_ANALYTICS_TOKEN": "not-a-token",
    "BUILDKITE_ANALYTICS_API_URL": "{base}/v1",
    "BUILDKITE_ANALYTICS_BASE_URL": "{base}/v1/uploads",
    "BUILDKITE_BUILD_ID": BUILD,
    "BUILDKITE_BUILD_NUMBER": "7",
    "BUILDKITE_BUILD_URL": "https://buildkite.com/shop/web/builds/7",
    "BUILDKITE_BRANCH": "main",
    "BUILDKITE_COMMIT": "0123456789abcdef0123456789abcdef01234567",
    "BUILDKITE_JOB_ID": "00000000-0000-4000-8000-000000000j0b",
    "BUILDKITE_MESSAGE": "Sell tea",
}
CURRENTS: Final = {
    "CURRENTS_API_URL": "{base}",
    "CURRENTS_MACHINE_ID": "machine00001",
    "CURRENTS_RECORD_KEY": "not-a-key",
    "CURRENTS_PROJECT_ID": "shop01",
    "REPORTER": "currents",
}


def playwright_runs(*, rules: bool) -> tuple[Run, ...]:
    """Returns the runs of the Playwright suite, with the rules of Currents or without."""
    test = ("npx", "playwright", "test")
    api = (*test, "--project=api", *(["--project=rules"] if rules else []))
    halted = (*test, "--project=halted", "--workers=3", "--max-failures=1")
    return tuple(
        Run(name=name, command=command, environment={"BUILD_NAME": name})
        for name, command in {
            "suite": api,
            "set-up failed": (*test, "--project=after set-up"),
            "halted": halted,
            "bad import": (*test, "--project=bad", "bad-import"),
            "bad syntax": (*test, "--project=bad", "bad-syntax"),
        }.items()
    )


RECIPES: Final = (
    Recipe(
        name="buildkite-python-pytest",
        collector="buildkite-test-collector",
        framework="pytest",
        suite="pytest",
        language="python",
        environment={**BUILDKITE, "FORCE_COLOR": "", "NO_COLOR": ""},
        runs=(
            Run(
                name="suite",
                command=("pytest", "--continue-on-collection-errors", "tests"),
            ),
            Run(name="interrupted", command=("pytest", "interrupted")),
            Run(
                name="in colour",
                command=(
                    "pytest",
                    "--continue-on-collection-errors",
                    "tests/test_bad_import.py",
                    "tests/test_bad_syntax.py",
                    "tests/test_cart.py::test_assertion_on_structures",
                    "tests/test_cart.py::test_nested_cause",
                ),
                environment={"FORCE_COLOR": "1"},
            ),
        ),
    ),
    Recipe(
        name="buildkite-js-jest",
        collector="buildkite-test-collector",
        framework="jest",
        suite="jest",
        language="node",
        environment=BUILDKITE,
        runs=(
            Run(name="suite", command=("npx", "jest", "--runInBand", "--ci")),
            Run(
                name="without location",
                command=(
                    "npx",
                    "jest",
                    "--runInBand",
                    "--ci",
                    "--testLocationInResults=false",
                    "retried.test",
                ),
            ),
        ),
    ),
    Recipe(
        name="buildkite-js-vitest",
        collector="buildkite-test-collector",
        framework="vitest",
        suite="vitest",
        language="node",
        environment=BUILDKITE,
        runs=(
            Run(name="suite", command=("npx", "vitest", "run")),
            Run(
                name="without location",
                command=("npx", "vitest", "run", "retried.test"),
                environment={"WITHOUT_LOCATION": "1"},
            ),
        ),
    ),
    Recipe(
        name="buildkite-js-mocha",
        collector="buildkite-test-collector",
        framework="mocha",
        suite="mocha",
        language="node",
        environment=BUILDKITE,
        runs=(
            *(
                Run(
                    name=name,
                    command=(
                        "npx",
                        "mocha",
                        f"{folder}/*.spec.js",
                        "--reporter",
                        "mocha-multi-reporters",
                        "--reporter-options",
                        "configFile=reporters.json",
                    ),
                )
                for name, folder in (("suite", "test"), ("bad import", "bad"))
            ),
            Run(
                name="without a second reporter",
                command=(
                    "npx",
                    "mocha",
                    "alone/*.spec.js",
                    "--reporter",
                    "buildkite-test-collector/mocha/reporter",
                    "--reporter-option",
                    "token_name=BUILDKITE_ANALYTICS_TOKEN",
                ),
            ),
        ),
    ),
    Recipe(
        name="buildkite-js-jasmine",
        collector="buildkite-test-collector",
        framework="jasmine",
        suite="jasmine",
        language="node",
        environment=BUILDKITE,
        runs=(
            Run(name="suite", command=("npx", "jasmine", "spec/cart.spec.js")),
            Run(name="without stack", command=("npx", "jasmine", "spec/without-stack.spec.js")),
            Run(name="bad import", command=("npx", "jasmine", "bad/bad-import.spec.js")),
        ),
    ),
    Recipe(
        name="buildkite-js-playwright",
        collector="buildkite-test-collector",
        framework="@playwright/test",
        suite="playwright",
        language="node",
        environment={**BUILDKITE, "REPORTER": "buildkite"},
        runs=playwright_runs(rules=False),
    ),
    Recipe(
        name="currents-playwright",
        collector="@currents/playwright",
        framework="@playwright/test",
        suite="playwright",
        language="node",
        environment=CURRENTS,
        runs=playwright_runs(rules=True),
    ),
)
