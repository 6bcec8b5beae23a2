from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, DataError

VISITS = [
    "2015-05-15 14:03",
    "2015-05-15 15:32",
    "2015-06-28 18:00",
    "2015-07-16 21:27",
    "2015-07-16 22:04",
    "2015-09-08 14:59",
]


def read(times: list[Any], ids: list[str] | None = None, **settings: Any) -> Panel:
    frame = pd.DataFrame({"time": times} if ids is None else {"customer_id": ids, "time": times})
    return read_panel(frame, DataSettings(**{"kind": "events", **settings}))


def codes(panel: Panel) -> list[tuple[str, int | None]]:
    return [(note.code, note.count) for note in (*panel.repairs, *panel.warnings)]


def test_calendar_gaps_count_whole_days() -> None:
    panel = read(VISITS, unit="day", gap="calendar")
    np.testing.assert_array_equal(panel.y, [np.nan, 0, 44, 18, 0, 54])
    assert (panel.kind, panel.channels, panel.unit, panel.gap) == ("events", ("gap",), "day", "calendar")


def test_exact_gaps_are_in_the_unit() -> None:
    panel = read(VISITS[:3], unit="hours")
    np.testing.assert_allclose(panel.y[1:], [89 / 60, 44 * 24 + 2 + 28 / 60])
    assert (panel.unit, panel.unit_length) == ("hour", 3.6e12)


def test_unit_is_chosen_by_the_median_gap_and_said() -> None:
    panel = read(VISITS)
    assert panel.unit == "day"
    assert panel.warnings[-1].text == (
        "gaps are in the unit day: the median gap above zero is 18.1 days; --unit names another"
    )
    assert read(["2020-01-01 00:00:00", "2020-01-01 00:02:00"]).unit == "minute"
    assert read(["2020-01-01"]).unit == "day"


def test_first_event_of_every_series_has_no_gap() -> None:
    panel = read(["2020-01-03", "2020-01-01", "2020-01-05", "2020-01-02"], ["b", "a", "b", "a"], unit="day")
    np.testing.assert_array_equal(panel.y, [np.nan, 2, np.nan, 1])
    assert panel.ids.tolist() == ["b", "a"]
    assert panel.offsets.tolist() == [0, 2, 4]


def test_as_of_is_the_latest_stamp_over_all_series() -> None:
    panel = read(["2020-01-03", "2020-01-01"], ["b", "a"])
    assert panel.as_of is not None
    assert panel.as_of.astype("datetime64[D]").astype(str).tolist() == ["2020-01-03", "2020-01-03"]


def test_rows_after_as_of_are_not_read_and_counted() -> None:
    panel = read(
        ["2020-01-01", "2020-01-04", "2020-01-09", "2020-01-05"], ["a", "a", "a", "b"], as_of="2020-01-04"
    )
    assert (panel.n_rows, panel.ids.tolist()) == (2, ["a"])
    assert ("after_as_of", 2) in codes(panel) and ("after_as_of_series", 1) in codes(panel)
    with pytest.raises(ConfigError, match="--as-of 2019-01-01 is before every event of data"):
        read(["2020-01-01"], as_of="2019-01-01")


def test_as_of_may_be_later_than_every_event() -> None:
    panel = read(["2020-01-01"], as_of="2020-02-01")
    assert panel.as_of is not None and str(panel.as_of[0])[:10] == "2020-02-01"


def test_ties_are_kept_merged_or_refused() -> None:
    times, ids = ["2020-01-01", "2020-01-01", "2020-01-03"], ["a", "a", "a"]
    kept = read(times, ids, unit="day", ties="keep")
    np.testing.assert_array_equal(kept.y, [np.nan, 0, 2])
    assert ("ties", 1) in codes(kept)
    merged = read(times, ids, unit="day", ties="merge")
    np.testing.assert_array_equal(merged.y, [np.nan, 2])
    assert merged.offsets.tolist() == [0, 2] and ("ties", 1) in codes(merged)
    with pytest.raises(
        DataError, match=r"row 1 \(from 0\), column 'time': '2020-01-01' is there already\. Rem"
    ):
        read(times, ids, ties="error")


def test_equal_stamps_of_two_series_are_no_ties() -> None:
    panel = read(["2020-01-01", "2020-01-01"], ["a", "b"])
    assert "ties" not in dict(codes(panel))


