"""The URLs in the records, which are the vendor's."""

BUILDKITE_ORGANIZATION = "skerry-lines"
"""The only organization."""
_API = "https://api.buildkite.com/v2/analytics/organizations"
_REST = "https://api.buildkite.com/v2/organizations"
_WEB = "https://buildkite.com/organizations"


def suite_url(suite: str) -> str:
    """Returns the URL of a suite in the API."""
    return f"{_API}/{BUILDKITE_ORGANIZATION}/suites/{suite}"


def suite_web_url(suite: str) -> str:
    """Returns the URL of a suite in the dashboard."""
    return f"{_WEB}/{BUILDKITE_ORGANIZATION}/analytics/suites/{suite}"


def run_url(suite: str, run_id: str) -> str:
    """Returns the URL of a run in the API."""
    return f"{suite_url(suite)}/runs/{run_id}"


def run_web_url(suite: str, run_id: str) -> str:
    """Returns the URL of a run in the dashboard."""
    return f"{suite_web_url(suite)}/runs/{run_id}"


def test_web_url(suite: str, test_id: str) -> str:
    """Returns the URL of a test in the dashboard."""
    return f"{suite_web_url(suite)}/tests/{test_id}"


def test_url(suite: str, test_id: str) -> str:
    """Returns the URL of a test in the API."""
    return f"{suite_url(suite)}/tests/{test_id}"


def pipeline_url(pipeline: str) -> str:
    """Returns the URL of a pipeline in the API."""
    return f"{_REST}/{BUILDKITE_ORGANIZATION}/pipelines/{pipeline}"


def pipeline_web_url(pipeline: str) -> str:
    """Returns the URL of a pipeline in the dashboard."""
    return f"https://buildkite.com/{BUILDKITE_ORGANIZATION}/{pipeline}"


def build_url(pipeline: str, number: int) -> str:
    """Returns the URL of a build in the API."""
    return f"{pipeline_url(pipeline)}/builds/{number}"


def build_web_url(pipeline: str, number: int) -> str:
    """Returns the URL of a build in the dashboard; a fragment names a job of it."""
    return f"{pipeline_web_url(pipeline)}/builds/{number}"
