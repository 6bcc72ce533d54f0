"""The state of the sandbox: projects, runs and instances, and what writes do to them."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.sandbox.currents.records import Project, Run, Spec
from runs_mcp.sandbox.currents.schema2_records import AnyInstance
from runs_mcp.sandbox.currents.unreported import unreported_instance
from runs_mcp.sandbox.identifiers import hex_id


class RunSource(Protocol):
    """Where a run's specs and instances come from, when somebody asks for them."""

    def instance_ids(self) -> Iterable[str]:
        """Of all specs, claimed or not."""

    def specs(self) -> Sequence[Spec]:
        """All specs, as they were before any write."""

    def instance(self, instance_id: str) -> AnyInstance | None:
        """One spec's execution; None where it was never claimed."""


@dataclass
class StoredRun:
    """A run without its specs, and where to get those."""

    run: Run
    source: RunSource
    version: int = 0
    """Counts the writes."""
    changed_specs: tuple[Spec, ...] | None = None
    to_run_again: frozenset[str] = frozenset()
    """The instances that a reset took the results of."""

    def specs(self) -> tuple[Spec, ...]:
        """All specs as they are now."""
        if self.changed_specs is not None:
            return self.changed_specs
        return tuple(self.source.specs())

    def instance(self, instance_id: str) -> AnyInstance | None:
        """One spec's execution as it is now: without results where it was reset."""
        instance = self.source.instance(instance_id)
        if instance is None or instance_id not in self.to_run_again:
            return instance
        return unreported_instance(instance)

    def change(self, run: Run) -> None:
        """What a write left behind of the run itself."""
        self.run = run
        self.version += 1

    def run_again(self, run: Run, specs: tuple[Spec, ...], instance_ids: frozenset[str]) -> None:
        """What a reset left behind."""
        self.change(run)
        self.changed_specs = specs
        self.to_run_again |= instance_ids


class Store:
    """All there is; safe to use from several threads."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._projects: dict[str, Project] = {}
        self._runs: dict[str, StoredRun] = {}
        self._run_of_instance: dict[str, str] = {}
        self._as_open_api: set[str] = set()

    def add_project(self, project: Project, *, tells_as_open_api: bool = False) -> None:
        """One more project; its cancellations are told in one of the two ways there are."""
        with self.lock:
            cursor = hex_id(f"cursor {project.project_id}", 24)
            self._projects[project.project_id] = replace(project, cursor=cursor)
            if tells_as_open_api:
                self._as_open_api.add(project.project_id)

    def tells_as_open_api(self, project_id: str) -> bool:
        """Whether the project's cancellations are told as the OpenAPI document says."""
        return project_id in self._as_open_api

    def add_run(self, run: Run, source: RunSource) -> None:
        """One more run, of a project there is."""
        with self.lock:
            if run.run_id in self._runs:
                raise ValueError(f"there is a run {run.run_id} already")
            if run.project_id not in self._projects:
                raise ValueError(f"there is no project {run.project_id}")
            cursor = hex_id(f"cursor {run.run_id}", 24)
            self._runs[run.run_id] = StoredRun(replace(run, cursor=cursor, specs=UNSET), source)
            self._run_of_instance.update(dict.fromkeys(source.instance_ids(), run.run_id))

    def projects(self) -> list[Project]:
        """All projects, newest first."""
        with self.lock:
            return sorted(self._projects.values(), key=lambda p: p.created_at, reverse=True)

    def project(self, project_id: str) -> Project | None:
        """A project by its ID."""
        return self._projects.get(project_id)

    def runs(self, project_id: str | None = None) -> list[Run]:
        """The runs of a project, or of all, without specs, newest first."""
        with self.lock:
            runs = [
                stored.run
                for stored in self._runs.values()
                if project_id in (None, stored.run.project_id)
            ]
        return sorted(runs, key=lambda run: datetime.fromisoformat(run.created_at), reverse=True)

    def run(self, run_id: str) -> StoredRun | None:
        """A run by its ID."""
        return self._runs.get(run_id)

    def instance(self, instance_id: str) -> AnyInstance | None:
        """An instance by its ID; None for a spec that was never claimed."""
        with self.lock:
            run_id = self._run_of_instance.get(instance_id)
            return None if run_id is None else self._runs[run_id].instance(instance_id)

    def delete_run(self, run_id: str) -> None:
        """Forget a run and its instances for good."""
        with self.lock:
            for instance_id in self._runs.pop(run_id).source.instance_ids():
                del self._run_of_instance[instance_id]


class GivenRun:
    """The source of a run that somebody brought along complete."""

    def __init__(self, run: Run, instances: Sequence[AnyInstance]) -> None:
        self._specs = () if run.specs is UNSET else run.specs
        self._instances = {instance.instance_id: instance for instance in instances}

    def instance_ids(self) -> Iterable[str]:
        """Of the specs and of the instances given."""
        return {*(spec.instance_id for spec in self._specs), *self._instances}

    def specs(self) -> Sequence[Spec]:
        """The specs given."""
        return self._specs

    def instance(self, instance_id: str) -> AnyInstance | None:
        """The instance given."""
        return self._instances.get(instance_id)
