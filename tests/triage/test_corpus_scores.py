"""Grouping by cause keeps the scores it has reached on the labelled failures."""

import random
import re
from collections.abc import Callable
from typing import Final

import pytest
from corpus_scores import Run, corpus_runs, scores, wrong_novelty

from runs_mcp.error_text.stack_frames import frames_of
from runs_mcp.model import ErrorText

FRAMEWORKS: Final = sorted({run.framework for run in corpus_runs().values()})
# Words of frameworks and languages that also occur in titles, paths or names.
FRAMEWORK_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        "test tests spec specs test_ and the for not src app support expect object block levels "
        "top required initialize open fetch module anonymous extend auto exports error is in to of "
        "class self lines line order value property key index",
    )
)


def in_other_words(run: Run, seed: int) -> Run:
    """Returns the run as if of another product: with other words, and code on other lines."""
    texts = [
        part
        for failure in run.failures
        for part in (failure.test, failure.spec, *own_frames(failure))
    ]
    words = {word for text in texts for word in re.findall(r"[A-Za-z][a-z]{2,}", text)}
    words = {word for word in words if word.lower() not in FRAMEWORK_WORDS}
    chance = random.Random(seed)
    others = {
        word: "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(4))
        for word in sorted({word.lower() for word in words})
    }

    def other(found: re.Match[str]) -> str:
        if found[0] not in words:
            return found[0]
        word = others[found[0].lower()]
        return word.capitalize() if found[0][0].isupper() else word

    def reworded(text: str) -> str:
        text = re.sub(r"(?<!\\)[A-Za-z][a-z]+", other, text)
        return re.sub(r"(?<=\.(?:py|js|ts|rb)):([0-9]+)", lambda at: f":{int(at[1]) + seed}", text)

    return run._replace(failures=[_with_texts(failure, reworded) for failure in run.failures])


def own_frames(error: ErrorText) -> list[str]:
    return [str(frame) for frame in frames_of(error.stack) if frame.is_own]


def _with_texts(error: ErrorText, change: Callable[[str], str]) -> ErrorText:
    return error._replace(
        test=change(error.test),
        spec=change(error.spec),
        message=change(error.message),
        code_frame=change(error.code_frame),
        stack=change(error.stack),
    )


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_failures_are_in_one_group_if_they_have_one_cause_and_only_then(framework: str) -> None:
    score = scores(corpus_runs().values())[framework]
    assert score.precision >= 0.99
    assert score.recall >= 0.97


def test_no_known_cause_is_taken_for_new_and_no_new_one_for_known() -> None:
    assert wrong_novelty(corpus_runs()) == []


@pytest.mark.parametrize("seed", [1, 12, 123])
def test_the_words_and_lines_of_the_tested_product_hardly_matter(seed: int) -> None:
    runs = [in_other_words(run, seed) for run in corpus_runs().values()]
    for framework, score in scores(runs).items():
        assert score.precision >= 0.97, framework
        assert score.recall >= 0.95, framework
