from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, DataError


def read(times: list[Any], ids: list[str], per: str, **settings: Any) -> Panel:
    return read_panel(pd.DataFrame({"id": ids, "time": times}), DataSettings(count_per=per, **settings))


def test_events_are_counted_up_to_the_end_over_all_series() -> None:
    times = [
        "2020-01-01 10:00",
        "2020-01-01 11:00",
        "2020-01-03 09:00",
        "2020-01-04 09:00",
        "2020-01-05 01:00",
    ]
    panel = read(times, ["a", "a", "a", "b", "c"], "day")
    assert panel.y.tolist() == [2, 0, 1, 0, 0, 1, 0, 1]
    assert panel.offsets.tolist() == [0, 5, 7, 8]
    assert (panel.kind, panel.channels, panel.clock.step) == ("values", ("count",), "D")
    assert panel.unit == "events per day"
    assert str(panel.times[5])[:10] == "2020-01-04"


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    times = ["2024-01-07", "2024-01-08", "2024-02-01"]
    weeks = read(times, ["a"] * 3, "week")
    assert [str(time)[:10] for time in weeks.times[:2]] == ["2024-01-01", "2024-01-08"]
    assert weeks.y.tolist() == [1, 1, 0, 0, 1]
    months = read(times, ["a"] * 3, "month")
    assert months.y.tolist() == [2, 1] and months.clock.step == "MS"


def test_days_are_those_of_the_zone() -> None:
    panel = read(["2020-01-01T23:30Z", "2020-01-02T01:00Z"], ["a", "a"], "day", tz="Europe/Paris")
    assert panel.y.tolist() == [2]
    assert str(panel.times[0])[:16] == "2020-01-01T23:00"


def test_ties_count_and_are_no_matter_of_a_warning() -> None:
    panel = read(["2020-01-01", "2020-01-01"], ["a", "a"], "hour")
    assert panel.y.tolist() == [2] and panel.warnings == ()


def test_periods_without_dates_or_without_end_are_refused() -> None:
    with pytest.raises(ConfigError, match="--count-per day: the times of data are numbers, not dates"):
        read([1, 2], ["a", "a"], "day")
    with pytest.raises(
        DataError, match=r"--count-per minute would make 262,974,241 rows\. Count per a longer"
    ):
        read(["1700-01-01", "2200-01-01"], ["a", "a"], "minute")


def test_count_is_that_of_numpy() -> None:
    rng = np.random.default_rng(0)
    hours = rng.integers(0, 1000, 500)
    times = np.datetime64("2020-01-01", "ns") + hours.astype("timedelta64[h]")
    panel = read(list(times), ["a"] * 500, "hour")
    np.testing.assert_array_equal(panel.y, np.bincount(hours - hours.min()))
