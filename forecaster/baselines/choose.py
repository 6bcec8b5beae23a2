"""Which baselines a kind of data is held against."""

from __future__ import annotations

import numpy as np

from forecaster.baselines.autoregression import Autoregression
from forecaster.baselines.base import Baseline
from forecaster.baselines.frequencies import Frequencies
from forecaster.baselines.levels import TrainingLevel
from forecaster.baselines.naive import Drift, Last, MovingAverage, SeasonalNaive, Zero
from forecaster.data.panel import Panel


def all_baselines(
    panel: Panel, bin_edges: np.ndarray | None = None, bin_tails: np.ndarray | None = None
) -> list[Baseline]:
    """The baselines that apply to a panel.

    Args:
        panel: Its kind and season decide: a return that is forecast to come again is no baseline, so
            ``ohlc`` has ``zero`` in place of last value, season and drift (the mean return is the drift of
            the price).
        bin_edges: (n_bins + 1,) of a model with bins, which adds their training frequencies.
        bin_tails: (2,) scales of its outer bins, as of ``Binned``.

    Returns:
        Baselines, each with a ``name``, in the order in which reports list them.
    """
    level: list[Baseline] = [TrainingLevel("mean"), TrainingLevel("median"), MovingAverage()]
    if panel.kind == "ohlc":
        chosen: list[Baseline] = [Zero(), *level]
    else:
        season: list[Baseline] = [SeasonalNaive()] if panel.season_length > 1 else []
        chosen = [Last(), *season, *level, Drift()]
    chosen.append(Autoregression())
    if bin_edges is not None:
        chosen.append(Frequencies(bin_edges, bin_tails))
    return chosen
