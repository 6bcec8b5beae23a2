"""Paths of a series are its own: whoever else is drawn for, in whatever order and pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.data.some_series import pick_series
from forecaster.distributions import Binned, Distribution, Empirical, Mixture, NormalMixture
from forecaster.evaluation import paths as paths_module
from forecaster.evaluation.forecast import forecast_panel
from forecaster.evaluation.path_random import path_draws
from forecaster.evaluation.paths import draw_paths, sample_paths, step_forecasts
from forecaster.evaluation.tables import Columns
from forecaster.windows.windows import last_origins
from tests.evaluation.test_paths import Rule
from tests.windows.test_windows import panel_of


def skewed(panel: Panel, origins: np.ndarray) -> Distribution:
    """Waiting times that depend on the gap before: many kinds of draws, of two tables of numbers each."""
    last = np.nan_to_num(panel.y[origins], posinf=0.0)[:, None]
    scale = 1.0 + 0.01 * last
    pair = NormalMixture(
        np.stack([last, 9 + 0 * last], -1), np.stack([scale, scale], -1), np.array([0.5, 0.4]), 0.1
    )
    bins = Binned(np.array([0.0, 4, 8, 30]), np.broadcast_to([0.3, 0.5, 0.2], (len(origins), 1, 3)).copy())
    return Mixture([pair, bins], np.array([0.7, 0.3]))


def marks_after(panel: Panel, origins: np.ndarray) -> np.ndarray:
    assert panel.marks is not None
    return np.array([[0.3, 0.7], [0.6, 0.4]])[panel.marks[origins]][:, None]


MODEL = Rule(skewed, 2, marks_after)


@pytest.fixture
def visits() -> Panel:
    """Five ids with 2 to 6 visits, on random hours, with marks; all were looked at on one day."""
    rng = np.random.default_rng(4)
    lengths = [3, 2, 6, 4, 5]
    table = pd.DataFrame(
        {
            "id": np.repeat([f"c{k}" for k in range(5)], lengths),
            "time": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, 20), unit="h"),
        }
    )
    panel = read_panel(table, DataSettings(kind="events", unit="day"))
    return replace(panel, marks=rng.integers(0, 2, 20), mark_names=("x", "y"))


def waited(panel: Panel) -> np.ndarray:
    return np.linspace(0.5, 2.5, panel.n_series)


def test_paths_are_the_same_alone_and_among_others(visits: Panel) -> None:
    whole = draw_paths(MODEL, visits, last_origins(visits), waited(visits), 4, 20, seed=2)
    assert whole.marks is not None
    for one in range(5):
        alone = pick_series(visits, np.array([one]))
        found = draw_paths(MODEL, alone, last_origins(alone), waited(visits)[one : one + 1], 4, 20, seed=2)
        assert found.marks is not None
        assert (found.gaps[:, 0] == whole.gaps[:, one]).all()
        assert (found.marks[0] == whole.marks[one]).all()


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_neither_order_nor_the_number_drawn_at_once_matters(
    visits: Panel, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    columns, order = Columns((80,), (0.5,)), np.array([3, 0, 4, 2, 1])
    whole = forecast_panel([MODEL], visits, columns, horizon=3, within=["3d"], seed=1)
    monkeypatch.setattr(paths_module, "MOST_WINDOWS", 500 * at_once)
    mixed = forecast_panel([MODEL], pick_series(visits, order), columns, horizon=3, within=["3d"], seed=1)
    mixed = mixed.sort_values(["unique_id", "step"], ignore_index=True)
    pd.testing.assert_frame_equal(mixed, whole, check_exact=True)


def test_where_windows_are_cut_into_pieces_does_not_matter(visits: Panel) -> None:
    origins = last_origins(visits)
    at_once, in_pieces = (next(path_draws(visits, origins, 4, 9)) for _ in range(2))
    whole = at_once.of()
    tables = [whole.random((4, 5, 1)).ravel(), whole.standard_normal((4, 5, 1)).ravel()]
    assert len(np.unique(tables)) == 40
    for begin, end in ((13, 20), (0, 6), (6, 13)):  # one path goes on from each window
        piece = in_pieces.of(begin)
        assert (piece.random((1, end - begin, 1)).ravel() == tables[0][begin:end]).all()
        assert (piece.standard_normal((1, end - begin, 1)).ravel() == tables[1][begin:end]).all()
    for begin, end in ((3, 5), (0, 3)):  # all paths begin at each
        piece = in_pieces.of(begin).random((4, end - begin, 1))
        assert (piece[..., 0] == tables[0].reshape(4, 5)[:, begin:end]).all()


def test_series_with_equal_rows_draw_other_paths_by_their_ids() -> None:
    panel = panel_of([1.0, 2.0], [1.0, 2.0], kind="intervals")
    drawn = sample_paths(Rule(skewed), panel, last_origins(panel), None, 3, n_paths=2000)
    drawn = np.where(np.isinf(drawn), 99.0, drawn)
    for step in range(3):
        for later in range(step, 3):  # 5 standard errors of a correlation of nothing
            apart = np.corrcoef(drawn[:, 0, step], drawn[:, 1, later])[0, 1]
            assert abs(apart) < 5 / np.sqrt(2000)


def test_several_origins_of_a_series_draw_each_its_own() -> None:
    panel = panel_of([3.0] * 6, [3.0] * 4, kind="intervals")
    rows = np.array([2, 3, 4, 5, 8])
    drawn = sample_paths(Rule(skewed), panel, rows, None, 3, n_paths=300)
    for place, row in enumerate(rows):
        alone = sample_paths(Rule(skewed), panel, rows[place : place + 1], None, 3, n_paths=300)
        assert (alone[:, 0] == drawn[:, place]).all()
        others = [other for other in range(len(rows)) if other != place]
        same = (drawn[:, place] == drawn.transpose(1, 0, 2)[others]) & np.isfinite(drawn[:, place])
        assert not same.any(), row
    whole = step_forecasts(Rule(skewed), panel, rows, 3).median().reshape(5, 3)
    alone = step_forecasts(Rule(skewed), panel, rows[3:4], 3).median().reshape(1, 3)
    assert alone[0].tolist() == whole[3].tolist()


@pytest.mark.parametrize("kind", ["events", "intervals"])
def test_rows_that_a_run_left_out_count_for_the_origin(visits: Panel, kind: str) -> None:
    panel = visits if kind == "events" else panel_of([3.0, 4, 5, 6], [7.0, 8, 9], kind="intervals")
    cut = panel.take(panel.offsets[1:] - 2, panel.offsets[1:])
    assert cut.n_earlier is not None
    model = Rule(skewed)
    drawn = sample_paths(model, cut, last_origins(cut), None, 3, n_paths=20)
    assert (drawn == sample_paths(model, panel, last_origins(panel), None, 3, n_paths=20)).all()


def test_steps_are_drawn_as_often_as_their_distribution_says(visits: Panel) -> None:
    def same_for_all(_panel: Panel, origins: np.ndarray) -> Distribution:
        return Empirical(np.tile(np.arange(10.0), (len(origins), 1, 1)))

    for rule in (skewed_alike, same_for_all):
        forecast = rule(visits, last_origins(visits)[:1])
        drawn = sample_paths(Rule(rule), replace(visits, kind="intervals"), last_origins(visits), None, 3)
        n = drawn[
            ..., 0
        ].size  # 2,500: the first step of 500 paths of five series; as many of each other step
        for level in (0.1, 0.25, 0.5, 0.8):
            limit = forecast.quantile(level)[0, 0]
            share = forecast.cdf(limit)[0, 0]
            bound = 4 * np.sqrt(share * (1 - share) / n)  # of a binomial share: 1 in 16,000 is beyond
            for step in range(3):
                assert (drawn[..., step] <= limit).mean() == pytest.approx(share, abs=bound)


def skewed_alike(_panel: Panel, origins: np.ndarray) -> Distribution:
    """A mixture of normals and bins with all mass above zero, the same wherever it is asked for."""
    n = len(origins)
    pair = NormalMixture(np.tile([20.0, 40], (n, 1, 1)), np.array([1.0, 2]), np.array([0.5, 0.5]))
    return Mixture([pair, Binned(np.array([0.0, 4, 8, 30]), np.tile([0.3, 0.5, 0.2], (n, 1, 1)))])
