from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.as_of import read_as_of
from forecaster.data.load import read_panel
from forecaster.data.panel import Clock, Panel
from forecaster.errors import ConfigError, DataError

IDS = np.array(["a", "b"], dtype=object)
DATES = Clock("date")


def read(as_of: Path | str, **settings: Any) -> Panel:
    frame = pd.DataFrame(
        {
            "machine_id": ["a", "a", "a", "b", "b", "c"],
            "time": ["2020-01-01", "2020-01-04", "2020-01-09", "2020-01-02", "2020-01-06", "2020-01-20"],
        }
    )
    return read_panel(frame, DataSettings(kind="events", unit="day", as_of=str(as_of), **settings))


def days(times: np.ndarray | None) -> list[str]:
    assert times is not None
    return times.astype("datetime64[D]").astype(str).tolist()


def test_every_id_has_its_own_moment(write_csv: Callable[..., Path]) -> None:
    path = write_csv("time,machine_id", "2020-01-06,b", "2020-01-08,a", "2020-01-10,c", "2020-01-01,d")
    panel = read(path)
    assert panel.ids.tolist() == ["a", "b"]
    assert days(panel.as_of) == ["2020-01-08", "2020-01-06"]
    np.testing.assert_array_equal(panel.y, [np.nan, 3, np.nan, 4])
    notes = {note.code: note.line for note in panel.repairs}
    assert notes["after_as_of"] == f"rows after the moment of their id in {path} were not read (2)"
    assert notes["after_as_of_series"].endswith("were left out (1)")
    assert notes["as_of_ids"] == f"ids of {path} have no event and were left out (1)"


def test_ids_without_a_moment_are_named(write_csv: Callable[..., Path]) -> None:
    path = write_csv("machine_id,time", "a,2020-01-08")
    with pytest.raises(
        DataError, match=r"data.csv: no moment for 2 ids of the data: b, c\. Add a row for each"
    ):
        read(path)


def test_an_id_has_one_moment(write_csv: Callable[..., Path]) -> None:
    path = write_csv("id,when", "a,2020-01-08", "b,2020-01-08", "a,2020-01-09")
    with pytest.raises(DataError, match=r"data.csv, line 4, column 'id': 'a' is there already"):
        read_as_of(str(path), DATES, IDS)


def test_a_plain_moment_is_one_for_all() -> None:
    as_of, notes = read_as_of("2020-01-08", DATES, IDS)
    assert days(as_of) == ["2020-01-08"] * 2 and notes == ()
    assert read_as_of("7", Clock("integer"), IDS)[0].tolist() == [7, 7]


def test_columns_may_have_any_names_where_there_are_two(write_csv: Callable[..., Path]) -> None:
    path = write_csv("pump,until", "b,2020-01-02", "a,2020-01-03")
    assert days(read_as_of(str(path), DATES, IDS)[0]) == ["2020-01-03", "2020-01-02"]
    path = write_csv("pump,site,until", "b,1,2020-01-02")
    with pytest.raises(ConfigError, match="no column of ids; found pump, site, until"):
        read_as_of(str(path), DATES, IDS)


def test_ids_that_are_numbers_stay_as_they_are_written(write_csv: Callable[..., Path]) -> None:
    path = write_csv("pump,until", "01,2020-01-02")
    ids = np.array(["01"], dtype=object)
    assert days(read_as_of(str(path), DATES, ids, {"id": "pump"})[0]) == ["2020-01-02"]


def test_moments_are_in_the_zone_of_the_events(write_csv: Callable[..., Path]) -> None:
    path = str(write_csv("id,time", "a,2020-01-02T01:00", "b,2020-01-02T01:00"))
    paris = Clock("date", zone="Europe/Paris")
    assert read_as_of(path, paris, IDS)[0][0] == np.datetime64("2020-01-02T00:00")
    path = str(write_csv("id,time", "a,2020-01-02T01:00+03:00", "b,2020-01-02T01:00Z"))
    assert read_as_of(path, paris, IDS)[0][0] == np.datetime64("2020-01-01T22:00")
    with pytest.raises(ConfigError, match="column 'time' has a zone, the data have none"):
        read_as_of(path, DATES, IDS)


def test_moments_are_of_the_kind_of_the_events(write_csv: Callable[..., Path]) -> None:
    path = str(write_csv("id,time", "a,3", "b,5"))
    assert read_as_of(path, Clock("integer"), IDS)[0].tolist() == [3, 5]
    assert read_as_of(path, Clock("float"), IDS)[0].dtype == np.float64
    with pytest.raises(ConfigError, match="column 'time' holds whole numbers, times of the data are dates"):
        read_as_of(path, DATES, IDS)


def test_a_file_that_is_not_there_is_no_moment() -> None:
    with pytest.raises(DataError, match=r"ends.csv: there is no such file"):
        read_as_of("ends.csv", DATES, IDS)
    with pytest.raises(ConfigError, match="--as-of soon is not a date"):
        read_as_of("soon", DATES, IDS)


def test_counts_end_with_the_moment_of_their_id(write_csv: Callable[..., Path]) -> None:
    path = write_csv("machine_id,time", "a,2020-01-05", "b,2020-01-02", "c,2020-01-21")
    frame = {"machine_id": ["a", "b", "c"], "time": ["2020-01-03", "2020-01-01", "2020-01-20"]}
    panel = read_panel(pd.DataFrame(frame), DataSettings(count_per="day", as_of=str(path)))
    assert panel.y.tolist() == [1, 0, 0, 1, 0, 1, 0]
    assert panel.offsets.tolist() == [0, 3, 5, 7]
