from dataclasses import replace

import numpy as np
import pytest

from forecaster.config.settings import WindowSettings
from forecaster.data.panel import Clock, Panel
from forecaster.errors import ConfigError
from forecaster.windows.parts import make_parts
from forecaster.windows.split import make_split
from tests.windows.conftest import CUSTOMERS, events_of
from tests.windows.test_windows import panel_of


def cuts(panel, least=2, **settings):
    split = make_split(panel, WindowSettings(**settings), least_train=least)
    return split.train_ends.tolist(), split.valid_ends.tolist()


def test_default_holds_out_ten_percent_twice():
    assert cuts(panel_of(list(np.arange(100.0)))) == ([80], [90])


def test_default_holds_out_the_horizon_at_least():
    assert cuts(panel_of(list(np.arange(100.0))), horizon=24) == ([52], [76])


@pytest.mark.parametrize("size", [0.2, 20, "20", "0.2"])
def test_size_is_a_fraction_or_a_count(size):
    assert cuts(panel_of(list(np.arange(100.0))), test_size=size, valid_size=0)[1] == [80]


def test_size_is_a_date():
    panel = panel_of(list(np.arange(100.0)))
    days = np.datetime64("2020-01-01", "ns") + np.arange(100) * np.timedelta64(1, "D")
    dated = replace(panel, times=days.astype("datetime64[ns]"), clock=Clock("date", "D"))
    assert cuts(dated, test_size="2020-03-01", valid_size=0)[1] == [60]


def test_short_series_keeps_its_rows_for_training():
    panel = panel_of(list(np.arange(100.0)), [1.0, 2, 3])
    assert cuts(panel, least=3, horizon=1) == ([80, 103], [90, 103])


def test_test_part_goes_before_valid_part_when_rows_are_few():
    assert cuts(panel_of([1.0, 2, 3, 4, 5]), least=4) == ([4], [4])


def test_size_that_cannot_be_held_out_is_refused():
    with pytest.raises(ConfigError, match="--test-size 10"):
        cuts(panel_of([1.0, 2, 3]), test_size=10)
    with pytest.raises(ConfigError, match=r"1\.5"):
        cuts(panel_of([1.0, 2, 3]), test_size=1.5)


def test_events_with_ids_are_cut_at_one_date():
    times = np.array([0, 50, 99, 60, 95, 97], dtype=np.int64)
    panel = Panel(
        "events",
        np.array([[np.nan], [50], [49], [np.nan], [35], [2]]),
        np.array([0, 3, 6]),
        times,
        np.array(["a", "b"], dtype=object),
        ("gap",),
        0,
        Clock("integer"),
        unit_length=1.0,
        columns={"id": "customer", "time": "t"},
    )
    split = make_split(panel, WindowSettings(), least_train=2)
    assert (split.test_ends - split.valid_ends).tolist() == [1, 2]


def test_train_windows_end_before_the_cut_and_test_windows_after_it():
    panel = panel_of(list(np.arange(100.0)))
    settings = WindowSettings(look_back=5, min_history=5, horizon=3)
    split = make_split(panel, settings, least_train=8)
    parts = make_parts(panel, split, settings)
    assert (parts.train.origins + 3).max() < split.train_ends[0]
    assert (parts.valid.origins + 1).min() == split.train_ends[0]
    assert (parts.test.origins + 1).min() == split.valid_ends[0]


@pytest.mark.parametrize(
    ("kind", "embargo", "expected"),
    [("ohlc", None, 3), ("ohlc", 5, 5), ("values", None, 0), ("values", 5, 5)],
)
def test_an_embargo_leaves_rows_between_the_parts(kind: str, embargo: int | None, expected: int) -> None:
    panel = panel_of(list(np.arange(100.0)), kind=kind)
    settings = WindowSettings(look_back=5, min_history=5, horizon=3, embargo=embargo)
    split = make_split(panel, settings, least_train=8)
    parts = make_parts(panel, split, settings)
    assert split.embargo == expected
    assert (parts.train.origins + 3).max() == 79  # the last row before the cut
    assert (parts.valid.origins + 1).min() == 80 + expected
    assert (parts.valid.origins + 3).max() == 89
    assert (parts.test.origins + 1).min() == 90 + expected
    assert split.before_test.ends.tolist() == [90] and split.everything.ends.tolist() == [100]


def test_an_embargo_as_long_as_a_part_leaves_nothing_of_it() -> None:
    panel = panel_of(list(np.arange(100.0)), kind="ohlc")
    settings = WindowSettings(look_back=5, min_history=5, embargo=12)
    split = make_split(panel, settings, least_train=6)
    parts = make_parts(panel, split, settings)
    assert (split.valid.begins.tolist(), split.test.begins.tolist()) == ([90], [100])
    assert (parts.train.n_windows, parts.valid.n_windows, parts.test.n_windows) == (75, 0, 0)


