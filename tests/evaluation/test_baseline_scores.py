from __future__ import annotations

import numpy as np
import pandas as pd

from forecaster.config.settings import Settings
from forecaster.data.load import read_panel
from forecaster.evaluation import baseline_scores
from forecaster.evaluation.baseline_scores import rank_baselines


def table(n_rows: int, n_series: int = 1) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=n_rows)
    y = 10 + 5 * np.sin(np.arange(n_rows) * 2 * np.pi / 7) + np.random.default_rng(0).normal(0, 0.01, n_rows)
    parts = [pd.DataFrame({"unique_id": f"s{i}", "ds": days, "y": y + i}) for i in range(n_series)]
    return pd.concat(parts, ignore_index=True)


def test_repeating_the_season_is_best_where_it_repeats() -> None:
    ranking = rank_baselines(read_panel(table(70)), Settings())
    assert ranking is not None and ranking.metric == "crps" and ranking.n_rows == 70
    assert list(ranking.scores.values()) == sorted(ranking.scores.values())
    assert ranking.scores["seasonal_naive"] < 0.05 * ranking.scores["last"]


def test_too_few_rows_have_no_ranking() -> None:
    assert rank_baselines(read_panel(table(2)), Settings()) is None


def test_of_many_rows_the_longest_series_are_looked_at(monkeypatch) -> None:
    monkeypatch.setattr(baseline_scores, "MOST_ROWS", 100)
    ranking = rank_baselines(read_panel(table(40, 5)), Settings())
    assert ranking is not None and ranking.n_rows == 80 and ranking.metric == "scaled_crps"
    long = rank_baselines(read_panel(table(300)), Settings())
    assert long is not None and long.n_rows == 100
