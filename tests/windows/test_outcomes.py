"""Customers a (days 1, 3, 6, 20), b (5) and c (12, 14) of January 2024, cut after day 10 and day 15."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.config.settings import WindowSettings
from forecaster.data.panel import Panel
from forecaster.windows.outcomes import gather_outcomes
from forecaster.windows.parts import Parts, make_parts
from forecaster.windows.split import Split, make_split
from forecaster.windows.windows import windows_at
from tests.windows.conftest import CUSTOMERS, events_of
from tests.windows.test_windows import panel_of

NONE = -np.inf


def split_of(panel: Panel, **given: object) -> tuple[Split, Parts]:
    """Cuts before day 11 and day 16, and the windows between them."""
    days = {"valid_size": "2024-01-11", "test_size": "2024-01-16"}
    settings = WindowSettings(**{**days, "look_back": 2, "min_history": 0, **given})
    split = make_split(panel, settings, least_train=1)
    return split, make_parts(panel, split, settings)


def test_training_knows_every_interval_up_to_the_cut(customers: Panel) -> None:
    _, parts = split_of(customers)
    assert parts.train.origins.tolist() == [0, 1, 2, 4]  # c comes later
    outcomes = gather_outcomes(customers, parts.train)
    assert outcomes.y[:, 0].tolist() == [2, 3, 4.5, 5.5]  # a is open since day 6, b since day 5
    assert outcomes.censored[:, 0].tolist() == [False, False, True, True]
    assert outcomes.elapsed[:, 0].tolist() == [NONE] * 4
    assert outcomes.until[:, 0].tolist() == [9.5, 7.5, 4.5, 5.5]


def test_validation_begins_with_what_had_been_waited(customers: Panel) -> None:
    _, parts = split_of(customers)
    assert parts.valid.origins.tolist() == [2, 4, 5, 6]
    outcomes = gather_outcomes(customers, parts.valid)
    assert outcomes.y[:, 0].tolist() == [9.5, 10.5, 2, 1.5]
    assert outcomes.censored[:, 0].tolist() == [True, True, False, True]
    assert outcomes.elapsed[:, 0].tolist() == [4.5, 5.5, NONE, NONE]


def test_test_part_begins_with_what_had_been_waited_and_ends_at_as_of(customers: Panel) -> None:
    _, parts = split_of(customers)
    assert parts.test.origins.tolist() == [2, 3, 4, 6]
    outcomes = gather_outcomes(customers, parts.test)
    assert outcomes.y[:, 0].tolist() == [14, 0.5, 15.5, 6.5]
    assert outcomes.censored[:, 0].tolist() == [False, True, True, True]
    assert outcomes.elapsed[:, 0].tolist() == [9.5, NONE, 10.5, 1.5]
    assert outcomes.until[:, 0].tolist() == [14.5, 0.5, 15.5, 6.5]


def test_part_that_ends_when_it_begins_has_no_open_interval(customers: Panel) -> None:
    _, parts = split_of(customers, test_size="2024-01-20")
    assert parts.test.origins.tolist() == [2, 3, 4, 6]
    early = events_of(CUSTOMERS)
    split, _ = split_of(early, test_size="2024-01-20")
    test = replace(split, valid_as_of=early.as_of)
    assert make_parts(early, test, WindowSettings(look_back=2, min_history=0)).test.origins.tolist() == [2]


def test_nothing_held_out_leaves_the_test_part_empty(customers: Panel) -> None:
    split, parts = split_of(customers, valid_size=0, test_size=0)
    assert parts.train.origins.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert parts.valid.n_windows == parts.test.n_windows == 0
    assert gather_outcomes(customers, parts.train).censored[:, 0].tolist() == [0, 0, 0, 1, 1, 0, 1]
    assert split.train_as_of.tolist() == split.as_of.tolist()


def test_no_censor_trains_without_open_intervals_and_scores_with_them(customers: Panel) -> None:
    _, parts = split_of(customers, censor=False)
    assert parts.train.origins.tolist() == [0, 1]
    outcomes = gather_outcomes(customers, parts.train)
    assert not outcomes.censored.any() and np.isposinf(outcomes.until).all()
    assert gather_outcomes(customers, parts.test).censored[:, 0].tolist() == [False, True, True, True]


def test_history_that_is_asked_for_holds_for_open_intervals_too(customers: Panel) -> None:
    _, parts = split_of(customers, min_history=2)  # two gaps
    assert parts.train.origins.tolist() == [2]
    assert gather_outcomes(customers, parts.train).y.tolist() == [[4.5]]


def test_parts_cut_at_rows_know_no_moment(customers: Panel) -> None:
    split, parts = split_of(customers, valid_size=0, test_size=1)
    assert split.train_as_of is None and split.valid_as_of is None
    assert parts.train.origins.tolist() == [0, 1]
    outcomes = gather_outcomes(customers, parts.test)
    assert parts.test.origins.tolist() == [2, 3, 4, 5, 6]
    assert outcomes.elapsed[:, 0].tolist() == [NONE] * 5
    assert outcomes.y[:, 0].tolist() == [14, 0.5, 15.5, 2, 6.5]


def test_series_observed_for_less_time_is_known_no_longer(tmp_path) -> None:
    file = tmp_path / "ends.csv"
    file.write_text("customer,date\na,2024-01-20\nb,2024-01-07\nc,2024-01-14\n")
    panel = events_of(CUSTOMERS, as_of=str(file))
    split, parts = split_of(panel)
    ends = split.train_as_of.astype("datetime64[D]").astype(str).tolist()
    assert ends == ["2024-01-10", "2024-01-07", "2024-01-10"]
    assert gather_outcomes(panel, parts.train).y[:, 0].tolist() == [2, 3, 4.5, 2.5]
    # b has nothing to be scored by, c ends within the validation part
    assert parts.valid.origins.tolist() == [2, 5, 6]
    assert gather_outcomes(panel, parts.valid).y[:, 0].tolist() == [9.5, 2, 0.5]
    assert parts.test.origins.tolist() == [2, 3]


def test_zero_gaps_are_closed() -> None:
    panel = events_of({"a": ["2024-01-01", "2024-01-01", "2024-01-04"], "b": ["2024-01-20"]})
    _, parts = split_of(panel)
    outcomes = gather_outcomes(panel, parts.train)
    assert outcomes.y[:, 0].tolist() == [0, 3, 11.5]  # no row to validate by: trained up to the test part
    assert outcomes.censored[:, 0].tolist() == [False, False, True]


def test_an_event_on_the_day_of_the_cut_has_waited_half_a_day() -> None:
    panel = events_of({"a": ["2024-01-01", "2024-01-15", "2024-01-18"]})
    _, parts = split_of(panel)
    outcomes = gather_outcomes(panel, parts.test)
    assert outcomes.y[:, 0].tolist() == [3, 0.5]
    assert outcomes.elapsed[:, 0].tolist() == [0.5, NONE]  # a second event of that day would have been seen


def test_real_number_times_exceed_what_has_passed() -> None:
    panel = events_of({"a": [0.5, 2.0, 6.25], "b": [10.5]}, unit="s")
    settings = WindowSettings(look_back=2, min_history=0, valid_size=0, test_size=0.5)
    split = make_split(panel, settings, least_train=1)
    parts = make_parts(panel, split, settings)
    assert split.valid_as_of.tolist() == [5.5, 5.5]  # half of the ten that the stamps span
    train, test = gather_outcomes(panel, parts.train), gather_outcomes(panel, parts.test)
    assert train.y[:, 0].tolist() == [1.5, 3.5] and train.censored[:, 0].tolist() == [False, True]
    assert test.y[:, 0].tolist() == [4.25, 4.25, 0.0]
    assert test.elapsed[:, 0].tolist() == [3.5, NONE, NONE]
    assert test.censored[:, 0].tolist() == [False, True, True]


def test_counted_days_are_not_over_at_the_cut() -> None:
    stamps = ["2024-01-01 23:00", "2024-01-08 01:00", "2024-01-17 12:00"]
    panel = events_of({"a": stamps, "b": ["2024-01-20 08:00"]}, gap="calendar")
    _, parts = split_of(panel)
    train, test = gather_outcomes(panel, parts.train), gather_outcomes(panel, parts.test)
    # the last hour that stamps show before day 16 lies on day 15: seven days on, and that day is not over
    assert train.y[:, 0].tolist() == [7, 6.5] and train.censored[:, 0].tolist() == [False, True]
    assert test.y[:, 0].tolist() == [9, 2.5, -0.5]
    assert test.elapsed[:, 0].tolist() == [6.5, NONE, NONE]


def test_windows_to_forecast_from_have_no_outcome(customers: Panel) -> None:
    outcomes = gather_outcomes(customers, windows_at(customers, np.array([2, 3]), 2, 1))
    assert outcomes.y[0, 0] == 14 and np.isnan(outcomes.y[1, 0])
    assert not outcomes.censored.any() and np.isposinf(outcomes.until).all()


@pytest.mark.parametrize("kind", ["intervals", "values"])
def test_other_kinds_have_targets_alone(kind: str) -> None:
    panel = panel_of([1.0, 2, 3, 4], kind=kind)
    outcomes = gather_outcomes(panel, windows_at(panel, np.array([1, 2]), 2, 2))
    assert outcomes.y[0].tolist() == [3, 4] and np.isnan(outcomes.y[1, 1])
    assert not outcomes.censored.any() and outcomes.elapsed.tolist() == [[NONE], [NONE]]
