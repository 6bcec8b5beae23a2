from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from utilsforecast import losses
from utilsforecast.evaluation import evaluate

from forecaster.evaluation.frame_scores import frame_scores, quantile_columns
from forecaster.forecaster import Forecaster
from tests.conftest import TINY

SEASON = 4
LEVELS = [80, 95]


def test_scores_of_a_table_by_hand() -> None:
    table = pd.DataFrame(
        {
            "unique_id": ["a", "a", "b", "b"],
            "ds": [4, 5, 4, 5],
            "y": [1.0, 5.0, 0.0, np.nan],
            "forecast": [2.0, 2.0, 0.0, 9.0],
            "forecast-lo-80": [0.0, 0.0, 1.0, 0.0],
            "forecast-hi-80": [4.0, 4.0, 2.0, 0.0],
            "q-0.50": [3.0, 3.0, 0.0, 0.0],
        }
    )
    train = pd.DataFrame({"unique_id": list("aaabbb"), "ds": [1, 2, 3] * 2, "y": [1.0, 4, 2, 5, 5, 5]})
    scores = frame_scores(table, train=train).set_index("unique_id")
    a = scores.loc["a"]
    assert a["mae"] == 2.0
    assert a["rmse"] == pytest.approx(np.sqrt(5.0))
    assert a["smape"] == pytest.approx((2 / 3 + 6 / 7) / 2)
    assert a["mase"] == pytest.approx(2.0 / 2.5)
    assert a["quantile_loss_0.1"] == pytest.approx((0.1 * 1 + 0.1 * 5) / 2)
    assert a["quantile_loss_0.5"] == pytest.approx((0.5 * 2 + 0.5 * 2) / 2)
    assert a["quantile_loss_0.9"] == pytest.approx((0.1 * 3 + 0.9 * 1) / 2)
    assert a["weighted_quantile_loss"] == pytest.approx(2 * (0.6 + 2.0 + 1.2) / 6 / 3)
    assert (a["coverage_80"], a["width_80"]) == (0.5, 4.0)
    b = scores.loc["b"]  # its last row has no y; a constant has no scale, and zeros have no size
    assert (b["mae"], b["smape"], b["coverage_80"], b["width_80"]) == (0, 0, 0, 1)
    assert np.isnan(b["mase"]) and np.isnan(b["weighted_quantile_loss"])
    overall = frame_scores(table, by=(), train=train)
    assert overall["mae"].tolist() == [pytest.approx(4 / 3)]
    assert overall["mase"].tolist() == [pytest.approx(0.8)]
    assert overall["weighted_quantile_loss"][0] == pytest.approx(2 * (0.6 + 0.9 + 2.0 + 1.2 + 0.2) / 6 / 3)


def random_frame() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecasts of three series from several cutoffs each, in no order, and all rows of the series."""
    rng = np.random.default_rng(7)
    rows = []
    whole = []
    for name, n, size in (("b", 60, 1.0), ("a", 45, 1e6), ("c", 50, 1e-3)):
        hours = pd.date_range("2024-01-01", periods=n, freq="h")
        y = size * rng.normal(size=n).cumsum()
        whole.append(pd.DataFrame({"unique_id": name, "ds": hours, "y": y}))
        for origin in range(n - 12, n - 5, 2):
            ahead = slice(origin + 1, origin + 6)
            table = whole[-1][ahead].assign(cutoff=hours[origin])
            table["forecast"] = table["y"] + size * rng.normal(size=5)
            for level in LEVELS:
                table[f"forecast-lo-{level}"] = table["forecast"] - size * rng.uniform(0, 2, 5)
                table[f"forecast-hi-{level}"] = table["forecast"] + size * rng.uniform(0, 2, 5)
            rows.append(table)
    return pd.concat(rows).sample(frac=1, random_state=0, ignore_index=True), pd.concat(whole)


@pytest.fixture(scope="module")
def backtested() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A backtest of a real network, and the data."""
    step = np.arange(60)
    data = pd.concat(
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": pd.date_range("2024-01-01", periods=60, freq="D"),
                "y": level * (3 + np.sin(step * np.pi / 2) + (step * 37 % 11) / 20),
            }
        )
        for name, level in (("north", 1.0), ("south", 50.0))
    )
    forecaster = Forecaster(**TINY, look_back=8, horizon=3, season=SEASON)
    table = forecaster.cross_validation(data, n_windows=4, step_size=2, level=LEVELS)
    return table, data


