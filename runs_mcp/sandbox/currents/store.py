"""The state of the Currents API: projects, runs and instances, and the effects of writes."""

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Protocol

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.sandbox.currents.records import Project, Run, Spec
from runs_mcp.sandbox.currents.reset_records import reset_instance
from runs_mcp.sandbox.currents.schema2_records import AnyInstance
from runs_mcp.sandbox.seeded import hex_id


class RunSource(Protocol):
    """A run's records, which are made when they are asked for."""

    @property
    def run_id(self) -> str:
        """The run's ID."""

    @property
    def project_id(self) -> str:
        """The ID of its project."""

    @property
    def run(self) -> Run:
        """The run as it was before any write."""

    def instance_ids(self) -> Iterable[str]:
        """The IDs of all specs, claimed or not."""

    def specs(self) -> Sequence[Spec]:
        """The specs as they were before any write."""

    def instance(self, instance_id: str) -> AnyInstance | None:
        """Returns the execution of a spec; None where it was never claimed."""


class StoredRun:
    """A run as it is now: its source, and what writes changed."""

    def __init__(self, source: RunSource) -> None:
        self.source = source
        self.version = 0
        """The number of writes so far."""
        self._changed: Run | None = None
        self._changed_specs: tuple[Spec, ...] | None = None
        self._to_run_again: frozenset[str] = frozenset()

    @property
    def run(self) -> Run:
        """The run without its specs."""
        return self._changed or self._original

    @cached_property
    def _original(self) -> Run:
        cursor = hex_id(f"cursor {self.source.run_id}", 24)
        return replace(self.source.run, cursor=cursor, specs=UNSET)

    def specs(self) -> tuple[Spec, ...]:
        """Returns the specs as they are now."""
        if self._changed_specs is not None:
            return self._changed_specs
        return tuple(self.source.specs())

    def instance(self, instance_id: str) -> AnyInstance | None:
        """Returns the execution of a spec as it is now: without results after a reset."""
        instance = self.source.instance(instance_id)
        if instance is None or instance_id not in self._to_run_again:
            return instance
        return reset_instance(instance)

    def change(self, run: Run) -> None:
        """Replaces the run, after a write."""
        self._changed = run
        self.version += 1

    def run_again(self, run: Run, specs: tuple[Spec, ...], instance_ids: frozenset[str]) -> None:
        """Replaces the run and its specs, after a reset of these instances."""
        self.change(run)
        self._changed_specs = specs
        self._to_run_again |= instance_ids


class Store:
    """All projects and runs; safe to use from several threads."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._projects: dict[str, Project] = {}
        self._runs: dict[str, StoredRun] = {}
        self._run_of_instance: dict[str, str] = {}
        self._not_indexed: list[RunSource] = []
        self._as_open_api: set[str] = set()

    def add_project(self, project: Project, *, cancels_as_open_api: bool = False) -> None:
        """Adds a project; its cancellations have the fields of the reference or of OpenAPI."""
        with self.lock:
            cursor = hex_id(f"cursor {project.project_id}", 24)
            self._projects[project.project_id] = replace(project, cursor=cursor)
            if cancels_as_open_api:
                self._as_open_api.add(project.project_id)

    def cancels_as_open_api(self, project_id: str) -> bool:
        """Whether the project's cancellations have the fields of the OpenAPI document."""
        return project_id in self._as_open_api

    def add_run(self, source: RunSource) -> None:
        """Adds a run.

        Raises:
            ValueError: There is a run with this ID, or there is no such project.
        """
        run_id, project_id = source.run_id, source.project_id
        with self.lock:
            if run_id in self._runs:
                raise ValueError(f"there is a run {run_id} already")
            if project_id not in self._projects:
                raise ValueError(f"there is no project {project_id}")
            self._runs[run_id] = StoredRun(source)
            self._not_indexed.append(source)

    def projects(self) -> list[Project]:
        """Returns all projects, newest first."""
        with self.lock:
            return sorted(self._projects.values(), key=lambda p: p.created_at, reverse=True)

    def project(self, project_id: str) -> Project | None:
        """Returns a project by its ID."""
        return self._projects.get(project_id)

    def runs(self, project_id: str | None = None) -> list[Run]:
        """Returns the runs of a project, or of all, without specs, newest first."""
        with self.lock:
            runs = [
                stored.run
                for stored in self._runs.values()
                if project_id in (None, stored.source.project_id)
            ]
        return sorted(runs, key=lambda run: datetime.fromisoformat(run.created_at), reverse=True)

    def run(self, run_id: str) -> StoredRun | None:
        """Returns a run by its ID."""
        return self._runs.get(run_id)

    def instance(self, instance_id: str) -> AnyInstance | None:
        """Returns an instance by its ID; None for a spec that was never claimed."""
        with self.lock:
            self._index_instances()
            run_id = self._run_of_instance.get(instance_id)
            return None if run_id is None else self._runs[run_id].instance(instance_id)

    def delete_run(self, run_id: str) -> None:
        """Deletes a run and its instances."""
        with self.lock:
            self._index_instances()
            for instance_id in self._runs.pop(run_id).source.instance_ids():
                del self._run_of_instance[instance_id]

    def _index_instances(self) -> None:
        for source in self._not_indexed:
            self._run_of_instance.update(dict.fromkeys(source.instance_ids(), source.run_id))
        self._not_indexed.clear()


class GivenRun:
    """A run whose records are given."""

    def __init__(self, run: Run, instances: Sequence[AnyInstance] = ()) -> None:
        self.run_id = run.run_id
        self.project_id = run.project_id
        self.run = run
        self._specs = () if run.specs is UNSET else run.specs
        self._instances = {instance.instance_id: instance for instance in instances}

    def instance_ids(self) -> Iterable[str]:
        """The IDs of the specs and of the instances."""
        return {*(spec.instance_id for spec in self._specs), *self._instances}

    def specs(self) -> Sequence[Spec]:
        """The specs of the run."""
        return self._specs

    def instance(self, instance_id: str) -> AnyInstance | None:
        """Returns an instance; None where it was not given."""
        return self._instances.get(instance_id)
