"""Projects, as rows of a list."""

from runs_mcp.model import Project


def projects(count: int, chars: int = 20) -> tuple[Project, ...]:
    return tuple(Project(project_id=f"{n:03}", name="n" * chars) for n in range(count))
