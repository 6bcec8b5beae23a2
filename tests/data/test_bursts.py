from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.config.settings import DataSettings
from forecaster.data.bursts import find_burstiness, may_be_short, relative_gaps, short_share
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel


def events(*series: list[int]) -> Panel:
    """Series of events at these times."""
    rows = [(f"n{place}", time) for place, times in enumerate(series) for time in times]
    return read_panel(pd.DataFrame(rows, columns=["id", "time"]), DataSettings(kind="events", ties="keep"))


def test_gaps_are_held_against_the_mean_of_their_series() -> None:
    panel = events([0, 1, 2, 6], [0, 9], [5, 5, 5, 5], [0, 10, 10, 10, 20])
    # means 2 and 5; the second series has one gap, and the third none above zero
    np.testing.assert_array_equal(relative_gaps(panel), [0.5, 0.5, 2.0, 2.0, 0.0, 0.0, 2.0])


def test_burstiness_is_that_of_mean_and_deviation() -> None:
    assert find_burstiness(np.array([0.0, 2.0])) == 0.0  # both are 1
    assert find_burstiness(np.array([0.0, 0.0, 0.0, 4.0])) == pytest.approx((3**0.5 - 1) / (3**0.5 + 1))
    assert np.isnan(find_burstiness(np.empty(0)))


def test_few_short_gaps_are_seen_without_their_share() -> None:
    panel = events([0, 1, 2, 3, 1000], [0, 10, 20, 30, 40])  # 3 of 8 are short
    assert short_share(relative_gaps(panel), np.mean) == 0.375
    assert may_be_short(panel, 0.3) and not may_be_short(panel, 0.4)


@given(
    st.lists(st.lists(st.sampled_from([0, 1, 1, 10, 100]), min_size=1, max_size=8), min_size=1, max_size=5),
    st.floats(0, 1),
)
def test_no_share_above_the_one_asked_for_is_overlooked(gaps: list[list[int]], share: float) -> None:
    panel = events(*[np.cumsum(some).tolist() for some in gaps])
    assert may_be_short(panel, share) or not short_share(relative_gaps(panel), np.mean) > share
