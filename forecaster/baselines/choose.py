"""Which baselines a kind of data is held against."""

from __future__ import annotations

from forecaster.baselines.autoregression import Autoregression
from forecaster.baselines.base import Baseline
from forecaster.baselines.bg_nbd import LEAST_SERIES, BgNbd
from forecaster.baselines.empirical import EmpiricalGaps
from forecaster.baselines.levels import TrainingLevel
from forecaster.baselines.log_autoregression import LogAutoregression
from forecaster.baselines.markov import MarkovGaps
from forecaster.baselines.naive import Drift, Last, MovingAverage, SeasonalNaive, Zero
from forecaster.baselines.parametric import FAMILIES, ParametricGaps
from forecaster.config.defaults import WAITING
from forecaster.data.panel import Panel


def all_baselines(panel: Panel) -> list[Baseline]:
    """The baselines that apply to a panel.

    Args:
        panel: Its kind, season and number of series decide. A return that is forecast to come again is no
            baseline, so ``ohlc`` has ``zero`` in place of last value, season and drift (the mean return is
            the drift of the price). Gaps (``events``, ``intervals``) are held against distributions of
            waiting times; a moving average and a drift of them forecast nothing. The model of customers,
            ``bg_nbd``, is for events of 50 series and more.

    Returns:
        Baselines, each with a ``name``, in the order in which reports list them.
    """
    if panel.kind in WAITING:
        return _gap_baselines(panel)
    level: list[Baseline] = [TrainingLevel("mean"), TrainingLevel("median"), MovingAverage()]
    if panel.kind == "ohlc":
        chosen: list[Baseline] = [Zero(), *level]
    else:
        chosen = [Last(), *_season(panel), *level, Drift()]
    return [*chosen, Autoregression()]


def _season(panel: Panel) -> list[Baseline]:
    """The seasonal naive forecast where there is a season."""
    return [SeasonalNaive()] if panel.season_length > 1 else []


def _gap_baselines(panel: Panel) -> list[Baseline]:
    """Those of waiting times."""
    chosen: list[Baseline] = [
        Last(),
        *_season(panel),
        TrainingLevel("mean"),
        TrainingLevel("median"),
        EmpiricalGaps(),
        *(ParametricGaps(name) for name in FAMILIES),
        Autoregression(),
        LogAutoregression(),
        MarkovGaps(),
    ]
    if panel.as_of is not None and panel.n_series >= LEAST_SERIES:
        chosen.append(BgNbd())
    return chosen