def test_times_may_be_numbers() -> None:
    panel = read([0.5, 2.0, 7.25], unit="hour")
    np.testing.assert_array_equal(panel.y, [np.nan, 1.5, 5.25])
    assert (panel.clock.kind, panel.unit, panel.unit_length) == ("float", "hour", 1.0)
    assert read([3, 5], as_of="9").as_of == [9]


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="--gap calendar: the times are numbers, not dates"):
        read([1, 2], gap="calendar")
    with pytest.raises(ConfigError, match="--unit parsec is not a unit of time"):
        read(VISITS, unit="parsec")
    with pytest.raises(ConfigError, match="--target time: events have no target"):
        read(VISITS, target="time")


def test_resolution_of_the_stamps_is_found() -> None:
    assert read(["2020-01-01", "2020-01-05"]).clock.resolution == 86_400e9
    assert read(VISITS).clock.resolution == 60e9


def test_calendar_gaps_are_counted_in_the_zone() -> None:
    times = ["2020-01-01T22:30Z", "2020-01-01T23:30Z"]
    assert read(times, unit="day", gap="calendar").y[1] == 0
    assert read(times, unit="day", gap="calendar", tz="Europe/Paris").y[1] == 1


def test_many_series_are_read_in_their_order() -> None:
    rows = np.random.default_rng(0).permutation(200_000)
    frame = pd.DataFrame({"customer_id": rows % 50_000, "time": rows // 50_000})
    panel = read_panel(frame, DataSettings())
    assert (panel.n_series, panel.n_rows) == (50_000, 200_000)
    assert panel.ids[0] == str(rows[0] % 50_000)
    np.testing.assert_array_equal(panel.y[:4], [np.nan, 1, 1, 1])
    np.testing.assert_array_equal(panel.lengths, np.full(50_000, 4))


def sales(**settings: Any) -> Panel:
    frame = pd.DataFrame(
        {
            "item": ["b", "a", "b", "a"],
            "time": ["2020-01-03", "2020-01-01", "2020-01-05", "2020-01-04"],
            "amount": [3.0, 1.0, np.nan, 4.0],
            "size": [30, 10, 50, 40],
        }
    )
    return read_panel(frame, DataSettings(**{"kind": "events", "unit": "day", **settings}))


def test_past_columns_are_channels_behind_the_gap() -> None:
    panel = sales(past="size,amount")
    assert (panel.channels, panel.target) == (("gap", "size", "amount"), 0)
    np.testing.assert_array_equal(
        panel.values, [[np.nan, 30, 3], [2, 50, np.nan], [np.nan, 10, 1], [3, 40, 4]]
    )
    assert panel.columns == {"id": "item", "time": "time", "past": "size", "past2": "amount"}
    assert ("missing_values", 1) in codes(panel)
    assert sales().channels == ("gap",)


def test_past_columns_follow_rows_that_are_cut_off_and_names_of_a_run() -> None:
    np.testing.assert_array_equal(sales(past="size", as_of="2020-01-04").values[:, 1], [30, 10, 40])
    frame = pd.DataFrame({"t": ["2020-01-01", "2020-01-02"], "n": [1, 2], "m": ["x", "y"]})
    trained = {"time": "t", "past": "n", "mark": "m"}
    panel = read_panel(frame, DataSettings(kind="events"), trained)
    assert (panel.channels, panel.mark_names) == (("gap", "n"), ("x", "y"))


def test_past_columns_hold_numbers(tmp_path: Any) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("time,amount\n2020-01-01,3\n2020-01-02,many\n")
    with pytest.raises(DataError, match=r"sales\.csv, line 3, column 'amount': 'many' is not a number"):
        read_panel(path, DataSettings(kind="events", past=("amount",)))
    path.write_text("time,amount\n2020-01-01,\n2020-01-02,\n")
    with pytest.raises(DataError, match=r"column 'amount' holds no value\. Name another with --past"):
        read_panel(path, DataSettings(kind="events", past=("amount",)))


def test_a_named_column_is_neither_id_nor_time() -> None:
    panel = sales(mark="item")
    assert panel.n_series == 1 and panel.mark_names == ("a", "b")
    assert "id" not in panel.columns


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"past": "price"},
            "column 'price' is missing; found .* Name another with --past",
        ),
        ({"mark": "kind"}, "column 'kind' is missing; .* Name another with --mark"),
        ({"past": "time", "time": "time"}, "--past time: this column is the time. Name another"),
        ({"mark": "item", "id": "item"}, "--mark item: this column is the id. Name another"),
        ({"past": "size,size"}, "--past size: the column is named twice"),
        ({"past": "size", "count_per": "day"}, "--past size: counts per day have no other column"),
        ({"static": "size"}, "--static size: only for values; these are events"),
        ({"kind": "values", "mark": "item", "target": "amount"}, "--mark item: only for events; the file is"),
    ],
)
def test_columns_beside_events_that_do_not_fit_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, DataError), match=message):
        sales(**settings)
