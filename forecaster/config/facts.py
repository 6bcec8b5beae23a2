"""Facts and choices: what the rules of the defaults look at, and what they choose with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forecaster.config.build import flatten
from forecaster.config.settings import Settings

# Levels that the quantile head learns: the usual intervals of 50, 80, 90 and 95 %, and deciles between.
QUANTILE_LEVELS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)

# Central intervals whose coverage `evaluate` scores, in percent.
SCORED_LEVELS = (80, 95)

# Kinds whose target is a waiting time.
WAITING = ("events", "intervals")

# What trials of a search may be ranked by, less is better; auto: what train goes by to say who is ahead.
METRICS = ("auto", "crps", "mase", "mae", "rmse", "nll", "log_score")

# Training rows below which several seeds pay.
LITTLE_DATA = 2_000

# Units times windows of a step up to which one thread is as fast as several, and far faster when others
# use the processor too.
SMALL_STEP = 64 * 256


@dataclass(frozen=True)
class DataFacts:
    """What the rules look at.

    Attributes:
        kind: ``events``, ``intervals``, ``values`` or ``ohlc``.
        has_ids: Whether the file names its series.
        n_series: Number of series.
        n_train: Training rows over all series.
        usual_length: Training rows of a series: half of all rows lie in series that are at least as long.
        season_length: Steps in one season, 1 for none.
        lowest: Lowest training value.
        spread_ratio: 95 % quantile of the training values over their 5 % quantile, inf when that is
            not positive.
        naive: Which naive forecast is nearest over a horizon: ``none`` (the mean of a series), ``last`` or
            ``season``.
        predict: What of prices is forecast; empty for other kinds.
        channels: Names of the channels.
        noise: Its error as a share of that of the mean of a series.
        n_open: Series whose last interval is open and learnt from.
        within: Durations near the quartiles of the gaps between events.
        calendar: Of events and prices, which of hour, weekday and month the stamps carry and the data has
            seen often enough.
    """

    kind: str
    has_ids: bool
    n_series: int
    n_train: int
    usual_length: int
    season_length: int
    lowest: float
    spread_ratio: float
    naive: str = "last"
    noise: float = 1.0
    predict: str = ""
    channels: tuple[str, ...] = ()
    n_open: int = 0
    calendar: tuple[str, ...] = ()
    within: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether the target is a waiting time."""
        return self.kind in WAITING


@dataclass(frozen=True)
class Default:
    """A setting that was chosen, and why; ``defaults[]`` of report.json."""

    name: str
    value: Any
    reason: str


class Rules:
    """Settings by name while the rules run, and what they chose."""

    def __init__(self, settings: Settings) -> None:
        self.values = flatten(settings)
        self.chosen: list[Default] = []

    def choose(self, name: str, value: Any, reason: str) -> None:
        """Set ``name`` unless the user, or an earlier rule, has."""
        if self.values[name] is None:
            self.values[name] = value
            self.chosen.append(Default(name, value, reason))
