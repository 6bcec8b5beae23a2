"""Which baselines a kind of data is held against."""

from __future__ import annotations

from forecaster.baselines.autoregression import Autoregression
from forecaster.baselines.base import Baseline
from forecaster.baselines.levels import TrainingLevel
from forecaster.baselines.naive import Drift, Last, MovingAverage, SeasonalNaive, Zero
from forecaster.data.panel import Panel


def all_baselines(panel: Panel) -> list[Baseline]:
    """The baselines that apply to a panel.

    Args:
        panel: Its kind and season decide: a return that is forecast to come again is no baseline, so
            ``ohlc`` has ``zero`` in place of last value, season and drift (the mean return is the drift of
            the price).

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
    return chosen
