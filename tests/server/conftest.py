import pytest


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake person refuses at once, and is still taken for a person."""
    monkeypatch.setattr("runs_mcp.confirmation.question.READING_SECONDS", 0.0)
