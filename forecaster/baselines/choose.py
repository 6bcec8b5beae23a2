"""Which baselines a kind of data is held against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.autoregression import Autoregression
from forecaster.baselines.base import Baseline
from forecaster.baselines.bg_nbd import LEAST_SERIES, BgNbd
from forecaster.baselines.effort import MOST_SECONDS, Estimated, estimate_seconds
from forecaster.baselines.empirical import EmpiricalGaps
from forecaster.baselines.garch import Garch
from forecaster.baselines.garch import is_installed as has_arch
from forecaster.baselines.levels import TrainingLevel
from forecaster.baselines.log_autoregression import LogAutoregression
from forecaster.baselines.markov import MarkovGaps
from forecaster.baselines.naive import Drift, Last, MovingAverage, SeasonalNaive
from forecaster.baselines.parametric import FAMILIES, ParametricGaps
from forecaster.baselines.returns import EmpiricalReturns, is_of_returns
from forecaster.baselines.statistical import LONGEST_ETS_SEASON, Statistical, is_installed
from forecaster.baselines.volatility import Ewma
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
    """The baselines built in, and as ``which`` says AutoETS and Theta of ``values``, GARCH of returns.

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
    methods = _methods(panel)
    if which == "fast" or not methods:
        return Chosen(built_in)
    if not _are_installed(panel):
        return Chosen(built_in, note=_missing(panel))
    seconds = {method: estimate_seconds(method, panel, origins, horizon) for method in methods}
    total, run = 0.0, []
    for method in sorted(methods, key=lambda one: seconds[one]):
        total += seconds[method]
        if which == "all" or total <= MOST_SECONDS:
            run.append(method)
    left_out = tuple(method for method in methods if method not in run)
    chosen = [Garch() if method == "garch" else Statistical(method) for method in methods if method in run]
    return Chosen((*built_in, *chosen), left_out, _note(left_out, seconds) if left_out else None)


def check_baselines(panel: Panel, which: BaselineChoice) -> None:
    """Refuse baselines that are not there.

    Args:
        panel: Its kind; only ``values`` and returns have statistical baselines.
        which: As set.

    Raises:
        ConfigError: ``all`` without the package that it needs.
    """
    if which != "all" or not _methods(panel) or _are_installed(panel):
        return
    missing = (
        "statsforecast, which has AutoETS and Theta," if panel.kind == "values" else "arch, which has GARCH,"
    )
    extra = "baselines" if panel.kind == "values" else "markets"
    raise ConfigError(
        f"--baselines all: {missing} is not installed. Install forecaster[{extra}], or take --baselines fast."
    )


def _methods(panel: Panel) -> tuple[Estimated, ...]:
    """The baselines that need a package of their own."""
    if is_of_returns(panel):
        return ("garch",)
    if panel.kind != "values":
        return ()
    return ("mstl_auto_ets" if panel.season_length > LONGEST_ETS_SEASON else "auto_ets", "theta")


def _are_installed(panel: Panel) -> bool:
    """Whether that package is there."""
    return is_installed() if panel.kind == "values" else has_arch()


def _missing(panel: Panel) -> Note | None:
    """What the user is told of the package: that of values is none that they would look for."""
    if panel.kind == "values":
        return None
    return Note(
        "baselines_left_out",
        "Not scored: the baseline garch, as arch is not installed; forecaster[markets] has it.",
    )


def _note(left_out: tuple[Estimated, ...], seconds: dict[Estimated, float]) -> Note:
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
        panel: Its kind, season, number of series and what of prices is forecast decide. Returns, directions
            and closes are held against the random walk and its rivals, as a return that is forecast to come
            again is no baseline; ranges against levels. Gaps (``events``, ``intervals``) are held against
            distributions of waiting times; a moving average and a drift of them forecast nothing. The model
            of customers, ``bg_nbd``, is for events of 50 series and more.

    Returns:
        Baselines, each with a ``name``, in the order in which reports list them.
    """
    if panel.kind in WAITING:
        return _gap_baselines(panel)
    level: list[Baseline] = [TrainingLevel("mean"), TrainingLevel("median"), MovingAverage()]
    if is_of_returns(panel):
        return _return_baselines(panel)
    if panel.kind == "ohlc":
        return [Last(), *level, Autoregression()]
    return [Last(), *_season(panel), *level, Drift(), Autoregression()]


def _return_baselines(panel: Panel) -> list[Baseline]:
    """Those of returns, directions and closes; a regression on closes is none of a price without a level."""
    chosen: list[Baseline] = [
        EmpiricalReturns("random_walk"),
        EmpiricalReturns("drift"),
        EmpiricalReturns("majority"),
        Ewma(),
    ]
    return chosen if panel.predict == "close" else [*chosen, Autoregression()]


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
