from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.evaluation.context import find_resolution, observed_until, scoring_context
from forecaster.windows.outcomes import gather_outcomes
from forecaster.windows.windows import Span, make_windows
from tests.windows.test_windows import panel_of


@pytest.fixture
def visits() -> Panel:
    """Two ids on whole days of January: a on 1, 4, 11; b on 2."""
    table = pd.DataFrame({"id": list("aaab"), "time": [f"2024-01-{day:02}" for day in (1, 4, 11, 2)]})
    panel = read_panel(table, DataSettings(kind="events", unit="day"))
    return replace(panel, as_of=np.full(2, np.datetime64("2024-01-21", "ns")))


def day(number: int) -> np.datetime64:
    return np.datetime64(f"2024-01-{number:02}", "ns")


def test_what_the_scores_of_events_need(visits: Panel) -> None:
    train = Span(np.array([0, 3]), np.array([2, 4]), as_of=day(8))
    part = Span(np.array([2, 4]), np.array([3, 4]), as_of=day(21), since=day(8))
    windows = make_windows(visits, part, 1, min_history=0)
    outcomes = gather_outcomes(visits, windows)
    context = scoring_context(visits, windows, train, outcomes, ["7d"])
    waiting = context.waiting
    # a: from the 4th to the 11th, then open until the 21st; b: open since the 2nd
    assert outcomes.y.ravel().tolist() == [7.0, 10.5, 19.5]
    assert waiting.censored.ravel().tolist() == [False, True, True]
    assert waiting.elapsed.ravel().tolist() == [4.5, -np.inf, 6.5]
    assert waiting.until.ravel().tolist() == [17.5, 10.5, 19.5]
    assert waiting.begin.ravel().tolist() == [4.5, 0.5, 6.5]
    assert waiting.limit == 6.0  # b waited six days, a's gap in training was three
    assert waiting.reach == 7.0  # the gap that is scored
    assert waiting.within == (("7d", 7.0),)
    assert context.bin_edges is not None and not context.is_classified


def test_open_intervals_of_baselines_end_with_training(visits: Panel) -> None:
    span = Span(np.array([0, 3]), np.array([2, 4]), as_of=day(8))
    assert (observed_until(visits, span).as_of == day(8)).all()
    by_row = observed_until(visits, replace(span, as_of=None))
    assert (by_row.as_of == np.array([day(4), day(2)])).all()
    nothing = observed_until(visits, Span(np.array([0, 3]), np.array([0, 3])))
    assert len(nothing.as_of) == 2
    values = panel_of([1.0, 2, 3])
    assert observed_until(values, Span(np.array([0]), np.array([2]))) is values


def test_resolution_is_that_of_the_stamps(visits: Panel) -> None:
    whole = Span(visits.offsets[:-1], visits.offsets[1:])
    assert find_resolution(visits, whole) == 1.0
    minutes = replace(visits, clock=replace(visits.clock, resolution=6e10))
    minutes = replace(minutes, values=minutes.values + 1 / 1440)
    assert find_resolution(minutes, whole) == pytest.approx(1 / 1440)
    fine = replace(minutes, clock=replace(visits.clock, resolution=1.0))  # nanoseconds
    assert find_resolution(fine, whole) is None
    real = replace(visits, clock=replace(visits.clock, kind="float"))
    assert find_resolution(real, whole) is None


def test_intervals_have_bins_and_values_have_none() -> None:
    for kind, has_bins in (("intervals", True), ("values", False)):
        panel = panel_of([1.0, 2, 3, 4, 5], kind=kind)
        train, part = Span(np.array([0]), np.array([3])), Span(np.array([3]), np.array([5]))
        windows = make_windows(panel, part, 2)
        context = scoring_context(panel, windows, train, gather_outcomes(panel, windows), ())
        assert (context.bin_edges is not None) == has_bins
        assert context.waiting is None
