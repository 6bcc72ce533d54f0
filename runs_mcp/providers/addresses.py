"""Addresses of what starts runs, as people paste them: builds, pull requests and commits."""

import re
from typing import Final, NamedTuple, TypeAlias

from runs_mcp.providers.pasted_links import link_path, unwrapped

_NUMBER: Final = re.compile(r"[0-9]{1,20}")
_NAME: Final = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.-]{1,100}")
_SHA_CHARS: Final = 40
_SHA: Final = re.compile(r"(?:commit\s+)?([0-9a-f]{7,40})", re.IGNORECASE)


class GithubRun(NamedTuple):
    """A run of a GitHub Actions workflow; without an attempt, any of its attempts."""

    repository: str
    run_id: str
    attempt: str = ""

    def __str__(self) -> str:
        attempt = f", attempt {self.attempt}" if self.attempt else ""
        return f"the GitHub Actions run {self.run_id} of {self.repository}{attempt}"


class PullRequest(NamedTuple):
    """A pull request, or a merge request of GitLab.

    Args:
        page: The address of its page, without a scheme.
        repository: The repository, as in that address.
        number: Its number.
    """

    page: str
    repository: str
    number: str

    def __str__(self) -> str:
        return f"the pull request {self.repository}#{self.number}"


class Commit(NamedTuple):
    """A commit, by 7 to 40 characters of its SHA, in lower case."""

    sha: str

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole SHA."""
        return len(self.sha) == _SHA_CHARS

    def __str__(self) -> str:
        return f"the commit {self.sha}"


class BuildkiteBuild(NamedTuple):
    """A build of a Buildkite pipeline."""

    organization: str
    pipeline: str
    number: str

    def __str__(self) -> str:
        return f"the Buildkite build {self.organization}/{self.pipeline} #{self.number}"


Address: TypeAlias = GithubRun | PullRequest | Commit | BuildkiteBuild


def address_in(text: str) -> Address | None:
    """Returns the address that a text is or ends with, or None.

    A host that only looks like one of these is another host.
    """
    return _on_github(text) or _on_gitlab(text) or _on_bitbucket(text) or _on_buildkite(text)


def commit_in(text: str) -> Commit | None:
    """Returns the commit that a text is the SHA of, at least its first 7 characters, or None.

    It may be in brackets or quotes, or after the word that `git log` puts before it.
    """
    sha = _SHA.fullmatch(unwrapped(text))
    return Commit(sha[1].lower()) if sha else None


def _on_github(text: str) -> Address | None:
    match _path(text, "github.com"):
        case [owner, name, "actions", "runs", run_id, *more] if _NUMBER.fullmatch(run_id):
            attempt = more[1] if more[:1] == ["attempts"] and len(more) > 1 else ""
            if attempt and not _NUMBER.fullmatch(attempt):
                return None
            return GithubRun(f"{owner}/{name}", run_id, attempt)
        case [_, _, "pull", _, "commits" | "changes", sha] if commit_in(sha):
            return commit_in(sha)
        case [owner, name, "pull", number, *_] if _NUMBER.fullmatch(number):
            repository = f"{owner}/{name}"
            return PullRequest(f"github.com/{repository}/pull/{number}", repository, number)
        case [_, _, "commit" | "commits", sha, *_]:
            return commit_in(sha)
        case _:
            return None


def _on_gitlab(text: str) -> Address | None:
    path = _path(text, "gitlab.com")
    # The names of groups nest; no part of a name is a lone dash.
    end = path.index("-") if "-" in path else 0
    repository = "/".join(path[:end])
    match path[end + 1 :]:
        case ["merge_requests", number, *_] if repository and _NUMBER.fullmatch(number):
            page = f"gitlab.com/{repository}/-/merge_requests/{number}"
            return PullRequest(page, repository, number)
        case ["commit" | "commits", sha, *_] if repository:
            return commit_in(sha)
        case _:
            return None


def _on_bitbucket(text: str) -> Address | None:
    match _path(text, "bitbucket.org"):
        case [owner, name, "pull-requests", number, *_] if _NUMBER.fullmatch(number):
            repository = f"{owner}/{name}"
            page = f"bitbucket.org/{repository}/pull-requests/{number}"
            return PullRequest(page, repository, number)
        case [_, _, "commits", sha, *_]:
            return commit_in(sha)
        case _:
            return None


def _on_buildkite(text: str) -> BuildkiteBuild | None:
    match _path(text, "buildkite.com"):
        case [organization, pipeline, "builds", number, *_] if _NUMBER.fullmatch(number):
            return BuildkiteBuild(organization, pipeline, number)
        case _:
            return None


def _path(text: str, host: str) -> list[str]:
    """Returns the segments of a link to a host; none if one of them can be no name."""
    segments = list(link_path(text, host) or ())
    while segments and not segments[-1]:
        segments.pop()
    return segments if all(map(_NAME.fullmatch, segments)) else []
