"""What each rule of grouping is worth: `python tests/rule_ablation.py`.

Scores the labelled failures with all rules, and again with each rule taken out. The corpus and
tests/cases were looked at while rules were made; of tests/planted, see its README. A rule that
helps only where it was made is fitted to words, and goes.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple
from unittest.mock import patch

from case_scores import CASES, CaseSet, case_sets, totals
from corpus_scores import corpus_runs, scores

from runs_mcp.error_text.thrown_errors import ThrownError
from runs_mcp.triage.fingerprint import assertion_evidence, browser_errors, causes, facts, thrown
from runs_mcp.triage.fingerprint.facts import Facts
from runs_mcp.triage.fingerprint.masking import masked
from runs_mcp.triage.fingerprint.timeouts import TimeLimit

PLANTED: Final = Path(__file__).parent / "planted" / "sets"
SECOND_AUTHOR: Final = PLANTED.parent / "second_author"


class Scores(NamedTuple):
    """How many pairs are wrongly together or apart, and how many kinds are wrong."""

    corpus: tuple[int, int]
    cases: tuple[int, int, int]
    planted: tuple[int, int, int]

    def __str__(self) -> str:
        return "  ".join(" ".join(f"{number:4}" for number in numbers) for numbers in self)


def main() -> None:
    """Prints the mistakes with all rules and without each."""
    sets = case_sets(CASES), [*case_sets(PLANTED), *case_sets(SECOND_AUTHOR)]
    whole = _scores(*sets)
    heading = f"{'':28}corpus     cases           planted"
    legend = f"{'':28}{'  +   -':10} {'  +   -  kinds':16}{'  +   -  kinds'}"
    sys.stdout.write(f"{heading}\n{legend}\n{'all rules':24}{whole}\n")
    for name, taken_out in _rules():
        with taken_out:
            without = _scores(*sets)
        worth = "" if without != whole else "  no difference"
        sys.stdout.write(f"{name:24}{without}{worth}\n")


def _scores(cases: list[CaseSet], planted: list[CaseSet]) -> Scores:
    frameworks = scores(corpus_runs().values()).values()
    counted = [totals(cases), totals(planted)]
    return Scores(
        (sum(each.extra for each in frameworks), sum(each.lost for each in frameworks)),
        *((each.extra, each.lost, each.kinds - each.right_kinds) for each in counted),
    )


def _rules() -> Iterator[tuple[str, AbstractContextManager[object]]]:
    """Yields the name of each rule, and what takes it out."""
    modules = (browser_errors, assertion_evidence, thrown)
    for module in modules:
        for number, rule in enumerate(module.RULES):
            others = (*module.RULES[:number], *module.RULES[number + 1 :])
            is_last_resort = module is not browser_errors and number == len(module.RULES) - 1
            if not is_last_resort:
                name = f"{module.__name__.rpartition('.')[2][:9]} {rule.__name__.strip('_')}"
                yield name, patch.object(module, "RULES", others)
    yield "time limits", patch.object(causes, "time_limit", _no_limit)
    yield "infrastructure", patch.object(causes, "infrastructure_trouble", _nothing)
    yield "connections", patch.object(causes, "broken_connection", _none)
    yield "nested in assertions", patch.object(causes, "nested_error", _nothing)
    yield "quoted by Cypress", patch.object(causes, "quoted_error", _nothing)
    yield "innermost cause", patch.object(causes, "telling_error", _outermost)
    yield "telling line", patch.object(causes, "telling_message", _first_line)
    yield "noise of runners", patch.object(facts, "is_noise", _never)


def _no_limit(_text: str) -> TimeLimit | None:
    return None


def _none(_text: str) -> None:
    return None


def _nothing(_text: str) -> str:
    return ""


def _never(_line: str) -> bool:
    return False


def _outermost(read: Facts) -> ThrownError:
    return read.errors[0]


def _first_line(error: ThrownError) -> str:
    return masked(error.message.partition("\n")[0])


if __name__ == "__main__":
    main()
