"""Which baselines a kind of data is held against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.autoregression import Autoregression
from forecaster.baselines.base import Baseline
from forecaster.baselines.bg_nbd import LEAST_SERIES, BgNbd
from forecaster.baselines.effort import MOST_SECONDS, estimate_seconds
from forecaster.baselines.empirical import EmpiricalGaps
from forecaster.baselines.levels import TrainingLevel
from forecaster.baselines.log_autoregression import LogAutoregression
from forecaster.baselines.markov import MarkovGaps
from forecaster.baselines.naive import Drift, Last, MovingAverage, SeasonalNaive, Zero
from forecaster.baselines.parametric import FAMILIES, ParametricGaps
from forecaster.baselines.statistical import LONGEST_ETS_SEASON, Method, Statistical, is_installed
from forecaster.config.facts import WAITING
from forecaster.config.settings import BaselineChoice
from forecaster.data.panel import Note, Panel
from forecaster.errors import ConfigError


@dataclass(frozen=True)
class Chosen:
    """The baselines that some windows are held against.

    Attributes:
        baselines: In the order in which reports list them.
        left_out: Names of those that would have taken too long.
        note: What the user is told of them; None where none was left out.
    """

    baselines: tuple[Baseline, ...]
    left_out: tuple[str, ...] = ()
    note: Note | None = None


def choose_baselines(panel: Panel, which: BaselineChoice, origins: np.ndarray, horizon: int) -> Chosen:
    """The baselines built in, and of ``values`` AutoETS and Theta as ``which`` says.

    Args:
        panel: Its kind, season and lengths decide.
        which: ``fast``, those built in; ``all``, the statistical ones too; ``auto``, these too where they are
            installed, the quickest first, as long as the estimates of ``effort.py`` come to 5 s at most.
        origins: (n_windows,) int64 flat row numbers of what is forecast.
        horizon: Steps to forecast.

    Returns:
        The baselines, and what was left out.

    Raises:
        ConfigError: ``all`` without the package that it needs.
    """
    check_baselines(panel, which)
    built_in = tuple(all_baselines(panel))
    if panel.kind != "values" or which == "fast" or not is_installed():
        return Chosen(built_in)
    methods: tuple[Method, Method] = ("auto_ets", "theta")
    if panel.season_length > LONGEST_ETS_SEASON:
        methods = ("mstl_auto_ets", "theta")
    seconds = {method: estimate_seconds(method, panel, origins, horizon) for method in methods}
    total, run = 0.0, []
    for method in sorted(methods, key=lambda one: seconds[one]):
        total += seconds[method]
        if which == "all" or total <= MOST_SECONDS:
            run.append(method)
    left_out = tuple(method for method in methods if method not in run)
    chosen = (*built_in, *(Statistical(method) for method in methods if method in run))
    return Chosen(chosen, left_out, _note(left_out, seconds) if left_out else None)


def check_baselines(panel: Panel, which: BaselineChoice) -> None:
    """Refuse baselines that are not there.

    Args:
        panel: Its kind; only ``values`` have statistical baselines.
        which: As set.

    Raises:
        ConfigError: ``all`` without the package that it needs.
    """
    if which == "all" and panel.kind == "values" and not is_installed():
        raise ConfigError(
            "--baselines all: statsforecast, which has AutoETS and Theta, is not installed. Install "
            "forecaster[baselines], or take --baselines fast."
        )


def _note(left_out: tuple[Method, ...], seconds: dict[Method, float]) -> Note:
    """What was left out of the baselines, and how to have it."""
    names = " and ".join(f"{method} (about {seconds[method]:,.0f} s)" for method in left_out)
    return Note(
        "baselines_left_out",
        f"Not scored for the time it takes: the baseline{'s' * (len(left_out) > 1)} {names}; "
        f"--baselines all has them all.",
    )


def all_baselines(panel: Panel) -> list[Baseline]:
    """The built-in baselines that apply to a panel.

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
