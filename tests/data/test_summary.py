from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Note, Panel
from forecaster.data.summary import gaps_text, n_outliers, n_ties, summarise


def test_facts_of_a_panel(tiny_panel: Panel) -> None:
    facts = summarise(replace(tiny_panel, repairs=(Note("ties", "merged", 3),)))
    assert facts["kind"] == "values" and facts["unit"] == "MW" and facts["target"] == "y"
    assert (facts["rows"], facts["series"]) == (5, 2)
    assert facts["rows_per_series"] == "2 to 3, median 2.5"
    assert facts["values"] == "1 to 20, median 3"
    assert (facts["first"], facts["last"]) == ("2024-01-01 00:00:00", "2024-01-01 02:00:00")
    assert (facts["missing"], facts["zeros"], facts["step"]) == (0, 0, "h")
    assert facts["repairs"] == [{"code": "ties", "text": "merged", "count": 3}]


def test_first_event_is_not_missing_and_a_zero_gap_is_counted(files) -> None:
    facts = summarise(read_panel(files / "visits.csv", DataSettings(gap="calendar", unit="day")))
    assert (facts["missing"], facts["zeros"]) == (0, 2)
    assert facts["values"] == "0 to 54, median 18"


def test_missing_values_are_counted() -> None:
    days = pd.date_range("2024-01-01", periods=12)
    y = [1.0, np.nan, 3.0, *range(9)]
    assert summarise(read_panel(pd.DataFrame({"ds": days, "y": y})))["missing"] == 1


@pytest.mark.parametrize(
    ("y", "count"),
    [
        ([0.0, 1, 2, 3, 4], 0),  # quartiles 1 and 3: the fences are -5 and 9
        ([0.0, 1, 2, 3, 9], 0),
        ([0.0, 1, 2, 3, 9.5], 1),
        ([-6.0, 1, 2, 3, 10], 2),
        ([5.0, 5, 5, 5, 100], 0),  # half of them are alike: no spread to measure by
        ([1e308, 4, 5], 0),  # the fence is beyond every number
        ([], 0),
    ],
)
def test_outliers_lie_beyond_three_interquartile_ranges(y: list[float], count: int) -> None:
    assert n_outliers(np.array(y)) == count


def test_summary_of_a_panel_without_rows(tiny_panel: Panel) -> None:
    empty = tiny_panel.take(tiny_panel.offsets[:-1], tiny_panel.offsets[:-1])
    facts = summarise(empty)
    assert facts["rows"] == 0 and facts["values"] == "none" and "first" not in facts


def test_runs_of_missing_values_are_counted_by_series(tiny_panel: Panel) -> None:
    # series of 3 and 2 rows: the first ends, the second begins without a value
    holes = replace(tiny_panel, values=np.array([[1.0], [np.nan], [np.nan], [np.nan], [5.0]]))
    assert gaps_text(holes) == "2, the longest of 2 rows"
    assert gaps_text(tiny_panel) == "none"


def test_ties_are_equal_stamps_of_one_series(files) -> None:
    assert n_ties(read_panel(files / "visits.csv", DataSettings(gap="calendar", unit="day"))) == 0
    stamps = pd.to_datetime(["2024-01-01 10:00", "2024-01-01 10:00", "2024-01-03 11:30", "2024-01-09 12:00"])
    panel = read_panel(pd.DataFrame({"time": stamps}), DataSettings(kind="events"))
    assert n_ties(panel) == 1
