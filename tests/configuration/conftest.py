"""Settings in tests: none come from this machine."""

import os

import pytest

from runs_mcp.settings import PREFIX


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in os.environ:
        if variable.upper().startswith((PREFIX, "CURRENTS_", "BUILDKITE_")):
            monkeypatch.delenv(variable)
