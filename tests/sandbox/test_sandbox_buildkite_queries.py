"""Which tests of a build the sandbox answers, and in which order."""

from collections.abc import Iterator

import httpx
import pytest
from buildkite_story_api import ANALYTICS, api_of, build_of, listed_tests
from story_api import NOW

from runs_mcp.sandbox import (
    NotableBuildkiteRun,
    Sandbox,
)

RUN = NotableBuildkiteRun


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


@pytest.mark.parametrize(
    ("tags", "some"),
    [
        ("test.framework.name:jest", "jest"),
        ("test.framework.name:!jest", "pytest"),
        ("language.name:py*", "pytest"),
        ("code.file.path:tests/tolls/*", "pytest"),
        ("scm.branch:feat/*,test.framework.name:rspec", "rspec"),
    ],
)
def test_tags_filter_the_executions(
    sandbox: Sandbox, api: httpx.Client, tags: str, some: str
) -> None:
    tests = listed_tests(api, build_of(sandbox, RUN.MANY_FAILURES), tags=tags)
    folders = {"pytest": "tests/", "rspec": "./spec/", "jest": "src/"}
    found = {
        name for name in folders for test in tests if test["file_name"].startswith(folders[name])
    }
    assert some in found
    assert len(found) == (2 if "!" in tags else 1)


def test_labels_owners_and_branch_filter_the_tests(sandbox: Sandbox, api: httpx.Client) -> None:
    build = build_of(sandbox, RUN.MANY_FAILURES)
    everything = len(listed_tests(api, build))
    flaky = listed_tests(api, build, labels="flaky")
    assert [test["labels"] for test in flaky] == [["flaky"]] * 3
    assert len(listed_tests(api, build, labels="!flaky")) == everything - 3
    web = listed_tests(api, build, owners="web")
    assert {test["file_name"][:4] for test in web} == {"src/"}
    assert len(listed_tests(api, build, owners="!web")) == everything - len(web)
    assert len(listed_tests(api, build, branch="feat/*")) == everything
    assert listed_tests(api, build, branch="!feat/fare-ledger") == []


def test_the_build_of_the_path_takes_precedence_over_tags(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    build = build_of(sandbox, RUN.MAIN)
    other = build_of(sandbox, RUN.PASSED)
    assert len(listed_tests(api, build, tags=f"build.id:{other},result:~failed")) == 1
    assert len(listed_tests(api, build.upper(), tags="result:~failed")) == 1


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    "sort_by", ["duration_avg", "duration_sum", "duration_min", "duration_max", "reliability"]
)
def test_tests_are_sorted_as_requested_with_null_last(
    sandbox: Sandbox, api: httpx.Client, sort_by: str, order: str
) -> None:
    build = build_of(sandbox, RUN.PARTLY_RECOVERED)
    values = [test[sort_by] for test in listed_tests(api, build, sort_by=sort_by, order=order)]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    assert known == sorted(known, reverse=order == "desc")
    assert len(set(known)) > 2


def test_the_slowest_tests_come_first_by_default(sandbox: Sandbox, api: httpx.Client) -> None:
    build = build_of(sandbox, RUN.MAIN)
    slowest = listed_tests(api, build, sort_by="duration_avg", order="desc")
    assert listed_tests(api, build) == slowest


@pytest.mark.parametrize(
    "query",
    [
        {"state": "broken"},
        {"sort_by": "failures"},
        {"order": "up"},
        {"tags": "failed"},
        {"tags": ":failed"},
        {"tags": "result:"},
        {"tags": "result:^"},
        {"tags": "result:^flaky"},
        {"tags": "result:^failed,result:~passed"},
        {"per_page": "101"},
    ],
    ids=str,
)
def test_a_bad_parameter_is_refused(
    sandbox: Sandbox, api: httpx.Client, query: dict[str, str]
) -> None:
    path = f"{ANALYTICS}/builds/{build_of(sandbox, RUN.MAIN)}/tests"
    answer = api.get(path, params=query)
    assert answer.status_code == 422
    assert list(answer.json()) == ["message"]
