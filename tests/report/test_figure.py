from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from forecaster.errors import ConfigError, RunError
from forecaster.forecaster import Forecaster
from forecaster.report.figure import figure_bytes
from tests.conftest import TINY, SavedRun


@pytest.fixture(scope="module")
def values(values_run: SavedRun) -> Forecaster:
    return Forecaster.load(values_run.folder)


def test_history_and_forecast_are_those_of_predict(values: Forecaster) -> None:
    figure = values.plot(series=["b"], level=[50])
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    history, forecast = axes.lines
    table = values.predict(level=[50])
    expected = table.loc[table["unique_id"] == "b", "forecast"].to_numpy()
    np.testing.assert_allclose(forecast.get_ydata()[1:], expected)
    assert forecast.get_xdata()[-1] == np.datetime64("2024-03-03")
    assert history.get_xdata()[-1] == np.datetime64("2024-02-29") == forecast.get_xdata()[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["50 %", "history", "forecast"]


def test_each_series_has_a_drawing_of_its_own(values: Forecaster) -> None:
    titles = [axes.get_title(loc="left") for axes in values.plot().axes]
    assert titles == ["a", "b"]


def test_fewer_steps_can_be_drawn(values: Forecaster) -> None:
    (axes, _) = values.plot(horizon=2).axes
    assert len(axes.lines[1].get_xdata()) == 3  # from the last value on


def test_events_are_drawn_as_the_time_that_nothing_comes(events_run: SavedRun) -> None:
    run = Forecaster.load(events_run.folder)
    (axes,) = run.plot(series=["c3"]).axes
    (curve, half) = axes.lines
    left = np.asarray(curve.get_ydata())
    assert left[0] == pytest.approx(1.0) and (np.diff(left) <= 1e-12).all() and 0 <= left[-1] < 1
    row = run.predict(within=["5d"]).set_index("unique_id").loc["c3"]
    since = np.asarray(curve.get_xdata())
    assert np.interp(5, since, left) == pytest.approx(1 - row["within_5d"], abs=0.02)
    assert half.get_ydata()[0] == 0.5
    assert axes.get_xlabel().startswith("days from ")


def test_prices_are_drawn_with_the_interval_of_the_close() -> None:
    close = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, 90)))
    days = pd.bdate_range("2022-01-03", periods=90)
    table = pd.DataFrame(
        {"date": days, "open": close, "high": close * 1.01, "low": close * 0.99, "close": close}
    )
    run = Forecaster(**TINY, look_back=5).fit(table)
    price, change = run.plot(level=[80]).axes
    assert price.get_ylabel() == "close" and change.get_ylabel() == "close, log return"
    row = run.predict().iloc[0]
    assert price.lines[1].get_ydata()[0] == pytest.approx(row["close"])
    (segment,) = price.collections[0].get_segments()
    assert segment[0][1] == pytest.approx(close[-1] * np.exp(row["forecast-lo-80"]))


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_picture_is_the_same_each_time(ending: str, start: bytes, values: Forecaster) -> None:
    first, second = (figure_bytes(values.plot(), ending) for _ in range(2))
    assert first.startswith(start) and first == second


def test_dollars_in_a_name_are_no_formula() -> None:
    days = pd.date_range("2024-01-01", periods=30)
    table = pd.DataFrame({"unique_id": "a$x^2$", "ds": days, "y": np.arange(30.0) % 7})
    figure = Forecaster(**TINY, look_back=3).fit(table).plot()
    assert b"<svg" in figure_bytes(figure, "svg")


def test_what_cannot_be_drawn_is_refused(values: Forecaster) -> None:
    with pytest.raises(ConfigError, match=r"--out FILE.pdf: ends in neither .png nor .svg"):
        figure_bytes(values.plot(), "pdf")
    with pytest.raises(ConfigError, match=r"--series z: .* has no such id, but a, b\. Name one\."):
        values.plot(series=["z"])
    with pytest.raises(ConfigError, match="--horizon 9"):
        values.plot(horizon=9)
    with pytest.raises(RunError, match="Nothing is trained yet"):
        Forecaster().plot()


def test_pyplot_holds_no_figure(values: Forecaster) -> None:
    values.plot()
    assert pyplot.get_fignums() == []
