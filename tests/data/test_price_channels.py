from __future__ import annotations

import numpy as np
import pytest

from forecaster.data.price_channels import Bars, make_channels


def bars(closes: list[float], low: float = 1.0, offsets: tuple[int, ...] | None = None) -> Bars:
    """Bars that open at the close before and range from ``low`` of the close to the close."""
    logs = np.log(np.array([[close, close, low * close, close] for close in closes]))
    logs[:, 1] = np.maximum(logs[:, 0], logs[:, 3])
    return Bars(logs, None, np.array(offsets or (0, len(closes))))


def test_moving_averages_take_the_rows_that_there_are() -> None:
    channels = make_channels(bars([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]))
    # means of 1; 1, 2; 3..7; 8..12, and 3..12
    expected = np.log([1, 2 / 1.5, 7 / 5, 12 / 10])
    np.testing.assert_allclose(channels["ma_5"][[0, 1, 6, 11]], expected, atol=1e-15)
    np.testing.assert_allclose(channels["ma_10"][[6, 11]], np.log([7 / 4, 12 / 7.5]))


def test_volatility_is_a_weighted_mean_of_squared_true_ranges() -> None:
    # ranges of 0.1; the second high is 0.2 above the close before, which is what counts
    logs = np.array([[0.0, 0.1, 0.0, 0.0], [0.1, 0.2, 0.1, 0.2], [0.2, 0.25, 0.15, 0.2]])
    volatility = make_channels(Bars(logs, None, np.array([0, 3])))["volatility"]
    second = (0.9 * 0.01 + 0.04) / 1.9
    third = (0.81 * 0.01 + 0.9 * 0.04 + 0.01) / 2.71
    np.testing.assert_allclose(np.exp(2 * volatility), [0.01, second, third])


def test_volatility_of_a_quiet_time_stays_at_a_tenth_of_the_usual() -> None:
    logs = np.zeros((1001, 4))
    logs[0, 1] = 0.5  # one range of 0.5, then a price that stands still
    volatility = make_channels(Bars(logs, None, np.array([0, 1001])))["volatility"]
    # the mean of 1,000 squares is 0.25 / 1,000 and its root 0.0158...
    np.testing.assert_allclose(np.exp(volatility[999]), 0.1 * np.sqrt(0.00025))


def test_volatility_of_a_price_that_never_moves_is_a_millionth() -> None:
    np.testing.assert_allclose(make_channels(bars([5.0] * 4))["volatility"], np.log(1e-6))


def test_a_series_knows_nothing_of_the_one_before() -> None:
    first, second = [10.0, 11, 9, 40], [1.0, 1.1, 1.05]
    both = make_channels(bars([*first, *second], 0.9, (0, 4, 7)))
    for name, values in make_channels(bars(second, 0.9)).items():
        np.testing.assert_array_equal(both[name][4:], values)


@pytest.mark.parametrize("cut", [1, 7, 33, 99])
def test_later_rows_change_nothing_before(cut: int) -> None:
    draw = np.random.default_rng(0)
    logs = np.cumsum(draw.normal(size=(100, 1)) / 50, axis=0) + np.array([0.0, 0.02, -0.02, 0.0])
    volume = draw.integers(0, 5, size=100).astype(np.float64)
    later_logs, later_volume = logs.copy(), volume.copy()
    later_logs[cut:] += draw.normal(size=(100 - cut, 1))
    later_volume[cut:] *= 100
    before = make_channels(Bars(logs, volume, np.array([0, 100])))
    after = make_channels(Bars(later_logs, later_volume, np.array([0, 100])))
    for name, values in before.items():
        np.testing.assert_array_equal(values[:cut], after[name][:cut])
    alone = make_channels(Bars(logs[:cut], volume[:cut], np.array([0, cut])))
    for name, values in before.items():
        np.testing.assert_array_equal(values[:cut], alone[name])
