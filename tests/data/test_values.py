from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import DataError


def read(columns: dict[str, Any], **settings: Any) -> Panel:
    return read_panel(pd.DataFrame(columns), DataSettings(**settings))


def codes(panel: Panel) -> list[tuple[str, int | None]]:
    return [(note.code, note.count) for note in (*panel.repairs, *panel.warnings)]


def test_rows_missing_in_a_regular_series_are_put_in() -> None:
    days = ["2020-01-01", "2020-01-02", "2020-01-04", "2020-01-05", "2020-01-06"]
    panel = read({"ds": days, "y": [1, 2, 4, 5, 6]})
    np.testing.assert_array_equal(panel.y, [1, 2, np.nan, 4, 5, 6])
    assert str(panel.times[2])[:10] == "2020-01-03"
    assert codes(panel) == [("missing_rows", 1)]
    filled = read({"ds": days, "y": [1, 2, 4, 5, 6]}, fill="linear")
    assert filled.y.tolist() == [1, 2, 3, 4, 5, 6]
    assert codes(filled) == [("missing_rows", 1), ("filled", 1)]


def test_missing_rows_are_found_in_every_series_and_kind_of_time() -> None:
    panel = read({"id": list("aaaabbb"), "t": [0, 1, 2, 4, 7, 8, 9], "y": range(7)})
    assert panel.offsets.tolist() == [0, 5, 8]
    assert panel.times.tolist() == [0, 1, 2, 3, 4, 7, 8, 9]
    panel = read({"t": [0.0, 0.1, 0.2, 0.4], "y": range(4)})
    np.testing.assert_allclose(panel.times, [0, 0.1, 0.2, 0.3, 0.4])


def test_missing_values_stay_and_are_counted() -> None:
    panel = read({"ds": ["2020-01-01", "2020-01-02"], "y": [1, None]})
    assert codes(panel) == [("missing_values", 1)]


def test_series_with_many_holes_is_left_as_it_is() -> None:
    hours = [0, 1, 2, 24, 25, 26, 48, 49, 50]
    times = np.datetime64("2020-01-01", "ns") + np.array(hours).astype("timedelta64[h]")
    panel = read({"ds": times, "y": range(9)})
    assert (panel.n_rows, panel.clock.step) == (9, "h")
    assert codes(panel) == [("irregular", 42)]
    uneven = read({"t": [0, 2, 4, 5], "y": range(4)})
    assert (uneven.n_rows, codes(uneven)) == (4, [("irregular", None)])


def test_weekdays_are_sessions_with_days_off() -> None:
    days = pd.bdate_range("2024-01-01", "2024-02-02").delete(3)
    panel = read({"ds": days, "y": range(len(days))})
    assert (panel.clock.step, panel.clock.weekmask, panel.n_rows) == ("B", "1111100", 24)
    assert codes(panel) == [("days_off", 1)]


def test_duplicates_are_an_error_or_merged() -> None:
    columns = {"ds": ["2020-01-02", "2020-01-01", "2020-01-02"], "y": [2, 1, 4]}
    with pytest.raises(
        DataError, match=r"row 2 \(from 0\), column 'ds': '2020-01-02' is there already in this"
    ):
        read(columns)
    merged = {how: read(columns, duplicates=how).y.tolist() for how in ("first", "last", "mean", "sum")}
    assert merged == {"first": [1, 2], "last": [1, 4], "mean": [1, 3], "sum": [1, 6]}
    assert codes(read(columns, duplicates="sum")) == [("sorted", 1), ("duplicates", 1)]


def test_missing_values_do_not_spoil_merged_duplicates() -> None:
    columns = {"ds": [1, 1, 2, 2], "y": [4, None, None, None]}
    np.testing.assert_array_equal(read(columns, duplicates="mean").y, [4, np.nan])
    np.testing.assert_array_equal(read(columns, duplicates="sum").y, [4, np.nan])


def test_several_targets_become_a_series_each() -> None:
    columns = {"ds": ["2020-01-01", "2020-01-02"], "u": [1, 2], "v": [3, 4]}
    panel = read(columns, target="v,u")
    assert panel.ids.tolist() == ["v", "u"]
    assert panel.y.tolist() == [3, 4, 1, 2]
    assert panel.columns == {"time": "ds", "target": "v", "target2": "u"}
    panel = read(
        {"id": ["a", "b", "a", "b"], "ds": [1, 1, 2, 2], "u": range(4), "v": range(4, 8)}, target="u,v"
    )
    assert panel.ids.tolist() == ["a/u", "a/v", "b/u", "b/v"]
    assert panel.y.tolist() == [0, 2, 4, 6, 1, 3, 5, 7]
    assert panel.offsets.tolist() == [0, 2, 4, 6, 8]


def test_rows_are_counted_when_there_is_no_time() -> None:
    panel = read({"month": ["1-01", "1-02"], "sales": [266.0, 145.9]}, kind="values", target="sales")
    assert (panel.times.tolist(), panel.channels) == ([0, 1], ("sales",))
    assert codes(panel) == [("row_order", None)]


def test_one_row_is_a_panel() -> None:
    panel = read({"ds": ["2020-01-01"], "y": [1.5]}, unit="MW", season=7)
    assert (panel.n_rows, panel.clock.step, panel.unit, panel.season_length) == (1, "D", "MW", 7)


def test_values_keep_their_cents() -> None:
    assert read({"ds": [1, 2], "y": [1e9 + 0.01, 0]}).y[0] == 1e9 + 0.01
