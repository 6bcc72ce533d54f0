"""Where runs are recorded."""

from runs_mcp.model.fields import Id, Text, Timestamp, Url
from runs_mcp.model.record import Record


class Project(Record, frozen=True, kw_only=True):
    """A project: where runs are recorded."""

    project_id: Id
    name: Text = ""
    created_at: Timestamp = ""
    default_branch: Text = ""


class Suite(Record, frozen=True, kw_only=True):
    """A test suite: where runs are recorded."""

    organization: Id
    suite: Id
    name: Text = ""
    default_branch: Text = ""
    url: Url = ""
