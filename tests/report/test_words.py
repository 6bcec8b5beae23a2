from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.report.picture import Path, Wait
from forecaster.report.words import headline, metric_name, metric_text, moment, number, share, verdict

DASH = "\N{EN DASH}"
SPACE = "\N{NO-BREAK SPACE}"


def report(ours: float, theirs: float, n_windows: int = 30, **part: Any) -> dict[str, Any]:
    """A report with one baseline."""
    scores = {
        "n_windows": n_windows,
        "deciding": "crps",
        "model": {"crps": ours, "mae": 2.0},
        "baselines": {"mean": {"crps": theirs}},
        "best_baseline": "mean",
        "beaten_by": ["mean"] if theirs < ours else [],
    }
    data = {"unit": "day", "n_series": 1, "kind": "intervals"}
    return {"scores": {"test": scores | part}, "data": data}


def path(bands: tuple[Any, ...] = ()) -> Path:
    table = pd.DataFrame({"ds": [7.0, 8.0], "forecast": [3.0, 4.5]})
    numbers = np.array([1.0, 2.0])
    return Path("a", numbers, numbers, np.array([7.0, 8.0]), np.array([3.0, 4.5]), bands, False, "gap", table)


def wait(**row: Any) -> Wait:
    numbers = np.array([0.0, 1.0])
    return Wait("a", numbers, numbers, numbers, "days", pd.Series(row))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.0, "1,234,567"),
        (0.0123456, "0.01235"),
        (12, "12"),
        (None, DASH),
        (float("nan"), DASH),
        ("x", "x"),
    ],
)
def test_numbers_are_short(value: object, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"),
        (0.001, "below 1 %"),
        (0.834, "83 %"),
        (0.999, "above 99 %"),
        (1.0, "100 %"),
        (None, DASH),
    ],
)
def test_shares_are_whole_percents(value: float | None, text: str) -> None:
    assert share(value) == text.replace(" %", SPACE + "%")


def test_a_model_that_is_ahead_is_said_to_be_better_and_by_how_much() -> None:
    text = verdict(report(4.5, 5.0))
    assert text.startswith(
        "Tried on 30 stretches of the data that it had not seen, the model was off by 2 days"
    )
    assert f"better than every simple method, of which 'mean' is the best, by 10{SPACE}%" in text
    assert "cannot tell" not in text


def test_a_model_that_is_behind_is_said_to_be() -> None:
    text = verdict(report(5.0, 4.5, n_windows=3))
    assert "The simple method 'mean' was better (CRPS 5 against 4.5; lower is better)" in text
    assert text.endswith("So few stretches cannot tell two good forecasts apart.")


def test_open_intervals_and_prices_are_judged_by_what_counts() -> None:
    waiting = report(4.5, 5.0, deciding="censored_crps", model={"mae": 2.0, "censored_crps": 1.0})
    assert "off by" not in verdict(waiting)
    market = {"conclusion": ["Best CRPS: the model.", "Price: no better.", "More."]}
    assert verdict(report(4.5, 5.0, market=market)).endswith("Price: no better.")


def test_without_scores_nothing_is_claimed() -> None:
    assert "could not be measured" in verdict({"scores": {}, "data": {"unit": ""}})


def test_the_headline_names_value_interval_and_last_step() -> None:
    bands = ((80.0, np.array([2.0, 3.0]), np.array([4.0, 6.0])),)
    assert headline(report(1, 2), [path(bands)], 80, None) == (
        "The next interval (7) is forecast to be 3 days, and with a probability of 80 % between 2 and 4; "
        "4.5 is forecast for the last of 2 steps."
    )
    assert headline(report(1, 2), [], 80, None) == ""


def test_the_headline_of_one_waiting_time_names_its_interval() -> None:
    row = {"next_event": 5.0, "next_event-lo-80": 2.0, "next_event-hi-80": np.nan, "never": 0.2}
    said = "The next event is as likely before as after 5, and with a probability of 90 % after 2."
    assert headline(report(1, 2), [wait(**row)], 80, None) == said
    gone = headline(report(1, 2), [wait(**row | {"next_event": np.nan, "never": 0.75})], 80, None)
    assert gone == (
        f"The next event is more likely never to come than to come (probability that nothing comes again: "
        f"75{SPACE}%)."
    )


def test_the_headline_of_many_counts_them() -> None:
    events = pd.DataFrame(
        {
            "overdue": [0.9, 0.9, 0.1],
            "never": [0.1, 0.9, 0.0],
            "next_event": [1.0, np.nan, 2.0],
            "within_7d": 0.5,
        }
    )
    row = {"next_event": 5.0}
    text = headline(report(1, 2), [wait(**row)], 80, events)
    assert text == (
        "Of 3 series we expect about 2 to have an event within 7d. 1 is overdue; 1 more has more likely "
        "ended than not."
    )
    bare = headline(report(1, 2), [wait(**row)], 80, events.drop(columns="within_7d"))
    assert bare.startswith("Of 3 series we expect 2 to have another event.")


def test_metrics_and_moments_have_names() -> None:
    assert metric_name("brier_within_7d") == "Brier, within 7d" and "within 7d" in metric_text(
        "brier_within_7d"
    )
    assert metric_name("unheard") == metric_text("unheard") == "unheard"
    assert moment(pd.Timestamp("2024-01-01")) == "2024-01-01"
    assert moment(pd.Timestamp("2024-01-01 10:30:15.5", tz="UTC")) == "2024-01-01 10:30:15"
    assert moment(pd.NaT) == DASH and moment(1997.0) == "1997"
