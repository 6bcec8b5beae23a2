"""Open intervals are evidence: without them what is forecast is too short."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from forecaster.config.build import make_settings
from forecaster.data.panel import Clock, Panel
from forecaster.training.fit import fit
from forecaster.training.prepare import Prepared, prepare
from forecaster.windows.windows import windows_at
from tests.conftest import TINY

MEAN = 10.0
MEDIAN = MEAN * log(2)
N_SERIES = 600


def waits_panel() -> Panel:
    """Exponential waits after a first event at 0, about half of them ended by an end that is drawn alike."""
    rng = np.random.default_rng(8)
    waits, ends = rng.exponential(MEAN, N_SERIES), rng.exponential(MEAN, N_SERIES)
    is_closed = waits < ends
    lengths = 1 + is_closed
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    times, gaps = np.zeros(offsets[-1]), np.full(offsets[-1], np.nan)
    second = offsets[1:][is_closed] - 1
    times[second] = gaps[second] = waits[is_closed]
    return Panel(
        kind="events",
        values=gaps[:, None],
        offsets=offsets,
        times=times,
        ids=np.array([f"c{number}" for number in range(N_SERIES)], dtype=object),
        channels=("gap",),
        target=0,
        clock=Clock("float"),
        unit_length=1.0,
        lowest=0.0,
        as_of=np.minimum(waits, ends),
        columns={"id": "customer", "time": "time"},
    )


def prepared_with(**given: object) -> Prepared:
    sizes = {"look_back": 1, "features": "none", "test_size": 0, "valid_size": 0}
    return prepare(waits_panel(), make_settings({**TINY, **sizes, **given}))


# Mixtures and hazards begin at the maximum likelihood of the targets, bins at even logits.
EPOCHS = {"mixture": 5, "hazard": 5, "bins": 40}


def median_of(prepared: Prepared, head: str) -> float:
    """Median wait that is forecast after a first event, whatever has been waited since."""
    fitted = fit(prepared.panel, prepared.parts, prepared.settings, head).fitted
    windows = windows_at(prepared.panel, prepared.panel.offsets[:1], 1, 1)
    return float(fitted.predict(prepared.panel, windows).median()[0, 0])


def test_open_intervals_are_half_of_the_windows() -> None:
    prepared = prepared_with()
    n_closed = int(np.isfinite(prepared.panel.y).sum())
    assert 280 < n_closed < 320
    assert prepared.parts.train.n_windows == N_SERIES + n_closed  # those after the second event know nothing
    assert prepared_with(censor=False).parts.train.n_windows == n_closed


@pytest.mark.parametrize("head", ["mixture", "hazard", "bins"])
def test_training_on_open_intervals_is_not_biased(head: str) -> None:
    assert median_of(prepared_with(epochs=EPOCHS[head]), head) == pytest.approx(MEDIAN, rel=0.1)


@pytest.mark.parametrize("head", ["mixture", "hazard", "bins"])
def test_training_without_open_intervals_forecasts_far_too_early(head: str) -> None:
    # of those that end first, the median is that of the earlier of both: half as long
    assert median_of(prepared_with(censor=False, epochs=EPOCHS[head]), head) == pytest.approx(
        MEDIAN / 2, rel=0.2
    )
