"""Forecasts of prices as calls of the next session: its return, how it was missed, and the direction said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Self, TypeVar

import numpy as np

from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.evaluation.market import Calls, MarketScores, Sessions, market_scores
from forecaster.evaluation.skill import direction_hits
from forecaster.evaluation.value_errors import below_edges, bin_errors
from forecaster.training.fitted import Fitted
from forecaster.windows.windows import windows_at

Rows = TypeVar("Rows", Calls, Sessions)

# What the model is called beside the baselines, and the one that says the direction of most training returns.
MODEL, MAJORITY = "model", "majority"


@dataclass(frozen=True)
class Market:
    """Calls of the model and its rivals from the same cutoffs, gathered one forecaster after the other.

    Attributes:
        panel: Prices, those that were forecast among them.
        origins: (n,) int64 flat row number of each cutoff, none of them the last of its series.
        classes: (n, n_bins + 1) edges of down, flat and up, where directions are forecast; None for the sign
            of the return.
        calls: By the name of the forecaster, the model's first.
    """

    panel: Panel
    origins: np.ndarray
    classes: np.ndarray | None
    calls: dict[str, Calls] = field(default_factory=dict)

    @classmethod
    def of(cls, panel: Panel, origins: np.ndarray, forecast: Distribution, model: Fitted) -> Self:
        """The model's calls.

        Args:
            panel: Prices.
            origins: (n,) int64 flat row numbers.
            forecast: Of the model, of shape (n, horizon).
            model: A trained network, which knows the classes.

        Returns:
            Calls of one forecaster so far.
        """
        made = cls(panel, origins, _classes(model, panel, origins))
        made.add(MODEL, forecast)
        return made

    def add(self, name: str, forecast: Distribution) -> None:
        """Add the calls of another forecaster.

        Args:
            name: What reports call it.
            forecast: Of shape (n, horizon); its first step counts.
        """
        self.calls[name] = next_calls(self.panel, self.origins, forecast, self.classes, name == MAJORITY)

    def scores(self, begins: np.ndarray, ends: np.ndarray) -> MarketScores:
        """Scores of all of them.

        Args:
            begins: (n_series,) int64 flat row number of the first training row of each series.
            ends: (n_series,) int64 flat row number after the last one.

        Returns:
            Model and baselines beside the random walk.
        """
        sessions = sessions_after(self.panel, self.origins, begins, ends)
        return market_scores(sessions, self.calls, n_classes=self.n_classes)

    @property
    def n_classes(self) -> int:
        """Directions that are told apart: down and up, or flat as well."""
        return 2 if self.classes is None else self.classes.shape[1] - 1


def has_calls(panel: Panel) -> bool:
    """Whether forecasts of a panel say where a price goes.

    Args:
        panel: Any panel.

    Returns:
        True for prices of which the return, the direction or the close is forecast.
    """
    return panel.closes is not None and panel.predict != "range"


def sessions_after(panel: Panel, origins: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> Sessions:
    """What came one session after some cutoffs.

    Args:
        panel: Prices.
        origins: (n,) int64 flat row number of each cutoff, none of them the last of its series.
        begins: (n_series,) int64 flat row number of the first training row of each series.
        ends: (n_series,) int64 flat row number after the last one.

    Returns:
        The sessions, in the order of the cutoffs.
    """
    closes, series = _closes(panel), panel.series_of(origins)
    n_changes = np.maximum(ends - begins - 1, 0)
    rows = np.arange(n_changes.sum()) + np.repeat(begins + 1 - np.cumsum(n_changes) + n_changes, n_changes)
    ticker = np.repeat(np.arange(panel.n_series), n_changes)
    change = np.bincount(ticker, np.abs(closes[rows] - closes[rows - 1]), minlength=panel.n_series)
    scale = np.where(n_changes > 0, change / np.maximum(n_changes, 1), np.nan)
    return Sessions(
        unique_id=panel.ids[series].astype(object),
        ds=panel.times[origins + 1],
        close=closes[origins],
        y=np.log(closes[origins + 1] / closes[origins]),
        scale=scale[series],
    )


def next_calls(
    panel: Panel,
    origins: np.ndarray,
    forecast: Distribution,
    classes: np.ndarray | None = None,
    is_majority: bool = False,
) -> Calls:
    """What a forecast says of the next session.

    Args:
        panel: Prices, those that were forecast among them.
        origins: (n,) int64 flat row number of each cutoff.
        forecast: Of shape (n, horizon), in the unit of the target; its first step counts.
        classes: (n, n_bins + 1) edges of down, flat and up; None for the sign of the return.
        is_majority: Whether the more probable direction is said where the point is no change, as it is where
            many closes are those of the session before.

    Returns:
        The calls. Of closes the CRPS is that of the simple return, of returns that of the log return.
    """
    closes = _closes(panel)
    last, after = closes[origins], closes[origins + 1]
    y = np.log(after / last)
    seen = np.repeat((after if panel.predict == "close" else y)[:, None], forecast.shape[1], axis=1)
    point, crps = forecast.point()[:, 0], forecast.crps(seen)[:, 0]
    log_score = -forecast.log_density(seen)[:, 0]
    if panel.predict == "close":  # the density of a price, times the price, is that of its logarithm
        point, crps, log_score = np.log(point / last), crps / last, log_score - np.log(after)
    if classes is not None:
        return Calls(point, crps, log_score, _class_hits(forecast, classes, y))
    said = point
    if is_majority:
        still = np.repeat(
            (last if panel.predict == "close" else 0.0 * last)[:, None], forecast.shape[1], axis=1
        )
        below = np.nextafter(still, -np.inf)
        said = np.where(point == 0, (forecast.survival(still) - forecast.cdf(below))[:, 0], point)
    return Calls(point, crps, log_score, direction_hits(said, y))


def _classes(model: Fitted, panel: Panel, origins: np.ndarray) -> np.ndarray | None:
    """(n, n_bins + 1) edges of a model's classes at each cutoff; None where no directions are forecast."""
    if panel.predict != "direction":
        return None
    network = model.architecture
    rates = model.base_rates(panel, windows_at(panel, origins, network.look_back, network.horizon))
    view = None if rates is None else rates.binned_view()
    return None if view is None else np.asarray(view[0][:, 0])


def _class_hits(forecast: Distribution, classes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,) 1.0 where the most probable class came, else 0.0; (n, n_bins + 1) ``classes``."""
    below = below_edges(forecast, classes[:, None])[:, 0]  # (n, n_bins - 1), of the first step
    came = (y[:, None] >= classes[:, 1:-1]).sum(axis=1)
    return bin_errors(below, came)["accuracy"]


def join(parts: Sequence[Rows]) -> Rows:
    """Calls, or sessions, of consecutive cutoffs as one.

    Args:
        parts: One at least, all of a kind.

    Returns:
        All of them, in order.
    """
    names = [one.name for one in fields(parts[0])]
    return type(parts[0])(**{name: np.concatenate([getattr(one, name) for one in parts]) for name in names})


def _closes(panel: Panel) -> np.ndarray:
    """(n_rows,) closes.

    Raises:
        ValueError: These are no prices.
    """
    if panel.closes is None:
        raise ValueError(f"{panel.source} has no closes")
    return panel.closes
