from collections.abc import Callable

from answers.made_projects import projects
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runs_mcp.answers.encoding import encoded_size
from runs_mcp.answers.fitting import longest_page
from runs_mcp.answers.reports import ProjectList
from runs_mcp.model import Project


def first_of(rows: tuple[Project, ...]) -> Callable[[int], ProjectList]:
    return lambda count: ProjectList(projects=rows[:count])


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(["", "n" * 30, '"' * 30, "\U0001f600" * 60]), max_size=70),
    budget=st.integers(300, 5000),
)
@example(names=["n" * 30] * 16, budget=5000)
@example(names=["n" * 30] * 17, budget=5000)
@example(names=["n" * 30] * 64, budget=5000)
def test_no_longer_page_would_fit(names: list[str], budget: int) -> None:
    rows = tuple(Project(project_id=f"{n:03}", name=name) for n, name in enumerate(names))
    make = first_of(rows)
    page = longest_page(len(rows), make, budget)
    assert encoded_size(page) <= budget
    assert page == make(max(n for n in range(len(rows) + 1) if encoded_size(make(n)) <= budget))


def test_a_page_that_is_exactly_as_large_as_the_budget_is_shown() -> None:
    make = first_of(projects(5))
    assert longest_page(5, make, encoded_size(make(5))) == make(5)
    assert longest_page(5, make, encoded_size(make(5)) - 1) == make(4)


def test_nothing_to_show_is_an_empty_page() -> None:
    assert longest_page(0, first_of(()), 2000) == ProjectList(projects=())


def test_a_record_over_the_budget_comes_alone_with_its_texts_cut() -> None:
    rows = (
        Project(project_id="p" * 128, name="n" * 5000, default_branch="b" * 20),
        *projects(3),
    )
    page = longest_page(4, first_of(rows), 2000)
    (project,) = page.projects
    assert encoded_size(page) <= 2000
    assert project.project_id == "p" * 128
    assert project.name.startswith("nnn")
    assert project.name.endswith(" characters)")
    assert project.default_branch == "b" * 20
