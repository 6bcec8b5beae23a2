from dataclasses import replace

import numpy as np
import pytest

from forecaster.data.panel import Panel
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


# Prices: their volatility stands beside them, as its logarithm.


def prices_of(sizes: list[float], predict: str = "return", **channels: list[float]) -> Panel:
    """Rows of one ticker with these changes; the volatility is the last channel but for a price."""
    names = [*channels, "volatility"]
    values = np.column_stack([*channels.values(), np.log(sizes)])
    if predict == "close":
        names = [*names[1:], names[0]]
        values = np.column_stack([values[:, 1:], values[:, 0]])
    return replace(
        panel_of([0.0] * len(sizes), kind="ohlc"),
        values=values,
        channels=tuple(names),
        target=names.index("price") if predict == "close" else 0,
        predict=predict,
        returns=tuple(names.index(name) for name in channels if name != "price"),
        volatility=names.index("volatility"),
    )


NAN = np.nan


def test_volatility_of_the_last_row_divides_inputs_and_targets():
    panel = prices_of([0.1, 0.02, 0.04, 0.08], close=[NAN, 0.02, -0.04, 0.06], open=[NAN, 0.02, 0.12, 0.16])
    batch, steps = source_of(panel, ["volatility"]).gather(np.array([2]))
    # rows 1 and 2 and the target of row 3, all over the 0.04 of row 2
    assert batch.past[0, :, 0] == pytest.approx([0.5, -1.0])
    assert batch.target[0] == pytest.approx([1.5])
    assert undone(steps, batch.target)[0] == pytest.approx([0.06])
    # open over the size of its own row is 1, 3 and 2 in training: mean 2, deviation root of 2/3
    deviation = 0.8164966
    assert batch.past[0, :, 1] == pytest.approx([(0.5 - 2) / deviation, (3 - 2) / deviation])


def test_volatility_of_one_session_divides_every_step_of_returns():
    panel = prices_of([0.1, 0.1, 0.1, 0.5], close=[NAN, 0.1, 0.2, 0.3])
    batch, _ = source_of(panel, ["volatility"], look_back=1, horizon=3).gather(np.array([0]))
    assert batch.target[0] == pytest.approx([1.0, 2.0, 3.0])


def test_a_close_so_many_sessions_ahead_is_over_the_root_of_their_number():
    price = 100 * np.exp([-0.1, 0.0, 0.1, 0.2, 0.3, 0.4])
    panel = prices_of([0.5, 0.1, 0.5, 0.5, 0.5, 0.5], "close", price=list(price))
    source = source_of(panel, ["log", "last", "volatility"], horizon=4)
    batch, steps = source.gather(np.array([1]))
    assert batch.past[0, :, 1] == pytest.approx([-1.0, 0.0])
    # 1, 2, 3 and 4 times the volatility, over the roots 1, 1.414, 1.732 and 2
    assert batch.target[0] == pytest.approx([1.0, 1.4142136, 1.7320508, 2.0])
    assert undone(steps, batch.target)[0] == pytest.approx(price[2:], rel=1e-12)


def test_ranges_are_logarithms_in_units_of_the_volatility():
    panel = replace(prices_of([0.02, 0.02, 0.01], range=[0.01, 0.04, 0.02]), predict="range")
    batch, steps = source_of(panel, ["volatility", "log"]).gather(np.array([1]))
    assert batch.past[0, :, 0] == pytest.approx(np.log([0.5, 2.0]))
    assert undone(steps, batch.target)[0] == pytest.approx([0.02])


def test_targets_go_back_exactly_after_their_scales():
    rng = np.random.default_rng(0)
    sizes = list(0.01 * np.exp(rng.normal(size=60)))
    panel = prices_of(sizes, close=[NAN, *rng.normal(scale=0.01, size=59)])
    source = with_scales(source_of(panel, ["volatility"], look_back=5, horizon=2))
    batch, steps = source.gather(np.array([10, 20]))
    assert source.normaliser.target_scale != (0.0, 1.0)
    expected = [panel.y[[11, 12]], panel.y[[21, 22]]]
    np.testing.assert_allclose(undone(steps, batch.target), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("predict", "shift"), [("return", 0.0), ("direction", 0.0), ("range", 2.0), ("", 2.0)]
)
def test_standard_leaves_a_return_of_zero_where_it_is(predict, shift):
    panel = replace(prices_of([0.1] * 4, close=[NAN, 1.0, 2.0, 3.0]), predict=predict)
    (step,) = fit_normaliser(panel, everything(panel), ["standard"], scope="series", residual="none").steps
    assert step.shift == pytest.approx([shift])
    assert step.scale == pytest.approx([0.8164966])  # root of 2/3, about the mean


def test_without_volatility_among_the_transforms_no_channel_is_divided():
    panel = prices_of([0.1, 0.1, 0.1], close=[NAN, 0.5, 0.25])
    source = source_of(panel, ["standard"])
    assert (source.normaliser.volatility, source.normaliser.returns) == (None, ())


def test_windows_of_volatility_do_not_share_their_numbers():
    panel = prices_of([0.1, 0.2, 0.1], close=[NAN, 0.5, 0.25])
    assert not source_of(panel, ["volatility"]).normaliser.is_common
    assert source_of(panel, ["standard"]).normaliser.is_common


def test_volatility_of_values_is_refused():
    panel = panel_of([1.0, 2, 3])
    with pytest.raises(ConfigError) as caught:
        fit_normaliser(panel, everything(panel), ["volatility"], scope="panel", residual="none")
    assert str(caught.value) == (
        "--transforms volatility: volatility is only known of prices (ohlc); these are values. Leave it out."
    )


@pytest.mark.parametrize("scale", ["standard", "minmax"])
def test_scales_after_volatility_are_refused(scale):
    panel = prices_of([0.1, 0.1, 0.1], close=[NAN, 0.5, 0.25])
    with pytest.raises(ConfigError) as caught:
        fit_normaliser(panel, everything(panel), ["volatility", scale], scope="panel", residual="none")
    assert str(caught.value) == (
        f"--transforms volatility,{scale}: {scale} cannot follow level, last or volatility, which differ "
        f"from window to window. Put {scale} first."
    )
