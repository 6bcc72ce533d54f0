"""Scores of grouping by cause on small labelled sets: `python tests/case_scores.py [FOLDER]`.

A set is a file as tests/cases/README.md describes it. `--show` prints each mistake.
"""

import sys
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from runs_mcp.model import ErrorText
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.mapping import failed_executions
from runs_mcp.providers.currents.mapping import instances
from runs_mcp.providers.currents.wire.instances import WireInstance
from runs_mcp.triage.fingerprint.causes import Cause, causes_of

CASES: Final = Path(__file__).parent / "cases"


class SentFailure(msgspec.Struct, frozen=True):
    """A labelled failure as the API would send it."""

    id: str
    cause: str
    kind: str | None
    provider: str
    framework: str
    spec: str = ""
    test: msgspec.Raw = msgspec.Raw()
    exception: str | None = None
    execution: msgspec.Raw = msgspec.Raw()


class SentSet(msgspec.Struct, frozen=True):
    """A file of labelled failures."""

    kind: str
    name: str
    failures: list[SentFailure]


class CaseSet(NamedTuple):
    """The failures of a set, with their labels."""

    name: str
    failures: list[SentFailure]
    texts: list[ErrorText]

    def mistakes(self, causes: list[Cause]) -> Iterator[str]:
        """Yields a line for each pair wrongly together or apart, and for each wrong kind."""
        for (a, one), (b, other) in combinations(zip(self.failures, causes, strict=True), 2):
            if _is_one_run(a, b) and (a.cause == b.cause) != (one.fingerprint == other.fingerprint):
                what = "apart" if a.cause == b.cause else "together"
                yield f"{a.id} and {b.id} are {what}: {one.cause[:150]} | {other.cause[:150]}"
        for failure, cause in zip(self.failures, causes, strict=True):
            if failure.kind and failure.kind != cause.kind:
                yield f"{failure.id} is {cause.kind}, not {failure.kind}: {cause.cause[:150]}"


class Totals(NamedTuple):
    """What all sets of a folder score."""

    both: int
    extra: int
    lost: int
    right_sets: int
    sets: int
    right_kinds: int
    kinds: int

    def __str__(self) -> str:
        precision = self.both / (self.both + self.extra) if self.both + self.extra else 1
        recall = self.both / (self.both + self.lost) if self.both + self.lost else 1
        return (
            f"P {precision:.3f} R {recall:.3f}, {self.right_sets} of {self.sets} sets right, "
            f"kinds {self.right_kinds} of {self.kinds}"
        )


def case_sets(folder: Path = CASES) -> list[CaseSet]:
    """Returns the sets in the files of a folder."""
    sets = []
    for path in sorted(folder.glob("*.json")):
        sent = msgspec.json.decode(path.read_bytes(), type=SentSet)
        texts = [_text_of(failure) for failure in sent.failures]
        sets.append(CaseSet(path.stem, sent.failures, texts))
    return sets


def totals(sets: Iterable[CaseSet]) -> Totals:
    """Returns the scores of grouping these sets by cause."""
    counts = [0] * 7
    for each in sets:
        causes = causes_of(each.texts)
        wrong = 0
        for (a, one), (b, other) in combinations(zip(each.failures, causes, strict=True), 2):
            if _is_one_run(a, b):
                same, together = a.cause == b.cause, one.fingerprint == other.fingerprint
                counts[0] += same and together
                counts[1] += together and not same
                counts[2] += same and not together
                wrong += same != together
        counts[3] += not wrong
        counts[4] += 1
        for failure, cause in zip(each.failures, causes, strict=True):
            counts[5] += failure.kind is not None and failure.kind == cause.kind
            counts[6] += failure.kind is not None
    return Totals(*counts)


def _is_one_run(a: SentFailure, b: SentFailure) -> bool:
    return (a.provider, a.framework) == (b.provider, b.framework)


def _text_of(sent: SentFailure) -> ErrorText:
    if sent.execution:
        execution = msgspec.json.decode(sent.execution, type=wire.WireFailedExecution)
        return failed_executions.failed_execution(execution, "acme").text
    if sent.exception is not None:
        return ErrorText(message=sent.exception, spec=sent.spec)
    raw = b'{"spec":%s,"results":{"tests":[%s]}}' % (
        msgspec.json.encode(sent.spec),
        bytes(sent.test),
    )
    instance = msgspec.json.decode(raw, type=WireInstance)
    return instances.full_instance(instance, 0).tests[0].text


def main() -> None:
    """Prints the scores."""
    folders = [Path(arg) for arg in sys.argv[1:] if not arg.startswith("--")] or [CASES]
    for folder in folders:
        sets = case_sets(folder)
        if "--show" in sys.argv:
            for each in sets:
                if lines := list(each.mistakes(causes_of(each.texts))):
                    sys.stdout.write("\n    ".join([each.name, *lines]) + "\n")
        sys.stdout.write(f"{folder.name}: {totals(sets)}\n")


if __name__ == "__main__":
    main()
