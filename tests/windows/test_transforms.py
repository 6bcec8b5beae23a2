import numpy as np
import pytest

from forecaster.errors import ConfigError
from forecaster.windows.gather import WindowSource, gather_past, with_scales
from forecaster.windows.transforms import fit_normaliser, last_observed
from forecaster.windows.windows import Span, make_windows
from tests.windows.test_windows import everything, panel_of


def source_of(panel, names, look_back=2, horizon=1, scope="panel", residual="none"):
    span = everything(panel)
    normaliser = fit_normaliser(panel, span, names, scope=scope, residual=residual)
    windows = make_windows(panel, span, look_back, horizon)
    return WindowSource(panel, windows, normaliser, np.arange(panel.n_series))


def undone(steps, z):
    for step in reversed(steps):
        z = step.undo(z)
    return z


def test_standard_uses_mean_and_deviation_of_training_rows():
    panel = panel_of([1.0, 2, 3, 4, 100])
    normaliser = fit_normaliser(
        panel, Span(np.array([0]), np.array([4])), ["standard"], scope="panel", residual="none"
    )
    assert normaliser.steps[0].shift.tolist() == [2.5]
    assert normaliser.steps[0].scale[0] == pytest.approx(np.sqrt(1.25))


def test_minmax_of_each_series():
    panel = panel_of([1.0, 3], [10.0, 30])
    normaliser = fit_normaliser(panel, everything(panel), ["minmax"], scope="series", residual="none")
    assert normaliser.steps[0].shift.tolist() == [1.0, 10.0]
    assert normaliser.steps[0].scale.tolist() == [2.0, 20.0]


def test_level_and_log_are_relative_to_the_window():
    panel = panel_of([2.0, 2, 4])
    batch, steps = source_of(panel, ["level", "log"]).gather(np.array([1]))
    assert batch.past[0, :, 0].tolist() == [0.0, 0.0]
    assert batch.target[0, 0] == pytest.approx(np.log(2.0))
    assert undone(steps, batch.target)[0, 0] == pytest.approx(4.0)


def test_last_subtracts_the_last_value():
    panel = panel_of([5.0, 7, 8])
    batch, _ = source_of(panel, ["last"]).gather(np.array([1]))
    assert batch.past[0, :, 0].tolist() == [-2.0, 0.0]
    assert batch.target[0, 0] == 1.0


def test_season_residual_is_the_same_phase_one_season_ago():
    panel = panel_of([1.0, 2, 1, 2, 1, 5])
    panel = type(panel)(**{**vars(panel), "season_length": 2})
    source = source_of(panel, [], look_back=4, horizon=2, residual="season")
    batch, _ = source.gather(np.array([source.n_windows - 1]))
    assert batch.target[0].tolist() == [0.0, 3.0]


def test_padding_is_not_observed_and_zero():
    panel = panel_of([4.0, 6])
    batch, _ = source_of(panel, ["standard"], look_back=3).gather(np.array([0]))
    assert batch.observed[0, :, 0].tolist() == [0.0, 0.0, 1.0]
    assert batch.past[0, :, 0].tolist() == [0.0, 0.0, -1.0]


def test_targets_beyond_the_series_are_masked():
    panel = panel_of([4.0, 6])
    batch, _ = source_of(panel, [], look_back=1, horizon=3).gather(np.array([0]))
    assert batch.mask[0].tolist() == [True, False, False]
    assert batch.target[0].tolist() == [6.0, 0.0, 0.0]


def test_cents_of_large_values_survive():
    panel = panel_of([1e9, 1e9 + 0.01, 1e9 + 0.02])
    batch, steps = source_of(panel, ["last"]).gather(np.array([1]))
    assert batch.target[0, 0] == pytest.approx(0.01, abs=1e-6)
    assert undone(steps, batch.target)[0, 0] == pytest.approx(1e9 + 0.02, abs=1e-6)


def test_unknown_series_is_scaled_by_its_own_window():
    panel = panel_of([1.0, 2, 3], [100.0, 200, 300])
    source = source_of(panel, ["standard"], look_back=2, scope="series")
    stranger = WindowSource(panel, source.windows, source.normaliser, np.array([0, -1]))
    batch, _ = stranger.gather(np.array([3]))
    assert batch.past[0, :, 0].tolist() == [-1.0, 1.0]


def test_constant_series_has_finite_inputs():
    panel = panel_of([1.0] * 6)
    for names in (["standard"], ["level", "log"], ["minmax"], ["last"], ["log", "standard"]):
        batch, _ = with_scales(source_of(panel, names)).gather(np.arange(3))
        assert np.isfinite(batch.past).all() and np.abs(batch.target).max() < 1e-6


def test_scales_bring_small_changes_to_order_one():
    rng = np.random.default_rng(0)
    panel = panel_of(list(100 + 1e-3 * rng.normal(size=500)))
    batch, steps = with_scales(source_of(panel, ["level", "log"])).gather(np.arange(400))
    assert 0.5 < batch.target.std() < 2 and abs(batch.target.mean()) < 0.2
    assert undone(steps, batch.target)[0, 0] == pytest.approx(panel.y[1], rel=1e-12)


def test_standard_after_level_is_refused():
    panel = panel_of([1.0, 2, 3])
    with pytest.raises(ConfigError, match="standard cannot follow level"):
        fit_normaliser(panel, everything(panel), ["level", "standard"], scope="panel", residual="none")


def test_last_observed_skips_what_is_missing():
    x = np.array([[1.0, 2, np.nan], [np.nan, np.nan, np.nan]])
    assert last_observed(x).tolist() == [2.0, 0.0]


def test_past_does_not_read_the_series_before():
    panel = panel_of([9.0, 9, 9], [1.0, 2])
    past = gather_past(panel, np.array([2]), np.array([1]), 3)
    assert np.isnan(past[0, 0, 0]) and past[0, 1:, 0].tolist() == [1.0, 2.0]


def test_batches_cover_every_window_once_in_order():
    panel = panel_of(list(np.arange(50.0)))
    source = source_of(panel, [], look_back=2)
    order = np.random.default_rng(0).permutation(source.n_windows)
    targets = np.concatenate([batch.target[:, 0] for batch in source.batches(7, order)])
    assert targets.tolist() == (order + 1.0).tolist()
