from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Ahead, Panel
from forecaster.errors import ConfigError
from forecaster.windows.features import calendar_channels, calendar_numbers
from forecaster.windows.future import future_width, input_channels, with_known
from forecaster.windows.gather import WindowSource, with_scales
from forecaster.windows.transforms import Normaliser, fit_normaliser
from forecaster.windows.windows import Span, Windows, windows_at


def panel_of(promo: list[float | None], **more: object) -> Panel:
    """One series from Friday 2024-01-05 on, with the numbers 1, 2, ..."""
    days = pd.date_range("2024-01-05", periods=len(promo))
    table = pd.DataFrame({"ds": days, "y": np.arange(1.0, len(promo) + 1), "promo": promo, **more})
    return read_panel(table, DataSettings(future_known="promo", static=tuple(more) or None))


def normaliser_of(panel: Panel, features: tuple[str, ...] = ()) -> Normaliser:
    span = Span(panel.offsets[:-1], panel.offsets[1:])
    plain = fit_normaliser(panel, span, (), scope="panel", residual="none")
    return with_known(plain, panel, span, features)


def source_of(panel: Panel, windows: Windows, features: tuple[str, ...] = ()) -> WindowSource:
    return WindowSource(panel, windows, normaliser_of(panel, features), np.arange(panel.n_series))


def known(panel: Panel, origins: list[int], horizon: int = 2) -> np.ndarray:
    source = source_of(panel, windows_at(panel, np.array(origins), 2, horizon))
    found = source.gather_all()[0].future
    assert found is not None and found.dtype == np.float32
    return found


# 2, 4, 6, 8 have the mean 5 and the standard deviation sqrt(5).
ROOT = np.sqrt(5.0)


def test_network_is_told_what_follows_the_origin_and_whether_it_is_known() -> None:
    panel = panel_of([2, 4, 6, 8])
    found = known(panel, [0, 1, 2, 3])
    assert found.shape == (4, 2, 2) and future_width(panel, ()) == 2
    np.testing.assert_allclose(found[0], [[-1 / ROOT, 1], [1 / ROOT, 1]], rtol=1e-6)
    np.testing.assert_allclose(found[2], [[3 / ROOT, 1], [0, 0]], rtol=1e-6)  # the end of the series
    assert found[3].tolist() == [[0, 0], [0, 0]]


def test_a_missing_number_is_none_and_the_flag_says_so() -> None:
    found = known(panel_of([4, None, 6]), [0])
    np.testing.assert_allclose(found[0], [[0, 0], [1, 1]], rtol=1e-6)


def test_steps_after_the_last_row_come_from_what_is_known_ahead() -> None:
    panel = replace(panel_of([2, 4, 6, 8]), ahead=Ahead(np.array([[5.0], [10.0]]), np.array([0, 2])))
    found = known(panel, [2, 3], horizon=3)
    np.testing.assert_allclose(found[0], [[3 / ROOT, 1], [0, 1], [5 / ROOT, 1]], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found[1], [[0, 1], [5 / ROOT, 1], [0, 0]], rtol=1e-6, atol=1e-7)


def test_steps_ahead_are_those_of_the_windows_own_series() -> None:
    one, other = panel_of([2, 4]), panel_of([6, 8])
    panel = replace(
        one,
        values=np.concatenate([one.values, other.values]),
        times=np.concatenate([one.times, other.times]),
        offsets=np.array([0, 2, 4]),
        ids=np.array(["a", "b"], dtype=object),
        ahead=Ahead(np.array([[5.0], [10.0], [0.0]]), np.array([0, 1, 3])),
    )
    found = known(panel, [1, 3])
    np.testing.assert_allclose(found[:, :, 0], [[0, 0], [5 / ROOT, -5 / ROOT]], rtol=1e-6, atol=1e-7)
    assert found[:, :, 1].tolist() == [[1, 0], [1, 1]]


