from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, DataError

# Two shops, three days each.
SHOPS: dict[str, Any] = {
    "id": list("aaabbb"),
    "ds": [1, 2, 3, 1, 2, 3],
    "y": [10.0, 11, 12, 20, 21, 22],
    "heat": [5.0, 6, 7, 8, 9, 1],
    "promo": [True, False, True, False, False, True],
    "day": ["sun", "mon", "", "sun", "mon", "sun"],
    "size": [3, 3, 3, 4, 4, 4],
    "region": ["north"] * 3 + ["south"] * 3,
}


def read(columns: dict[str, Any] | None = None, **settings: Any) -> Panel:
    return read_panel(pd.DataFrame(SHOPS if columns is None else columns), DataSettings(**settings))


def codes(panel: Panel) -> list[tuple[str, int | None]]:
    return [(note.code, note.count) for note in (*panel.repairs, *panel.warnings)]


def test_numbers_flags_and_categories_become_channels_behind_the_target() -> None:
    panel = read(past="heat", future_known="promo,day", static="size,region")
    assert panel.channels == ("y", "heat", "promo", "day=mon", "day=sun")
    assert panel.future_known == (2, 3, 4)
    assert panel.values.tolist() == [
        [10, 5, 1, 0, 1],
        [11, 6, 0, 1, 0],
        [12, 7, 1, 0, 0],  # an empty category is none of them
        [20, 8, 0, 0, 1],
        [21, 9, 0, 1, 0],
        [22, 1, 1, 0, 1],
    ]
    assert panel.static_names == ("size", "region=north", "region=south")
    assert panel.static is not None and panel.static.tolist() == [[3, 1, 0], [4, 0, 1]]
    assert panel.levels == {"day": ("mon", "sun"), "region": ("north", "south")}
    roles = {"past": "heat", "future": "promo", "future2": "day", "static": "size", "static2": "region"}
    assert panel.columns == {"id": "id", "time": "ds", "target": "y", **roles}
    assert codes(panel) == []


def test_columns_follow_their_rows_when_these_are_sorted_and_put_in() -> None:
    table = pd.DataFrame(SHOPS).iloc[[5, 0, 3, 2, 1]]
    settings = DataSettings(past="heat", future_known="day", static="size")
    panel = read_panel(table, settings)
    assert panel.ids.tolist() == ["b", "a"]
    np.testing.assert_array_equal(panel.values[:, 1], [8, np.nan, 1, 5, 6, 7])
    np.testing.assert_array_equal(panel.values[:, 2], [0, np.nan, 0, 0, 1, 0])
    assert panel.static is not None and panel.static.tolist() == [[4], [3]]
    filled = read_panel(table, settings.model_copy(update={"fill": "linear"}))
    assert filled.values[:, 1].tolist() == [8, 4.5, 1, 5, 6, 7]
    assert ("filled_covariates", 3) in codes(filled) and ("filled", 1) in codes(filled)


def test_missing_numbers_beside_the_target_are_counted() -> None:
    table = {**SHOPS, "heat": [5, None, 7, 8, None, 1], "size": [3, None, 3, None, None, None]}
    panel = read(table, past="heat", static="size")
    assert codes(panel) == [("missing_static", 1), ("missing_covariates", 2)]
    assert panel.static is not None
    np.testing.assert_array_equal(panel.static, [[3], [np.nan]])


def test_rows_of_one_time_are_merged_with_their_covariates() -> None:
    table = {"ds": [1, 1, 2], "y": [1.0, 3, 5], "heat": [4.0, 8, 1]}
    assert read(table, past="heat", duplicates="mean").values.tolist() == [[2, 6], [5, 1]]
    assert read(table, past="heat", duplicates="last").values.tolist() == [[3, 8], [5, 1]]


