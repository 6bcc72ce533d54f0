"""The URLs that the records carry: the vendor's, wherever the sandbox serves."""

BUILDKITE_ORGANIZATION = "skerry-lines"
"""The only organization there is."""
_API = "https://api.buildkite.com/v2/analytics/organizations"
_REST = "https://api.buildkite.com/v2/organizations"
_WEB = "https://buildkite.com/organizations"


def suite_url(suite: str) -> str:
    """A suite in the API."""
    return f"{_API}/{BUILDKITE_ORGANIZATION}/suites/{suite}"


def suite_web_url(suite: str) -> str:
    """A suite in the dashboard."""
    return f"{_WEB}/{BUILDKITE_ORGANIZATION}/analytics/suites/{suite}"


def run_url(suite: str, run_id: str) -> str:
    """A run in the API."""
    return f"{suite_url(suite)}/runs/{run_id}"


def run_web_url(suite: str, run_id: str) -> str:
    """A run in the dashboard."""
    return f"{suite_web_url(suite)}/runs/{run_id}"


def test_web_url(suite: str, test_id: str) -> str:
    """A test in the dashboard."""
    return f"{suite_web_url(suite)}/tests/{test_id}"


def test_url(suite: str, test_id: str) -> str:
    """A test in the API."""
    return f"{suite_url(suite)}/tests/{test_id}"


def pipeline_url(pipeline: str) -> str:
    """A pipeline in the API."""
    return f"{_REST}/{BUILDKITE_ORGANIZATION}/pipelines/{pipeline}"


def pipeline_web_url(pipeline: str) -> str:
    """A pipeline in the dashboard."""
    return f"https://buildkite.com/{BUILDKITE_ORGANIZATION}/{pipeline}"


def build_url(pipeline: str, number: int) -> str:
    """A build in the API."""
    return f"{pipeline_url(pipeline)}/builds/{number}"


def build_web_url(pipeline: str, number: int) -> str:
    """A build in the dashboard; a job of it is behind a #."""
    return f"{pipeline_web_url(pipeline)}/builds/{number}"
