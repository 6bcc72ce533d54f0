"""Links to what changed between two commits, where the repository's address is known."""

import re
from collections.abc import Callable, Mapping
from typing import Final

# https://host/owner/name.git, ssh://git@host:22/owner/name, git@host:owner/name; a password in the
# address is left out.
_REPOSITORY: Final = re.compile(
    r"(?:(?:https?|ssh|git)://)?(?:[^@/\s]{1,300}@)?(?P<host>[a-z0-9.-]{1,250})(?::[0-9]{1,5}(?=/))?"
    r"[:/]/?(?P<path>[\w.~-]{1,100}(?:/[\w.~-]{1,100}){1,10})",
    re.ASCII | re.IGNORECASE,
)
_COMMIT: Final = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)


def _on_github(repository: str, base: str, head: str) -> str:
    return f"{repository}/compare/{base}...{head}"


def _on_gitlab(repository: str, base: str, head: str) -> str:
    return f"{repository}/-/compare/{base}...{head}"


def _on_bitbucket(repository: str, base: str, head: str) -> str:
    return f"{repository}/branches/compare/{head}%0D{base}"


_LINKS: Final[Mapping[str, Callable[[str, str, str], str]]] = {
    "github": _on_github,
    "gitlab": _on_gitlab,
    "bitbucket": _on_bitbucket,
}


def compare_link(repository: str, base: str, head: str) -> str:
    """Returns the page that shows what changed from a commit to another; empty if not known.

    Args:
        repository: The address of the repository, as Git has it.
        base: The SHA of the older commit.
        head: The SHA of the newer one.
    """
    found = _REPOSITORY.fullmatch(repository.strip().rstrip("/").removesuffix(".git"))
    if found is None or not (_COMMIT.fullmatch(base) and _COMMIT.fullmatch(head)):
        return ""
    host = found["host"].lower()
    # A server of one's own is often github.<company> or gitlab.<company>; Bitbucket's own server
    # has other pages.
    name = "bitbucket" if host == "bitbucket.org" else host.partition(".")[0]
    link = _LINKS.get(name) if name != "bitbucket" or host == "bitbucket.org" else None
    return link(f"https://{host}/{found['path']}", base, head) if link else ""
