"""Baselines of labels: nearest sequences and a linear model, on cases worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from forecaster.baselines.label_vectors import count_marks, fit_scale, unscaled
from forecaster.baselines.logistic import Logistic
from forecaster.baselines.nearest import Nearest, has_warping
from forecaster.baselines.sequence_choose import affordable, label_baselines
from forecaster.data.goals import Goal
from forecaster.data.panel import Clock, Panel
from forecaster.errors import ConfigError
from forecaster.windows.windows import Span


def panel_of(series: Sequence[Sequence[float]], labels: Sequence[int]) -> Panel:
    """Series of one channel with labels."""
    lengths = [len(one) for one in series]
    return Panel(
        kind="sequences",
        values=np.concatenate([np.asarray(one, dtype=np.float64) for one in series])[:, None],
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        times=np.concatenate([np.arange(length) for length in lengths]),
        ids=np.array([str(one) for one in range(len(series))], dtype=object),
        channels=("x",),
        target=0,
        clock=Clock("integer", 1, None, 1.0),
        source="data.csv",
        goal=Goal("label", ("low", "high"), "label", np.array(labels)),
    )


def first(panel: Panel, n_train: int) -> Span:
    """The rows of the first series."""
    used = np.arange(panel.n_series) < n_train
    return Span(panel.offsets[:-1], np.where(used, panel.offsets[1:], panel.offsets[:-1]))


def goal_of(panel: Panel) -> Goal:
    assert panel.goal is not None
    return panel.goal


PAIRS = panel_of([[0, 0, 0], [1, 1, 1], [9, 9, 9], [8, 8, 8], [2, 2, 2], [7, 7, 7]], [0, 0, 1, 1, 0, 1])


def test_shorter_and_longer_sequences_are_stretched_to_the_longest_of_training() -> None:
    panel = panel_of([[0.0, 1.0, 2.0], [0.0, 2.0], [0.0, 0.5, 1.0, 1.5, 2.0], [4.0]], [0, 0, 1, 1])
    scale = unscaled(fit_scale(panel, first(panel, 2)))
    assert scale.n_steps == 3
    vectors = scale.vectors(panel, np.arange(4)) + 1.0  # the mean of 0 1 2 0 2
    np.testing.assert_allclose(vectors, [[0, 1, 2], [0, 1, 2], [0, 1, 2], [4, 4, 4]])


def test_scales_are_those_of_training_rows() -> None:
    panel = panel_of([[0.0, 2.0], [1000.0, 2000.0]], [0, 1])
    scale = fit_scale(panel, first(panel, 1))
    assert (scale.shift[0], scale.scale[0]) == (1.0, 1.0)


def test_nearest_has_the_label_of_the_nearest_and_is_as_sure_as_it_was_right_in_training() -> None:
    fitted = Nearest("euclidean").fit(PAIRS, goal_of(PAIRS), first(PAIRS, 4))
    probs = fitted.predict(PAIRS, np.array([4, 5]))
    np.testing.assert_allclose(probs, [[5 / 6, 1 / 6], [1 / 6, 5 / 6]])  # 4 of 4 right: (4 + 1) / (4 + 2)


def test_nearest_neighbours_in_training_are_others() -> None:
    alone = panel_of([[0.0, 0.0], [1.0, 1.0]], [0, 1])
    assert Nearest("euclidean").fit(alone, goal_of(alone), first(alone, 2)).sure == 0.25  # none right


def test_warping_finds_a_shape_wherever_it_is() -> None:
    pytest.importorskip("aeon")
    early, late, flat = [0, 5, 0, 0, 0, 0], [0, 0, 0, 0, 5, 0], [0, 1, 1, 1, 1, 0]
    panel = panel_of([early, flat, late], [1, 0, 1])
    found = {
        name: Nearest(name).fit(panel, goal_of(panel), first(panel, 2)).nearest(panel, np.array([2]))[0]
        for name in ("euclidean", "dtw")
    }
    assert found == {"euclidean": 1, "dtw": 0}


def test_a_linear_model_separates_what_a_line_separates() -> None:
    fitted = Logistic().fit(PAIRS, goal_of(PAIRS), first(PAIRS, 4))
    probs = fitted.predict(PAIRS, np.array([4, 5]))
    assert probs[0, 0] > 0.7 and probs[1, 1] > 0.7
    np.testing.assert_allclose(probs.sum(axis=1), 1)


def test_a_linear_model_counts_symbols() -> None:
    panel = panel_of([[0, 0], [0, 0, 0]], [0, 1])
    panel = Panel(
        **{name: getattr(panel, name) for name in panel.__dataclass_fields__}
        | {"values": np.empty((5, 0)), "channels": (), "marks": np.array([1, 1, 0, -1, 1])}
        | {"mark_names": ("a", "b", "c")}
    )
    np.testing.assert_array_equal(count_marks(panel, np.arange(2), 3), [[0, 2, 0], [1, 1, 0]])
    fitted = Logistic().fit(panel, goal_of(panel), first(panel, 2))
    probs = fitted.predict(panel, np.arange(2))
    assert probs[0, 0] > 0.5 and probs[1, 1] > 0.5


def test_a_training_part_of_one_label_forecasts_it() -> None:
    fitted = Logistic().fit(PAIRS, goal_of(PAIRS), first(PAIRS, 2))
    np.testing.assert_array_equal(fitted.predict(PAIRS, np.array([5])), [[1, 0]])


def test_what_would_take_minutes_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    baselines = label_baselines(PAIRS, "fast")
    assert [one.name for one in baselines] == ["majority", "logistic", "1nn_euclidean"]
    part = (PAIRS, goal_of(PAIRS), first(PAIRS, 4), 2)
    assert list(affordable(baselines, *part)) == list(baselines)
    monkeypatch.setattr("forecaster.baselines.nearest.VECTORS_A_SECOND", 0.1)
    assert [one.name for one in affordable(baselines, *part)] == ["majority", "logistic"]


def test_warping_is_tried_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecaster.baselines.sequence_choose.has_warping", lambda: True)
    assert [one.name for one in label_baselines(PAIRS, "auto")][-1] == "1nn_dtw"
    monkeypatch.setattr("forecaster.baselines.sequence_choose.has_warping", lambda: False)
    assert [one.name for one in label_baselines(PAIRS, "auto")][-1] == "1nn_euclidean"
    with pytest.raises(ConfigError, match="--baselines all: dynamic time warping needs the package aeon"):
        label_baselines(PAIRS, "all")
    assert has_warping() in (True, False)
