"""Scores of grouping by cause on labelled failures: `python tests/corpus_scores.py`.

Prints pairwise precision, recall and F1 for each framework in tests/corpus, and the causes with
the wrong novelty. The README there says how the labels were made.
"""

import gzip
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from runs_mcp.model import ErrorText
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.mapping import failed_executions as mapping
from runs_mcp.providers.currents.mapping import instances as instance_mapping
from runs_mcp.providers.currents.wire.instances import WireInstance
from runs_mcp.triage.fingerprint.causes import Cause, causes_of

CORPUS: Final = Path(__file__).parent / "corpus"
Grouping = Callable[[Sequence[ErrorText]], list[Cause]]


class LabelledFailure(msgspec.Struct, frozen=True):
    """A failed test and its true cause."""

    id: str
    cause: str


class LabelledRun(msgspec.Struct, frozen=True):
    """All failed tests of one run."""

    framework: str
    failures: list[LabelledFailure]


class PairCauses(msgspec.Struct, frozen=True):
    """The causes of two runs: in both, in the head only, in the base only."""

    known: list[str]
    new: list[str]
    gone: list[str]


class Pair(msgspec.Struct, frozen=True):
    """Two runs to compare."""

    base: str
    head: str
    causes: PairCauses


class Labels(msgspec.Struct, frozen=True):
    """The labels of the corpus."""

    runs: dict[str, LabelledRun]
    pairs: list[Pair]


class _CurrentsCorpus(msgspec.Struct, frozen=True):
    instances: list[WireInstance]


class _BuildkiteCorpus(msgspec.Struct, frozen=True):
    failed_executions: dict[str, list[wire.WireFailedExecution]]


class Run(NamedTuple):
    """The failures of one run as the product reads them, and their true causes."""

    framework: str
    failures: list[ErrorText]
    causes: list[str]


class Score(NamedTuple):
    """Counts of pairs of failures.

    Args:
        both: In one group, and of one cause.
        extra: In one group, but of two causes.
        lost: Of one cause, but in two groups.
    """

    both: int = 0
    extra: int = 0
    lost: int = 0

    @property
    def precision(self) -> float:
        """The share of the pairs in one group that have one cause."""
        return self.both / (self.both + self.extra) if self.both + self.extra else 1.0

    @property
    def recall(self) -> float:
        """The share of the pairs of one cause that are in one group."""
        return self.both / (self.both + self.lost) if self.both + self.lost else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@cache
def labels() -> Labels:
    """Returns the labels of the corpus."""
    return msgspec.json.decode((CORPUS / "labels.json").read_bytes(), type=Labels)


@cache
def corpus_runs() -> dict[str, Run]:
    """Returns the labelled runs by reference."""
    failures = dict(_all_failures())
    return {
        reference: Run(
            run.framework,
            [failures[failure.id] for failure in run.failures],
            [failure.cause for failure in run.failures],
        )
        for reference, run in labels().runs.items()
    }


def _all_failures() -> Iterable[tuple[str, ErrorText]]:
    currents = msgspec.json.decode(_unpacked("currents.json.gz"), type=_CurrentsCorpus)
    for instance in currents.instances:
        results = instance.results
        for test in (results.tests or ()) if results else ():
            if results and test:
                alone = msgspec.structs.replace(results, tests=[test])
                sent = msgspec.structs.replace(instance, results=alone)
                for read in instance_mapping.full_instance(sent, 0).tests:
                    if read.failure:
                        yield f"{instance.instance_id}/{test.test_id}", read.text
    buildkite = msgspec.json.decode(_unpacked("buildkite.json.gz"), type=_BuildkiteCorpus)
    for executions in buildkite.failed_executions.values():
        for execution in executions:
            yield execution.execution_id or "", mapping.failed_execution(execution, "acme").text


def _unpacked(name: str) -> bytes:
    return gzip.decompress((CORPUS / name).read_bytes())


def scores(runs: Iterable[Run], grouping: Grouping = causes_of) -> dict[str, Score]:
    """Returns the score of each framework."""
    pairs: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for run in runs:
        fingerprints = [cause.fingerprint for cause in grouping(run.failures)]
        for (cause, fingerprint), (other_cause, other_fingerprint) in combinations(
            zip(run.causes, fingerprints, strict=True), 2
        ):
            in_one_group, of_one_cause = fingerprint == other_fingerprint, cause == other_cause
            pairs[run.framework][0] += in_one_group and of_one_cause
            pairs[run.framework][1] += in_one_group and not of_one_cause
            pairs[run.framework][2] += of_one_cause and not in_one_group
    return {framework: Score(*counts) for framework, counts in pairs.items()}


def wrong_novelty(runs: dict[str, Run], grouping: Grouping = causes_of) -> list[str]:
    """Returns the causes of heads that are taken for known and are new, or vice versa."""
    wrong = set()
    for pair in labels().pairs:
        base = {cause.fingerprint for cause in grouping(runs[pair.base].failures)}
        head = runs[pair.head]
        for label, cause in zip(head.causes, grouping(head.failures), strict=True):
            if (cause.fingerprint in base) != (label in pair.causes.known):
                wrong.add(f"{pair.head}: {label}")
    return sorted(wrong)


def main() -> None:
    """Prints the scores."""
    runs = corpus_runs()
    lines = [f"{'framework':12}{'precision':>10}{'recall':>8}{'F1':>8}"]
    lines += [
        f"{framework:12}{score.precision:>10.3f}{score.recall:>8.3f}{score.f1:>8.3f}"
        for framework, score in sorted(scores(runs.values()).items())
    ]
    lines += [f"novelty is wrong: {cause}" for cause in wrong_novelty(runs)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
