"""Scores of classes and numbers, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.evaluation.sequence_metrics import ClassTally, class_scores, number_scores

PROBS = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.25, 0.25, 0.5]])
TRUE = np.array([0, 1, 1, 2])


def test_scores_of_classes() -> None:
    scores = class_scores(TRUE, PROBS)
    assert scores["accuracy"] == 0.75
    # F1: of class 0 2/3 (precision 1/2, recall 1), of class 1 2/3 (1, 1/2), of class 2 1
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    log_loss = -np.log([0.7, 0.3, 0.8, 0.5]).mean()
    assert scores["log_loss"] == pytest.approx(log_loss)
    assert scores["perplexity"] == pytest.approx(np.exp(log_loss))
    assert "top_5" not in scores


def test_of_many_classes_the_likeliest_five_count() -> None:
    probs = np.tile(np.arange(10, 0, -1) / 55, (3, 1))
    assert class_scores(np.array([0, 4, 5]), probs)["top_5"] == pytest.approx(2 / 3)


def test_a_class_held_impossible_costs_much_and_not_infinity() -> None:
    assert class_scores(np.array([1]), np.array([[1.0, 0.0]]))["log_loss"] == pytest.approx(-np.log(1e-12))


def test_cases_that_come_in_parts_have_the_scores_of_all() -> None:
    tally = ClassTally(3)
    for part in (slice(0, 1), slice(1, 1), slice(1, 4)):
        tally.add(TRUE[part], PROBS[part])
    assert tally.scores() == pytest.approx(class_scores(TRUE, PROBS)) and tally.n_scored == 4
    # a row for each true class
    assert tally.confused is not None and tally.confused.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]


def test_the_confusion_of_very_many_classes_is_not_kept() -> None:
    assert ClassTally(100).confused is not None and ClassTally(101).confused is None


def test_missing_outputs_do_not_count() -> None:
    scores = number_scores(np.array([[1.0, np.nan], [3.0, 5.0]]), np.array([[2.0, 9.0], [3.0, 4.0]]))
    assert scores["mae"] == pytest.approx(2 / 3) and scores["largest_error"] == 1.0
    assert scores["r2"] == pytest.approx(0.5)  # of the first output; the second does not move
