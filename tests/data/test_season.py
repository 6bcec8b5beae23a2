from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.data.panel import Clock, Panel
from forecaster.data.season import calendar_seasons, find_season, mean_autocorrelation


def panel_of(*series: np.ndarray, clock: Clock | None = None) -> Panel:
    lengths = [len(one) for one in series]
    return Panel(
        "values",
        np.concatenate(series)[:, None].astype(float),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.concatenate([np.arange(length) for length in lengths]),
        np.array([f"s{number}" for number in range(len(series))], dtype=object),
        ("y",),
        0,
        clock or Clock("integer", 1),
    )


def wave(period: int, n: int) -> np.ndarray:
    return np.sin(np.arange(n) * 2 * np.pi / period)


@pytest.mark.parametrize(
    ("step", "seasons"),
    [
        ("MS", (12,)), ("QS-OCT", (4,)), ("W-SUN", (52,)), ("D", (7,)), ("B", (5,)), ("YS", ()),
        ("h", (24, 168)), ("30min", (48, 336)), ("7min", None), ("2D", ()), (None, None),
    ],
)  # fmt: skip
def test_the_calendar_proposes(step: str | None, seasons: tuple[int, ...] | None) -> None:
    assert calendar_seasons(Clock("date", step)) == seasons


def test_numbers_as_times_have_no_calendar() -> None:
    assert calendar_seasons(Clock("integer", 1)) is None


@pytest.mark.parametrize("period", [4, 7, 12, 24])
def test_period_of_a_wave_is_found(period: int) -> None:
    assert find_season(panel_of(wave(period, 20 * period)))[0] == period


def test_trend_does_not_hide_the_season() -> None:
    assert find_season(panel_of(wave(12, 240) + 0.5 * np.arange(240)))[0] == 12


def test_weekly_season_of_days_by_the_calendar() -> None:
    season, reason = find_season(panel_of(wave(7, 140), clock=Clock("date", "D")))
    assert season == 7 and reason.startswith("the calendar; autocorrelation 1.00 at 7 steps")


def test_calendar_season_must_show_in_the_data() -> None:
    noise = np.random.default_rng(0).normal(size=300)
    assert find_season(panel_of(noise, clock=Clock("date", "MS"))) == (
        1, "autocorrelation shows none at the calendar's lags",
    )  # fmt: skip


@pytest.mark.parametrize(
    "y",
    [
        np.random.default_rng(1).normal(size=300),
        np.ones(50),
        np.arange(50.0),
        np.array([1.0, 2.0]),
        np.zeros(0),
    ],
)
def test_no_season_in_noise_constants_lines_and_scraps(y: np.ndarray) -> None:
    assert find_season(panel_of(y))[0] == 1


def test_season_of_most_series_counts() -> None:
    rng = np.random.default_rng(2)
    series = [wave(12, 120) + 0.1 * rng.normal(size=120) for _ in range(4)]
    assert find_season(panel_of(*series, rng.normal(size=120)))[0] == 12


def test_missing_values_do_not_hide_it() -> None:
    y = wave(12, 240)
    y[np.random.default_rng(0).choice(240, 40, replace=False)] = np.nan
    assert find_season(panel_of(y))[0] == 12


def test_autocorrelation_is_one_at_lag_zero_and_minus_one_at_half_a_period() -> None:
    found = mean_autocorrelation(panel_of(wave(12, 240)))
    assert found[0] == pytest.approx(1.0)
    assert found[6] == pytest.approx(-1.0, abs=0.05)
    assert found[12] == pytest.approx(1.0, abs=0.05)


def test_only_values_have_seasons() -> None:
    panel = replace(panel_of(wave(12, 120)), kind="intervals")
    assert find_season(panel) == (1, "intervals have no season")
