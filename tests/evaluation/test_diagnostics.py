from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.distributions import Normal, PointMass
from forecaster.evaluation.diagnostics import MOST_PAIRS, Diagnostics, diagnose
from forecaster.evaluation.metrics import ScoringContext, score
from forecaster.evaluation.report import without_rows
from forecaster.evaluation.waiting import Waiting

Y = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]])
EVERYTHING = np.ones(Y.shape, dtype=bool)


def test_pairs_are_the_known_values_in_the_order_of_the_windows() -> None:
    found = diagnose(
        PointMass(np.array([[1.5, 2.0], [2.0, 9.0], [7.0, 5.0]])), Y, EVERYTHING, ScoringContext()
    )
    assert found.step.tolist() == [1, 2, 1, 1, 2]
    assert found.actual.tolist() == [1, 2, 3, 5, 6]
    assert found.forecast.tolist() == [1.5, 2, 2, 7, 5]
    assert found.confusion is None


def test_residuals_are_what_came_less_the_forecast() -> None:
    tree = Diagnostics(np.array([1, 1, 1]), np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 2.0])).to_json()
    assert tree["pairs"] == {"step": [1, 1, 1], "actual": [1.0, 2.0, 6.0], "forecast": [2.0, 2.0, 2.0]}
    assert tree["residuals"]["n"] == 3 and tree["residuals"]["mean"] == 1.0
    at = dict(zip(tree["residuals"]["levels"], tree["residuals"]["quantiles"], strict=True))
    assert at[0.5] == 0.0 and at[0.25] == -0.5 and at[0.75] == 2.0  # of -1, 0 and 4
    assert "confusion" not in tree


def test_a_part_without_known_values_has_no_diagnostics() -> None:
    nothing = np.full((2, 1), np.nan)
    assert (
        diagnose(PointMass(np.zeros((2, 1))), nothing, np.ones((2, 1), bool), ScoringContext()).to_json()
        == {}
    )


def test_many_values_are_thinned_evenly_from_first_to_last() -> None:
    y = np.arange(2.0 * MOST_PAIRS).reshape(-1, 1)
    found = diagnose(PointMass(y), y, np.ones(y.shape, dtype=bool), ScoringContext())
    assert len(found.actual) == MOST_PAIRS
    assert found.actual[0] == 0 and found.actual[-1] == 2 * MOST_PAIRS - 1
    assert set(np.diff(found.actual)) <= {2.0, 3.0}


def test_confusion_counts_the_bin_that_came_by_the_likeliest_one() -> None:
    center = np.array([[0.5], [1.5], [1.5], [0.5]])
    y = np.array([[0.2], [1.2], [0.9], [7.0]])
    context = ScoringContext(bin_edges=np.array([0.0, 1.0, 2.0]))
    normal = Normal(center, np.full(center.shape, 0.1))
    found = diagnose(normal, y, np.ones(y.shape, dtype=bool), context)
    assert found.confusion is not None
    assert found.confusion.tolist() == [[1, 1], [1, 1]]  # 7.0 lies in the open upper bin
    accuracy = score(normal, y, np.ones(y.shape, dtype=bool), context).overall["accuracy"]
    assert np.trace(found.confusion) / found.confusion.sum() == accuracy == 0.5


def test_bins_of_each_window_are_compared_by_their_number() -> None:
    y = np.array([[0.5], [50.0]])
    edges = np.array([[[0.0, 1.0, 2.0]], [[0.0, 10.0, 100.0]]])
    found = diagnose(Normal(y, y / 100), y, np.ones(y.shape, dtype=bool), ScoringContext(bin_edges=edges))
    assert found.confusion is not None and found.confusion.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("n_bins", [1, 51])
def test_one_bin_and_very_many_have_no_confusion(n_bins: int) -> None:
    context = ScoringContext(bin_edges=np.arange(n_bins + 1.0))
    assert diagnose(PointMass(Y), Y, EVERYTHING, context).confusion is None


def test_open_intervals_are_left_out_and_what_was_waited_is_known() -> None:
    y = np.array([[2.0], [30.0], [40.0]])
    waiting = Waiting(
        censored=np.array([[False], [True], [False]]),
        elapsed=np.array([[-np.inf], [-np.inf], [20.0]]),
        until=np.full((3, 1), np.inf),
        begin=np.zeros((3, 1)),
        limit=100.0,
        reach=100.0,
    )
    context = replace(ScoringContext(bin_edges=np.array([0.0, 10.0, 20.0, 100.0])), waiting=waiting)
    normal = Normal(np.full((3, 1), 5.0), np.full((3, 1), 4.0))
    found = diagnose(normal, y, np.ones(y.shape, dtype=bool), context)
    assert found.actual.tolist() == [2, 40]
    assert found.forecast[0] == pytest.approx(5.0) and found.forecast[1] > 20
    assert found.confusion is not None
    assert found.confusion.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_a_report_without_rows_has_no_values_of_the_data() -> None:
    report = {"seed": 1, "scores": {"test": {"pairs": {"actual": [1.0]}, "residuals": {"n": 1}}}}
    assert without_rows(report) == {"seed": 1, "scores": {"test": {"residuals": {"n": 1}}}}
    assert "pairs" in report["scores"]["test"]