def test_nothing_is_told_beyond_the_rows_that_targets_may_come_from() -> None:
    panel = replace(panel_of([2, 4, 6, 8]), ahead=Ahead(np.array([[5.0]]), np.array([0, 1])))
    windows = replace(windows_at(panel, np.array([1]), 2, 3), limits=np.array([3]))
    found = source_of(panel, windows).gather_all()[0].future
    assert found is not None
    np.testing.assert_allclose(found[0], [[1 / ROOT, 1], [0, 0], [0, 0]], rtol=1e-6)


def test_calendar_is_told_of_the_look_back_and_of_the_horizon() -> None:
    panel = panel_of([2, 4, 6, 8])
    windows = windows_at(panel, np.array([0, 3]), 2, 3)
    batch = source_of(panel, windows, ("weekday",)).gather_all()[0]
    assert batch.future is not None
    assert input_channels(panel, ("weekday",))[:4] == ("y", "promo", "weekday-mon", "weekday-tue")
    assert batch.past.shape == (2, 2, 9) and batch.future.shape == (2, 3, 9)
    assert future_width(panel, ("weekday",)) == 9
    assert batch.past[0, 0].tolist() == [0] * 9 == batch.observed[0, 0].tolist()  # before the series
    assert batch.past[0, 1, 2:].tolist() == [0, 0, 0, 0, 1, 0, 0]  # Friday
    assert batch.observed[0, 1].tolist() == [1] * 9
    assert np.argmax(batch.future[:, :, 2:], axis=2).tolist() == [[5, 6, 0], [1, 2, 3]]


def test_calendar_is_the_same_whether_rows_or_windows_are_fewer() -> None:
    panel = panel_of([2.0] * 50)
    few, many = (windows_at(panel, origins, 4, 3) for origins in (np.array([40]), np.arange(50)))
    one, all_of_them = (source_of(panel, windows, ("month", "weekday")) for windows in (few, many))
    batch, whole = one.gather_all()[0], all_of_them.gather_all()[0].take(slice(40, 41))
    assert batch.future is not None and whole.future is not None
    assert batch.future.tolist() == whole.future.tolist()
    assert batch.past.tolist() == whole.past.tolist()


def test_hours_are_those_of_the_zone() -> None:
    noon = np.array(["2024-07-01T10:00"], dtype="datetime64[ns]")  # 12:00 in Paris
    np.testing.assert_allclose(calendar_numbers(noon, "Europe/Paris", ["hour"]), [[0, -1]], atol=1e-12)
    assert calendar_channels(["hour"]) == ("hour-sin", "hour-cos")


def test_static_numbers_are_scaled_over_the_series_trained_on() -> None:
    table = pd.DataFrame(
        {"id": list("aabbccdd"), "ds": [1, 2] * 4, "y": range(8), "size": [1, 1, 3, 3, 0, 0, 9, 9]}
    )
    table.loc[4:5, "size"] = None
    panel = read_panel(table, DataSettings(static="size"))
    span = Span(panel.offsets[:-1], panel.offsets[1:] - np.array([0, 0, 0, 2]))  # d is not trained on
    plain = fit_normaliser(panel, span, (), scope="panel", residual="none")
    normaliser = with_known(plain, panel, span, ())
    assert (normaliser.static_shift.tolist(), normaliser.static_scale.tolist()) == ([2], [1])
    source = WindowSource(panel, windows_at(panel, np.array([1, 3, 5, 7]), 1, 1), normaliser, np.arange(4))
    batch = with_scales(source).gather_all()[0]
    assert batch.static is not None and batch.static.tolist() == [[-1], [1], [0], [7]]
    assert batch.future is None


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ("count", "--features count: only for events; these are values. Leave it out"),
        ("hour", "--features hour: the times of data are no dates. Leave it out"),
    ],
)
def test_features_that_values_do_not_have_are_refused(feature: str, message: str) -> None:
    panel = read_panel(pd.DataFrame({"ds": range(4), "y": range(4)}))
    with pytest.raises(ConfigError, match=message):
        normaliser_of(panel, (feature,))


def test_intervals_have_no_calendar() -> None:
    panel = read_panel(pd.DataFrame({"waiting": [1, 2, 3]}))
    with pytest.raises(ConfigError, match="--features hour: only for events, values and prices; these are"):
        normaliser_of(panel, ("hour",))
