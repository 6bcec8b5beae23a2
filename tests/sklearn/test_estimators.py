from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from forecaster.sklearn import WindowClassifier, WindowRegressor

FAST = {"units": 8, "epochs": 3}
LOOK_BACK = 8


def windows(n: int = 200, horizon: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A sine of period 12 on a rising line, and what follows each window."""
    steps = np.arange(n + LOOK_BACK + horizon - 1)
    values = 100.0 + 0.5 * steps + 3.0 * np.sin(steps * np.pi / 6)
    rows = np.lib.stride_tricks.sliding_window_view(values, LOOK_BACK + horizon)
    return rows[:, :LOOK_BACK].copy(), rows[:, LOOK_BACK:].squeeze().copy()


def up_or_down(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    x, y = windows(n)
    return x, np.where(y > x[:, -1] + 0.5, "up", "down")


def test_differences_of_a_rising_sine_are_learnt() -> None:
    x, y = windows()
    model = WindowRegressor(residual="last").fit(x[:150], y[:150])
    error = np.abs(model.predict(x[150:]) - y[150:]).mean()
    assert error < 0.25 * np.abs(x[150:, -1] - y[150:]).mean()  # that of the last value


def test_several_steps_are_predicted_as_they_were_given() -> None:
    x, y = windows(horizon=3)
    model = WindowRegressor(**FAST).fit(x, y)
    assert model.predict(x[:5]).shape == (5, 3)
    assert model.predict_quantiles(x[:5], [0.1, 0.5]).shape == (5, 3, 2)
    one = WindowRegressor(**FAST).fit(x, y[:, 0])
    assert one.predict(x[:5]).shape == (5,)
    assert one.predict_quantiles(x[:5], [0.1, 0.5]).shape == (5, 2)


def test_channels_of_three_dimensions_are_kept_apart() -> None:
    random = np.random.default_rng(0)
    x = np.stack([random.normal(size=(300, 4)), 1e6 + random.normal(size=(300, 4))], axis=2)
    y = x[:, -1, 1] - 1e6
    model = WindowRegressor().fit(x, y)
    assert model.score(x, y) > 0.8
    assert model.n_features_in_ == 4
    with pytest.raises(ValueError, match=r"X has 1 channels, but fit saw 2\."):
        model.predict(x[:, :, 0])
    with pytest.raises(ValueError, match="X has 4 dimensions"):
        model.fit(x[:, :, :, None], y)


def test_values_not_observed_are_told_from_those_that_are() -> None:
    x, y = windows()
    x[::3, 2] = np.nan
    model = WindowRegressor(**FAST).fit(x, y)
    assert np.isfinite(model.predict(x)).all()
    filled = np.where(np.isnan(x), model.shift_[0], x)  # the same input, but observed
    assert not np.allclose(model.predict(x[::3]), model.predict(filled[::3]))


@pytest.mark.parametrize("head", ["point", "quantile"])
def test_quantiles_of_noise_cover_what_they_promise(head: str) -> None:
    random = np.random.default_rng(1)
    x, noise = random.normal(size=(600, 4)), random.normal(size=600)
    model = WindowRegressor(head=head, validation_fraction=0.3).fit(x[:400], noise[:400])
    low, middle, high = model.predict_quantiles(x[400:], [0.1, 0.5, 0.9]).T
    assert ((low < middle) & (middle < high)).all()
    assert np.mean((noise[400:] > low) & (noise[400:] < high)) == pytest.approx(0.8, abs=0.1)
    with pytest.raises(ValueError, match="quantile levels lie between 0 and 1"):
        model.predict_quantiles(x, [0.1, 1.0])


def test_one_seed_gives_the_same_bits_and_another_one_others() -> None:
    x, y = windows()
    first, again, other = (WindowRegressor(**FAST, random_state=seed).fit(x, y) for seed in (3, 3, 4))
    assert np.array_equal(first.predict(x), again.predict(x))
    assert not np.array_equal(first.predict(x), other.predict(x))
    drawn = [WindowRegressor(**FAST, random_state=np.random.RandomState(5)).fit(x, y) for _ in range(2)]
    assert np.array_equal(drawn[0].predict(x), drawn[1].predict(x))


def test_a_prediction_does_not_depend_on_the_rows_beside_it() -> None:
    x, y = windows(300)
    model = WindowRegressor(**FAST, ensemble=2).fit(x, y)
    assert np.array_equal(model.predict(x)[7:9], model.predict(x[7:9]))


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_pickle_keeps_every_bit(cell: str) -> None:
    x, labels = up_or_down()
    model = WindowClassifier(**FAST, cell=cell, bidirectional=True, ensemble=2, segment=4).fit(x, labels)
    there_and_back = pickle.loads(pickle.dumps(model))
    assert np.array_equal(model.predict_proba(x), there_and_back.predict_proba(x))
    assert len(there_and_back.weights_) == 2


def test_classes_keep_their_names_and_probabilities_sum_to_one() -> None:
    x, labels = up_or_down()
    model = WindowClassifier(residual="last").fit(x[:150], labels[:150])
    assert model.classes_.tolist() == ["down", "up"]
    assert model.predict_proba(x).sum(axis=1) == pytest.approx(np.ones(200))
    assert model.score(x[150:], labels[150:]) > 0.9


def test_regressor_stands_in_a_pipeline_and_a_grid_search_over_time() -> None:
    x, y = windows()
    pipeline = make_pipeline(StandardScaler(), WindowRegressor(**FAST))
    grid = {"windowregressor__units": [4, 8], "windowregressor__cell": ["lstm", "gru"]}
    search = GridSearchCV(pipeline, grid, cv=TimeSeriesSplit(n_splits=2), error_score="raise").fit(x, y)
    assert set(search.best_params_) == set(grid)
    assert search.predict(x[:3]).shape == (3,)


def test_classifier_is_calibrated_over_time() -> None:
    x, labels = up_or_down()
    model = CalibratedClassifierCV(WindowClassifier(**FAST), cv=TimeSeriesSplit(n_splits=2))
    probs = model.fit(x, labels).predict_proba(x)
    assert probs.shape == (200, 2)
    assert np.isfinite(probs).all()


def test_windows_of_several_channels_go_through_a_pipeline() -> None:
    x, y = windows()
    with_steps = FunctionTransformer(lambda one: np.stack([one, np.diff(one, axis=1, prepend=0)], axis=2))
    model = make_pipeline(with_steps, WindowRegressor(**FAST)).fit(x, y)
    assert model[-1].architecture_.n_channels == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"units": 0}, "units= 0|units"),
        ({"cell": "transformer"}, "cell= transformer"),
        ({"head": "mixture"}, "head=mixture: a regressor has the heads point and quantile"),
        ({"validation_fraction": 1.0}, r"validation_fraction=1\.0: must be in \[0, 1\)"),
        ({"units": (8, 8), "layers": 3}, r"2 numbers for layers=3"),
        ({"segment": 9}, "segment=9: longer than the 8 steps of X"),
        ({"residual": "season"}, "residual=season: windows say nothing of seasons"),
    ],
)
def test_a_parameter_that_is_not_possible_is_a_value_error(given: dict[str, Any], message: str) -> None:
    x, y = windows(30)
    with pytest.raises(ValueError, match=message):
        WindowRegressor(**given).fit(x, y)


def test_a_clone_is_not_fitted_and_has_the_parameters() -> None:
    x, y = windows(30)
    model = WindowRegressor(**FAST, residual="last").fit(x, y)
    copy = clone(model)
    assert not hasattr(copy, "weights_")
    assert copy.get_params() == model.get_params()