def test_parts_of_prices_that_would_touch_are_refused() -> None:
    settings = WindowSettings(look_back=5, horizon=3, embargo=0)
    with pytest.raises(ConfigError) as caught:
        make_split(panel_of(list(np.arange(100.0)), kind="ohlc"), settings, least_train=8)
    assert str(caught.value) == (
        "--embargo 0: below --horizon 3, so parts of prices would touch. Raise it to 3 at least, or leave it "
        "out."
    )
    assert make_split(panel_of(list(np.arange(100.0))), settings, least_train=8).embargo == 0


def test_random_split_is_marked_leaky_and_uses_every_window_once():
    panel = panel_of(list(np.arange(100.0)))
    settings = WindowSettings(look_back=5, min_history=5, split="random")
    split = make_split(panel, settings, least_train=8)
    parts = make_parts(panel, split, settings)
    together = np.concatenate([parts.train.starts, parts.valid.starts, parts.test.starts])
    assert split.leaky and sorted(together.tolist()) == list(range(95))
    assert parts.test.n_windows == 19


# The moment that cuts events, up to which their open intervals are known.


def moments(split):
    return [
        None if one is None else np.asarray(one).astype("datetime64[s]").astype(str).ravel().tolist()
        for one in (split.train_as_of, split.valid_as_of, split.as_of)
    ]


def test_a_date_cuts_events_just_before_it(customers):
    settings = WindowSettings(valid_size="2024-01-11", test_size="2024-01-16")
    split = make_split(customers, settings, least_train=1)
    assert (split.train_ends.tolist(), split.valid_ends.tolist()) == ([3, 5, 5], [3, 5, 7])
    expected = [f"2024-01-{day}T00:00:00" for day in (10, 15, 20)]
    assert moments(split) == [[one] * 3 for one in expected]
    assert (split.valid.since == split.train.as_of).all() and (split.test.since == split.valid.as_of).all()
    assert split.train.since is None and split.everything.since is None
    assert (split.everything.as_of == split.as_of).all()


def test_a_date_with_a_time_cuts_fine_stamps_a_cell_before_it():
    panel = events_of({"a": ["2024-01-01 10:00", "2024-01-02 11:00"]})
    split = make_split(panel, WindowSettings(test_size="2024-01-02", valid_size=0), least_train=1)
    assert moments(split)[1] == ["2024-01-01T23:00:00"]  # stamps are whole hours


def test_a_share_of_the_time_cuts_on_a_stamp():
    # 19 days, of which 0.3 are 5.7: day 14.3 of the month, and stamps show day 14
    panel = events_of(CUSTOMERS)
    split = make_split(panel, WindowSettings(test_size=0.3, valid_size=0), least_train=1)
    assert moments(split)[1] == ["2024-01-14T00:00:00"] * 3
    assert split.valid_ends.tolist() == [3, 5, 7]


def test_a_share_of_whole_numbers_cuts_on_one():
    panel = events_of({"a": [-10, 0], "b": [3]}, unit="step")
    split = make_split(panel, WindowSettings(test_size=0.6, valid_size=0), least_train=1)
    assert split.valid_as_of.tolist() == [-5, -5] and split.valid_as_of.dtype == np.int64  # 3 - 7.8 = -4.8
    assert split.valid_ends.tolist() == [1, 2]


def test_a_date_knows_no_moment_of_values():
    panel = panel_of(list(np.arange(100.0)))
    days = np.datetime64("2020-01-01", "ns") + np.arange(100) * np.timedelta64(1, "D")
    dated = replace(panel, times=days.astype("datetime64[ns]"), clock=Clock("date", "D", resolution=8.64e13))
    settings = WindowSettings(test_size="2020-03-01", valid_size="2020-02-20", look_back=3, min_history=3)
    split = make_split(dated, settings, least_train=4)
    assert moments(split) == [None, None, None]
    parts = make_parts(dated, split, settings)
    assert [part.n_windows for part in (parts.train, parts.valid, parts.test)] == [47, 10, 40]


def test_moments_meet_where_a_part_is_empty(customers):
    split = make_split(customers, WindowSettings(test_size="2024-01-16", valid_size=0), least_train=1)
    assert moments(split)[0] == moments(split)[1] == ["2024-01-15T00:00:00"] * 3
    whole = make_split(customers, WindowSettings(test_size=0, valid_size=0), least_train=1)
    assert moments(whole) == [["2024-01-20T00:00:00"] * 3] * 3
