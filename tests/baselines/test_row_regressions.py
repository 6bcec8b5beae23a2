from __future__ import annotations

import numpy as np
import pytest

from forecaster.baselines.per_mark import PerMark
from forecaster.baselines.row_regressions import Linear, RowLogistic
from forecaster.baselines.sequence_choose import sequence_baselines
from forecaster.data.goals import Goal
from forecaster.data.panel import Clock, Panel
from forecaster.windows.windows import Span


def panel_of(
    values: np.ndarray, goal: Goal, marks: np.ndarray | None = None, cuts: tuple[int, ...] = ()
) -> Panel:
    offsets = np.array([0, *cuts, len(values)])
    return Panel(
        kind="sequences",
        values=values,
        offsets=offsets,
        times=np.arange(len(values)),
        ids=np.array([f"s{number}" for number in range(len(offsets) - 1)], dtype=object),
        channels=tuple(f"x{number}" for number in range(values.shape[1])),
        target=0,
        clock=Clock("integer", 1, None, 1.0),
        marks=marks,
        mark_names=() if marks is None else ("a", "b", "c"),
        goal=goal,
    )


def first(n_rows: int) -> Span:
    return Span(np.array([0]), np.array([n_rows]))


def test_linear_finds_the_weights_of_the_last_rows() -> None:
    x = np.random.default_rng(0).normal(size=(300, 2))
    before = np.vstack([np.zeros((1, 2)), x[:-1]])
    y = np.column_stack([3 * x[:, 0] - before[:, 1] + 7, 100 * before[:, 0]])
    y[0] = np.nan  # no row comes before it
    panel = panel_of(x, Goal("outputs", ("y", "z"), values=y))
    assert panel.goal is not None
    fitted = Linear().fit(panel, panel.goal, first(200))
    found = fitted.predict(panel, np.arange(200, 300))
    assert np.allclose(found, y[200:], atol=0.02)


def test_linear_does_not_look_at_later_rows_nor_at_other_series() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(120, 1))
    y = np.convolve(x[:, 0], np.ones(4))[:120, None]
    panel = panel_of(x, Goal("outputs", ("y",), values=y), cuts=(100,))
    assert panel.goal is not None
    fitted = Linear().fit(panel, panel.goal, Span(np.array([0, 100]), np.array([100, 100])))
    before = fitted.predict(panel, np.arange(100, 110))
    panel.values[:100], panel.values[110:] = 50.0, -50.0
    assert np.array_equal(fitted.predict(panel, np.arange(100, 110)), before)


def test_linear_passes_over_missing_values() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(60, 1)), rng.normal(size=(60, 1))
    x[::7], y[::5] = np.nan, np.nan
    panel = panel_of(x, Goal("outputs", ("y",), values=y))
    assert panel.goal is not None
    assert np.isfinite(Linear().fit(panel, panel.goal, first(50)).predict(panel, np.arange(60))).all()


def test_logistic_sees_the_rows_on_both_sides() -> None:
    x = np.random.default_rng(3).normal(size=(600, 1))
    tags = (np.r_[x[2:, 0], 0, 0] > 0).astype(np.int64)  # that of a row two rows on
    panel = panel_of(x, Goal("tags", ("n", "p", "never"), "tag", tags))
    assert panel.goal is not None
    probs = RowLogistic().fit(panel, panel.goal, first(400)).predict(panel, np.arange(400, 598))
    assert probs.shape == (198, 3) and probs.sum(axis=1) == pytest.approx(np.ones(198))
    assert (probs.argmax(axis=1) == tags[400:598]).mean() > 0.95


def test_the_tag_of_a_mark_is_its_most_frequent_one_in_training() -> None:
    marks = np.array([0, 0, 0, 1, 1, -1, -1, 0, 1, 2, -1])
    tags = np.array([0, 0, 1, 1, 1, 2, 2, 1, 0, 0, 0])
    panel = panel_of(np.zeros((11, 0)), Goal("tags", ("n", "v", "x"), "tag", tags), marks)
    assert panel.goal is not None
    probs = PerMark().fit(panel, panel.goal, first(7)).predict(panel, np.arange(7, 11))
    assert probs.argmax(axis=1)[[0, 1, 3]].tolist() == [0, 1, 2]
    # of 7 rows 2, 3 and 2 have the tags; those of mark a, and one row more of that mix
    overall = (np.array([2, 3, 2]) + 1 / 3) / 8
    assert probs[0].tolist() == pytest.approx(((np.array([2, 1, 0]) + overall) / 4).tolist())
    assert probs[2].tolist() == pytest.approx(overall.tolist())  # mark c was never seen


def test_the_outputs_of_a_mark_are_their_mean_in_training() -> None:
    marks = np.array([0, 0, 1, 1, 2])
    numbers = np.array([[2.0], [4.0], [np.nan], [12.0], [0.0]])
    panel = panel_of(np.zeros((5, 0)), Goal("outputs", ("y",), values=numbers), marks)
    assert panel.goal is not None
    found = PerMark().fit(panel, panel.goal, first(4)).predict(panel, np.array([0, 2, 4]))
    assert found[:, 0].tolist() == pytest.approx([(2 + 4 + 6) / 3, (12 + 6) / 2, 6])


def test_rows_are_scored_beside_what_their_inputs_allow() -> None:
    def names(goal: Goal, marks: np.ndarray | None, n_channels: int = 1) -> list[str]:
        panel = panel_of(np.zeros((2, n_channels)), goal, marks)
        return [one.name for one in sequence_baselines(panel, goal)]

    codes = np.zeros(2, dtype=np.int64)
    assert names(Goal("outputs", ("y",), values=np.zeros((2, 1))), None) == ["mean", "linear"]
    assert names(Goal("outputs", ("y",), values=np.zeros((2, 1))), codes) == ["mean", "per_mark", "linear"]
    assert names(Goal("tags", ("a",), "t", codes), codes, 0) == ["frequencies", "per_mark"]
    assert names(Goal("tags", ("a",), "t", codes), None) == ["frequencies", "logistic"]
