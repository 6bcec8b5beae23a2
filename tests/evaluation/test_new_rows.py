from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.errors import ConfigError, DataError
from forecaster.evaluation.new_rows import new_span
from forecaster.forecaster import Forecaster
from forecaster.windows.outcomes import gather_outcomes
from forecaster.windows.windows import make_windows
from tests.conftest import TINY
from tests.windows.test_windows import panel_of


def test_new_rows_are_those_after_the_last_one_trained_on() -> None:
    panel = panel_of([1.0, 2, 3, 4], [5.0, 6], [7.0, 8, 9])
    steps = np.array([0, 1, 2, 3, 0, 1, 0, 1, 2])
    panel = type(panel)(**{**vars(panel), "times": steps})
    # the first was trained on up to step 1, the second is new, the third was trained on up to its end
    span = new_span(panel, np.array([1, -1, 0]), np.array([2, 1]))
    assert span.begins.tolist() == [2, 4, 9]
    assert span.ends.tolist() == [4, 6, 9]
    assert span.n_rows == 4


def test_a_file_without_new_rows_is_refused() -> None:
    panel = panel_of([1.0, 2, 3])
    panel = type(panel)(**{**vars(panel), "times": np.arange(3), "source": "old.csv"})
    with pytest.raises(DataError, match=r"^old.csv: no row is later"):
        new_span(panel, np.array([0]), np.array([2]))


def visits(*days: tuple[str, int]) -> pd.DataFrame:
    """Ids and days of January."""
    return pd.DataFrame({"id": [name for name, _ in days], "time": [f"2024-01-{day:02}" for _, day in days]})


def test_interval_open_at_the_end_of_training_is_given_what_was_waited() -> None:
    # a was trained on up to the 4th, b up to the 2nd, both known until the 5th; c is new
    table = visits(("a", 1), ("a", 4), ("a", 9), ("b", 2), ("c", 3), ("c", 20))
    panel = read_panel(table, DataSettings(kind="events", unit="day"))
    known = np.array([0, 1, -1])
    moments = np.array(["2024-01-04", "2024-01-02"], dtype="datetime64[ns]")
    as_of = np.full(2, np.datetime64("2024-01-05", "ns"))
    span = new_span(panel, known, moments, as_of)
    assert span.n_rows == 3
    windows = make_windows(panel, span, 1, min_history=0)
    outcomes = gather_outcomes(panel, windows)
    # a: 4th to 9th and on to the 20th; b: 2nd and on; c: 3rd to 20th and on, nothing had been waited
    assert outcomes.y.ravel().tolist() == [5.0, 11.5, 18.5, 17.0, 0.5]
    assert outcomes.elapsed.ravel().tolist() == [1.5, -np.inf, 3.5, -np.inf, -np.inf]
    assert outcomes.censored.ravel().tolist() == [False, True, True, False, True]


@pytest.fixture(scope="module")
def run() -> Forecaster:
    """Visits of six ids, every few days of January, trained on until the 20th."""
    rng = np.random.default_rng(1)
    days = np.sort(rng.choice(np.arange(1, 21), size=(6, 8)), axis=1)
    table = visits(*[(f"c{number}", day) for number, row in enumerate(days) for day in sorted(set(row))])
    return Forecaster(**TINY, kind="events", unit="day", look_back=2).fit(table)


def test_scores_of_new_rows_have_the_keys_of_the_report(run: Forecaster) -> None:
    rows = visits(("c0", 1), ("c0", 3), ("c0", 8), ("c0", 25), ("c1", 24), ("new", 22), ("new", 28))
    found = run.evaluate(rows)
    part = run.report["scores"]["test"]
    of_the_page = {"pairs", "residuals", "confusion"}
    assert part.keys() - of_the_page <= found.keys()
    assert found["deciding"] == part["deciding"] == "censored_crps"
    assert (found["n_new_rows"], found["n_new_ids"]) == (4, 1)
    # c0 and c1 until then and from then on, new from the 22nd, and from the 28th on
    assert (found["n_windows"], found["n_open"]) == (5, 3)
    assert found["model"]["nll_all"] < 20 and len(found["pit"]) == 10
    assert found["baselines_fitted_on"] == "rows before"
    unseen = run.evaluate(visits(("x", 1), ("x", 3), ("x", 8), ("y", 2), ("y", 9)))
    assert unseen["baselines_fitted_on"] == "scored rows"


def test_durations_are_for_events() -> None:
    from forecaster.evaluation.new_rows import score_new_rows

    with pytest.raises(ConfigError, match="--within 7d: only for events"):
        score_new_rows([], panel_of([1.0, 2, 3]), np.array([2]), None, (80,), None, ["7d"])