def test_every_target_has_the_covariates() -> None:
    table = {**SHOPS, "z": [1.0, 2, 3, 4, 5, 6]}
    panel = read(table, target="y,z", past="heat", future_known="promo", static="size")
    assert panel.ids.tolist() == ["a/y", "a/z", "b/y", "b/z"]
    assert panel.channels == ("value", "heat", "promo")
    assert panel.values[3:6].tolist() == [[1, 5, 1], [2, 6, 0], [3, 7, 1]]
    assert panel.future_known == (2,)
    assert panel.static is not None and panel.static.ravel().tolist() == [3, 3, 4, 4]


def test_another_file_is_read_with_the_categories_of_the_run() -> None:
    settings = DataSettings(future_known="day", static="region")
    first = read_panel(pd.DataFrame(SHOPS), settings)
    other = {**SHOPS, "day": ["tue", "mon", "sun", "tue", "", "mon"], "region": ["south"] * 3 + ["east"] * 3}
    kind = settings.model_copy(update={"kind": "values"})
    panel = read_panel(pd.DataFrame(other), kind, first.columns, "a1", first.levels)
    assert panel.channels == first.channels
    assert panel.values[:, 1:].tolist() == [[0, 0], [1, 0], [0, 1], [0, 0], [0, 0], [1, 0]]
    assert panel.static is not None and panel.static.tolist() == [[0, 1], [0, 0]]
    assert codes(panel) == [("new_levels", 2), ("new_levels", 3)]


def test_numbers_that_are_not_used_are_named() -> None:
    panel = read(target="y", past="heat")
    assert codes(panel) == [("unused_columns", None)]
    assert panel.warnings[0].text.startswith("columns of numbers are not used: size; name covariates with")


def test_prices_and_intervals_take_past_columns() -> None:
    prices = {"date": pd.date_range("2024-01-01", periods=3), "open": 1.0, "high": 2.0, "low": 1.0}
    panel = read({**prices, "close": [1.0, 2, 1], "rate": [0.1, 0.2, 0.3]}, past="rate")
    assert (panel.kind, panel.channels[-1], panel.values[:, -1].tolist()) == ("ohlc", "rate", [0.1, 0.2, 0.3])
    panel = read({"waiting": [3, 5, 4], "kind": list("aba")}, past="kind")
    assert (panel.kind, panel.channels) == ("intervals", ("waiting", "kind=a", "kind=b"))
    assert panel.values.tolist() == [[3, 1, 0], [5, 0, 1], [4, 1, 0]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"past": "rain"}, "column 'rain' is missing; found .* Name another with --past"),
        ({"future_known": "rain"}, "column 'rain' is missing; found .* Name another with --future-known"),
        ({"static": "y", "target": "y"}, "--static y: this column is the target. Name another"),
        ({"past": "heat", "static": "heat"}, "--static heat: the column is named twice. Name it once"),
        ({"static": "heat"}, r"row 1 \(from 0\), column 'heat': '6.0', but series a has '5.0' before"),
        ({"past": "many"}, "--past many: 60 different texts; 50 categories at most can be learnt"),
        ({"past": "value", "target": "y,heat"}, "value: another channel has this name. Rename the column"),
        (
            {"kind": "intervals", "target": "y", "static": "size"},
            "--static size: only for values; the file is",
        ),
    ],
)
def test_columns_that_do_not_fit_are_refused(settings: dict[str, Any], message: str) -> None:
    table = pd.concat([pd.DataFrame(SHOPS).assign(ds=lambda one, n=n: one["ds"] + 3 * n) for n in range(10)])
    table = table.assign(many=[f"n{place}" for place in range(60)], value=1.0)
    with pytest.raises((ConfigError, DataError), match=message):
        read_panel(table, DataSettings(**settings))


def test_changed_static_value_names_its_line(write_csv) -> None:
    path = write_csv("id,ds,y,region", "a,1,1,north", "b,1,1,south", "a,2,2,", "a,3,2,south")
    with pytest.raises(DataError) as caught:
        read_panel(path, DataSettings(static="region"))
    assert str(caught.value) == (
        f"{path}, line 5, column 'region': 'south', but series a has 'north' before. Give each series one "
        "value, or name the column with --past."
    )
