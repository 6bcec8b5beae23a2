from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.data.goals import Goal
from forecaster.evaluation.sequence_metrics import number_scores
from forecaster.evaluation.sequence_scores import SequencePart


def test_scores_of_numbers_by_hand() -> None:
    true = np.array([[1.0], [3.0], [np.nan], [5.0]])
    found = number_scores(true, np.array([[1.0], [4.0], [9.0], [3.0]]))
    # errors 0, 1 and -2; the squares about the mean of 3 are 4, 0 and 4
    assert found == pytest.approx(
        {"mae": 1.0, "rmse": math.sqrt(5 / 3), "largest_error": 2.0, "r2": 1 - 5 / 8}
    )


def test_several_outputs_are_weighed_alike_whatever_their_unit() -> None:
    true = np.array([[0.0, 0.0], [2.0, 2000.0], [np.nan, 4000.0]])
    found = number_scores(true, np.array([[1.0, 0.0], [2.0, 2000.0], [7.0, 3000.0]]), ("small", "large"))
    assert found["r2_small"] == pytest.approx(0.5) and found["rmse_small"] == pytest.approx(math.sqrt(0.5))
    assert found["r2_large"] == pytest.approx(1 - 1e6 / 8e6)
    assert found["r2"] == pytest.approx((0.5 + 0.875) / 2)


def test_an_output_that_does_not_move_has_no_share_to_explain() -> None:
    true = np.array([[1.0, 0.0], [1.0, 2.0]])
    found = number_scores(true, true, ("still", "moving"))
    assert math.isnan(found["r2_still"]) and found["r2"] == 1.0
    assert math.isnan(number_scores(true[:, :1], true[:, :1])["r2"])


def test_several_outputs_are_decided_by_what_has_no_unit() -> None:
    one, two = Goal("outputs", ("y",)), Goal("outputs", ("y", "z"))
    scores = {"rmse": 2.0, "r2": 0.5}
    rivals = {"mean": {"rmse": 1.0, "r2": 0.0}, "linear": {"rmse": 3.0, "r2": 0.9}}
    assert SequencePart(one, 5, scores, rivals).beaten_by == ["mean"]
    assert SequencePart(two, 5, scores, rivals).beaten_by == ["linear"]
    assert SequencePart(two, 5, scores | {"r2": float("nan")}, rivals).deciding == "rmse"
