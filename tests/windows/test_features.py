from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.windows.features import find_calendar, history_features, n_static
from tests.windows.conftest import CUSTOMERS, events_of
from tests.windows.test_windows import panel_of

HISTORY = ("count", "age", "mean_gap", "single")
ALL = (*HISTORY, "hour", "weekday", "month")
EVERY = np.arange(7)


def test_history_of_each_event(customers: Panel) -> None:
    found = history_features(customers, EVERY, HISTORY)
    assert found.shape == (7, 4) and found.dtype == np.float64
    expected = [
        [0, 0, 0, 1],
        [log(2), log(3), log(3), 0],  # one event before, in 2 days
        [log(3), log(6), log(3.5), 0],  # two in 5 days
        [log(4), log(20), log(1 + 19 / 3), 0],  # three in 19 days
        [0, 0, 0, 1],
        [0, 0, 0, 1],
        [log(2), log(3), log(3), 0],
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_calendar_of_an_event() -> None:
    # a Monday at six in the morning in April
    panel = events_of({"a": ["2024-04-01 06:00"]})
    found = history_features(panel, np.array([0]), ("weekday", "hour", "month"))[0]
    assert found[:7].tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert found[7:].tolist() == pytest.approx([1, 0, 1, 0])  # a quarter of the day, and of the year


def test_calendar_is_that_of_the_zone() -> None:
    panel = events_of({"a": ["2024-07-01 23:30"]}, tz="America/New_York")  # Tuesday in UTC
    assert history_features(panel, np.array([0]), ("weekday",))[0].tolist() == [1, 0, 0, 0, 0, 0, 0]


def test_columns_come_in_the_order_asked_for(customers: Panel) -> None:
    one = history_features(customers, EVERY, ("single", "count"))
    other = history_features(customers, EVERY, ("count", "single"))
    assert one[:, ::-1].tolist() == other.tolist()
    assert history_features(customers, EVERY, ()).shape == (7, 0)
    assert history_features(customers, EVERY[:0], ALL).shape == (0, n_static(ALL)) == (0, 15)


def test_rows_that_were_cut_off_still_count(customers: Panel) -> None:
    whole = history_features(customers, np.array([2, 3, 4, 6]), ALL)
    cut = customers.take(np.array([2, 4, 6]), customers.offsets[1:])
    assert cut.n_earlier is not None and cut.n_earlier.tolist() == [2, 0, 1]
    assert history_features(cut, np.array([0, 1, 2, 3]), ALL).tolist() == whole.tolist()
    again = cut.take(np.array([1, 2, 3]), cut.offsets[1:])
    assert again.n_earlier is not None and again.n_earlier.tolist() == [3, 0, 1]
    assert history_features(again, np.array([0, 1, 2]), ALL).tolist() == whole[1:].tolist()


def test_series_that_lost_all_rows_moves_no_other(customers: Panel) -> None:
    cut = customers.take(np.array([2, 5, 5]), np.array([4, 5, 7]))
    assert cut.lengths.tolist() == [2, 0, 2]
    whole = history_features(customers, np.array([2, 3, 5, 6]), ALL)
    assert history_features(cut, np.array([0, 1, 2, 3]), ALL).tolist() == whole.tolist()


def test_features_tell_nothing_of_later_rows_or_of_the_time_observed(customers: Panel) -> None:
    early = [0, 1, 2, 4]
    before = history_features(customers, np.array(early), ALL)
    later = events_of(CUSTOMERS, as_of="2024-03-01")
    assert history_features(later, np.array(early), ALL).tolist() == before.tolist()
    fewer = events_of({name: days[:3] for name, days in CUSTOMERS.items()})
    assert history_features(fewer, np.array([0, 1, 2, 3]), ALL).tolist() == before.tolist()
    unseen = replace(customers, as_of=None)
    assert history_features(unseen, np.array(early), ALL).tolist() == before.tolist()


# Calendar features are taken where stamps carry them and the data has seen enough.


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2024-01-01", "2024-01-20", ()),
        ("2024-01-01", "2024-02-25", ()),  # 55 days
        ("2024-01-01", "2024-02-26", ("weekday",)),  # eight weeks
        ("2020-01-01", "2022-12-31", ("weekday", "month")),  # 1,095 days
        ("2024-01-01 05:00", "2024-01-15 04:00", ()),
        ("2024-01-01 05:00", "2024-01-15 05:00", ("hour",)),  # 14 days
        ("2020-01-01 05:00", "2023-01-01 05:00", ("hour", "weekday", "month")),
    ],
)
def test_calendar_of_data(first: str, last: str, expected: tuple[str, ...]) -> None:
    assert find_calendar(events_of({"a": [first, last]})) == expected


def test_numbers_and_values_have_no_calendar() -> None:
    assert find_calendar(events_of({"a": [1, 10_000_000]}, unit="s")) == ()
    assert find_calendar(panel_of([1.0, 2.0])) == ()
