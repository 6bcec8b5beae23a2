from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.data.ties import decided_ties
from forecaster.errors import ConfigError, DataError

DAYS = ["2020-01-01", "2020-01-01", "2020-01-03", "2020-01-03", "2020-01-03", "2020-01-08"]


def read(times: list[Any], ids: str = "customer_id", **settings: Any) -> Panel:
    others = settings.pop("others", {})
    frame = pd.DataFrame({ids: ["a"] * len(times), "time": times, **others})
    return read_panel(frame, DataSettings(**{"kind": "events", "unit": "day", "id": ids, **settings}))


def ties(panel: Panel) -> tuple[str, int | None]:
    (note,) = (note for note in (*panel.repairs, *panel.warnings) if note.code.startswith("ties"))
    return note.text, note.count


def test_a_customers_events_of_one_day_are_merged_and_it_is_said_why() -> None:
    panel = read(DAYS)
    np.testing.assert_array_equal(panel.y, [np.nan, 2, 5])
    assert ties(panel) == (
        "events at the stamp of the event before were merged with it, as stamps are whole days and "
        "'customer_id' names customers; --ties keep keeps them",
        3,
    )


@pytest.mark.parametrize(
    ("times", "ids"), [(DAYS, "machine_id"), ([f"{day} 10:00" for day in DAYS], "customer_id")]
)
def test_other_ties_are_kept_and_many_of_them_said(times: list[str], ids: str) -> None:
    panel = read(times, ids)
    np.testing.assert_array_equal(panel.y, [np.nan, 0, 2, 0, 0, 5])
    text, count = ties(panel)
    assert "as gaps of zero, 60% of all gaps; --ties merge" in text and count == 3


def test_days_in_a_zone_are_days() -> None:
    assert read(DAYS, tz="Europe/Paris").n_rows == 3


def test_what_was_decided_does_not_hang_on_there_being_ties() -> None:
    single = ["2020-01-01", "2020-01-03"]
    assert decided_ties(read(single), DataSettings()) == "merge"
    assert decided_ties(read(single, "machine_id"), DataSettings()) == "keep"
    assert decided_ties(read([1, 2], unit="hour"), DataSettings()) == "keep"
    assert decided_ties(read(single), DataSettings(ties="jitter")) == "jitter"


def test_numbers_of_merged_events_are_added_up_and_the_first_mark_is_kept() -> None:
    nan = np.nan
    others = {"amount": [1.0, 2.5, nan, nan, nan, 4], "shop": ["", "x", "y", "x", "x", None]}
    panel = read(DAYS, others=others, past=("amount",), mark="shop")
    np.testing.assert_array_equal(panel.values[:, 1], [3.5, nan, 4])
    assert panel.marks is not None and panel.mark_names == ("x", "y")
    assert panel.marks.tolist() == [0, 1, -1]
    assert "their numbers were added up; the first mark was kept" in ties(panel)[0]


def test_spread_events_stay_in_their_day_and_in_order() -> None:
    panel = read(DAYS, ties="jitter", others={"amount": range(6)}, past=("amount",))
    days = panel.times.astype("datetime64[D]").astype(str)
    assert days.tolist() == DAYS
    assert (np.diff(panel.times).astype(np.int64) > 0).all()
    assert panel.values[:, 1].tolist() == [0, 1, 2, 3, 4, 5]
    assert panel.clock.resolution is None and str(panel.times[5]) == "2020-01-08T00:00:00.000000000"
    assert ties(panel) == (
        "events of one stamp were spread over it at random (whole days); gaps are taken as real numbers",
        5,
    )


def test_an_event_is_spread_alike_in_every_file() -> None:
    later = read([*DAYS, "2020-01-09", "2020-01-09"], ties="jitter")
    assert later.times[:6].tolist() == read(DAYS, ties="jitter").times.tolist()
    assert later.as_of is not None and later.as_of[0] == later.times[-1]  # no event lies beyond it


def test_whole_numbers_are_spread_as_real_ones_and_real_ones_are_not() -> None:
    panel = read([1, 1, 4], ties="jitter", unit="hour")
    assert panel.clock.kind == "float" and panel.times.dtype == np.float64
    assert 1 <= panel.times[0] < panel.times[1] < 2 and panel.times[2] == 4
    assert read([1, 4], ties="jitter", unit="hour").times.dtype == np.float64
    with pytest.raises(ConfigError, match="--ties jitter: times are real numbers, and no cell"):
        read([0.5, 0.5], ties="jitter", unit="hour")


def test_a_refused_tie_is_named_with_its_line_behind_rows_left_out(tmp_path: Any) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("time\n2020-02-02\n2020-01-01\n2020-01-03\n2020-01-03\n")
    settings = DataSettings(kind="events", ties="error", as_of="2020-01-15")
    with pytest.raises(DataError, match=r"csv, line 5, column 'time': '2020-01-03' is there already\. "):
        read_panel(path, settings)


def test_counts_per_day_count_ties_of_customers_too() -> None:
    frame = pd.DataFrame({"customer_id": ["a"] * 6, "time": DAYS})
    assert read_panel(frame, DataSettings(count_per="day")).y.tolist() == [2, 0, 3, 0, 0, 0, 0, 1]