def expected(frame: pd.DataFrame, train: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Scores of utilsforecast, a row a group and a column a metric, with its names."""
    metrics = [
        losses.mae,
        losses.rmse,
        losses.smape,
        partial(losses.mase, seasonality=SEASON),
        losses.quantile_loss,
        losses.coverage,
        losses.scaled_crps,
    ]
    found = evaluate(frame, metrics, models=["forecast"], train_df=train, level=LEVELS)
    return found.pivot(index=by, columns="metric", values="forecast").sort_index()


OURS = {
    "mae": "mae",
    "rmse": "rmse",
    "smape": "smape",
    "mase": "mase",
    "quantile_loss_q0.1": "quantile_loss_0.1",
    "quantile_loss_q0.9": "quantile_loss_0.9",
    "quantile_loss_q0.025": "quantile_loss_0.025",
    "quantile_loss_q0.975": "quantile_loss_0.975",
    "coverage_level80": "coverage_80",
    "coverage_level95": "coverage_95",
    "scaled_crps": "weighted_quantile_loss",
}


@pytest.mark.parametrize("source", ["random", "backtest"])
@pytest.mark.parametrize("has_cutoffs", [True, False])
def test_scores_are_those_of_utilsforecast(
    source: str, has_cutoffs: bool, backtested: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    frame, train = random_frame() if source == "random" else backtested
    by = ["unique_id", "cutoff"]
    if not has_cutoffs:
        frame, by = frame.drop(columns="cutoff"), by[:1]
    theirs = expected(frame, train, by)
    ours = frame_scores(frame, by=by, train=train, season_length=SEASON).set_index(by).sort_index()
    assert set(theirs.columns) == set(OURS)
    assert len(theirs) == (frame.groupby(by).ngroups) > 1
    for name, column in OURS.items():
        factor = 2 if name == "smape" else 1  # theirs goes from 0 to 1
        np.testing.assert_allclose(ours[column], factor * theirs[name], rtol=1e-9, atol=0, err_msg=name)


def test_rows_after_a_cutoff_do_not_count_for_its_scale() -> None:
    train = pd.DataFrame({"unique_id": "a", "ds": [1, 2, 3, 4], "y": [1.0, 3.0, 4.0, 104.0]})
    table = pd.DataFrame({"unique_id": "a", "cutoff": [2, 3, 4], "y": 6.0, "forecast": 0.0})
    scores = frame_scores(table, by=["cutoff"], train=train)
    assert scores["mase"].tolist() == pytest.approx([6 / 2, 6 / 1.5, 6 / (103 / 3)])
    assert frame_scores(table, by=(), train=train)["mase"][0] == pytest.approx(scores["mase"].mean())


def test_other_models_of_a_table_are_scored_by_their_name() -> None:
    table = pd.DataFrame(
        {"unique_id": "a", "y": [1.0], "drift": [3.0], "drift-lo-90": 2.0, "drift-hi-90": 4.0}
    )
    scores = frame_scores(table.assign(**{"q-0.50": 0.0}), model="drift")
    assert list(scores.columns[-5:]) == [
        "quantile_loss_0.05", "quantile_loss_0.95", "weighted_quantile_loss", "coverage_90", "width_90",
    ]  # fmt: skip
    assert scores["mae"].tolist() == [2.0]


def test_a_missing_forecast_is_not_passed_over() -> None:
    table = pd.DataFrame({"unique_id": ["a", "a", "b"], "y": [1.0, 1.0, 1.0], "forecast": [1.0, np.nan, 2.0]})
    assert np.isnan(frame_scores(table)["mae"][0]) and frame_scores(table)["mae"][1] == 1


def test_each_quantile_counts_once() -> None:
    names = ["forecast-lo-97.5", "forecast-hi-97.5", "forecast-lo-80", "q-0.90", "q-0.0125", "q-x", "p-1"]
    assert quantile_columns(names) == {
        0.0125: "forecast-lo-97.5", 0.9: "q-0.90", 0.9875: "forecast-hi-97.5",
    }  # fmt: skip


def test_tables_without_what_is_needed_are_refused() -> None:
    table = pd.DataFrame({"unique_id": ["a"], "y": [1.0]})
    with pytest.raises(ValueError, match="the table lacks forecast; it has unique_id, y"):
        frame_scores(table)
    train = pd.DataFrame({"unique_id": ["b"], "ds": [1], "y": [1.0]})
    with pytest.raises(ValueError, match="no training rows of a"):
        frame_scores(table.assign(forecast=1.0), train=train)
