"""Transforms: fitted on training rows only, applied per window, undone on the way back.

The target channel goes through the list that is set; every other channel is standardised. What a window's
target went through is a list of steps (``distributions.transformed``), which also takes a distribution back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from forecaster.data.panel import Panel
from forecaster.data.peers import Peers
from forecaster.distributions.steps import AffineStep, LogStep, Step
from forecaster.errors import ConfigError
from forecaster.windows.scales import channel_scales, fit_recent, fit_scales, of_series, own_scales
from forecaster.windows.windows import Span

# Divides changes of a price by the size that the next one is expected to have.
VOLATILITY = "volatility"

# Transforms that are fitted on training rows, and those whose numbers differ from window to window.
SCALES = ("standard", "minmax")
PER_WINDOW = {"level", "last", VOLATILITY}

# Lowest value of a logarithm after `level`, as a share of the level.
LEVEL_FLOOR = 0.02


@dataclass(frozen=True)
class Fitted:
    """What one transform learnt from the training rows.

    Attributes:
        name: ``standard``, ``minmax``, ``log``, ``level``, ``last`` or ``volatility``.
        shift: (1,) or (n_series,) subtracted by standard and minmax; (n_series,) what level and last go by in
            a window without a value; empty for log and volatility.
        scale: Likewise, divided by; 0 for a series that never moved, which goes by its window.
        floor: Lowest value that ``log`` takes.
    """

    name: str
    shift: np.ndarray
    scale: np.ndarray
    floor: float = 0.0

    def applied(self, x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Training rows behind ``standard`` or ``minmax``.

        Args:
            x: (n_rows,) float64; not changed.
            lengths: (n_series,) int64 rows of each series.

        Returns:
            (n_rows,) float64; of a series that never moved only the shift is taken off.
        """
        of_rows = [self.shift, np.where(self.scale > 0, self.scale, 1.0)]
        if len(self.shift) != 1:
            of_rows = [np.repeat(numbers, lengths) for numbers in of_rows]
        moved = np.asarray(x - of_rows[0])
        moved /= of_rows[1]
        return moved

    def joined(self, peers: Peers) -> Fitted:
        """The transform with the numbers of all series, of this one that has those of a part."""
        return replace(self, shift=peers.joined(self.shift), scale=peers.joined(self.scale))


@dataclass(frozen=True)
class Normaliser:
    """The transforms of a run, fitted.

    Attributes:
        steps: Those of the target, in order.
        residual: Naive forecast that targets are relative to: ``none``, ``last`` or ``season``.
        season_length: Steps in one season, for ``level`` and ``residual``.
        target: Index of the target channel.
        covariate_shift: (n_channels,) mean of every channel over the training rows.
        covariate_scale: (n_channels,) standard deviation likewise.
        input_scale: Mean and spread of the transformed target channel of training windows.
        target_scale: Mean and spread of their transformed targets: what the network learns is of order 1,
            however small the changes are that are left after the transforms.
        features: Names of the history features of events, see ``history_features``.
        calendar: Names of the calendar features of values and prices, see ``calendar_numbers``.
        volatility: Index of the channel that `volatility` goes by, see ``Panel``; None without.
        returns: Indices of the other channels that it divides.
        static_shift: (n_static,) mean of the history features over training windows, and of the static
            numbers over training series.
        static_scale: (n_static,) standard deviation likewise.
    """

    steps: tuple[Fitted, ...]
    residual: str
    season_length: int
    target: int
    covariate_shift: np.ndarray
    covariate_scale: np.ndarray
    input_scale: tuple[float, float] = (0.0, 1.0)
    target_scale: tuple[float, float] = (0.0, 1.0)
    features: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    static_shift: np.ndarray = field(default_factory=lambda: np.zeros(0))
    static_scale: np.ndarray = field(default_factory=lambda: np.ones(0))
    volatility: int | None = None
    returns: tuple[int, ...] = ()

    @property
    def is_common(self) -> bool:
        """Whether targets of all windows go through the same numbers."""
        fixed = all(f.name == "log" or (f.name in SCALES and len(f.shift) == 1) for f in self.steps)
        return fixed and self.residual == "none"

    def normalise(self, past: np.ndarray, series: np.ndarray, horizon: int) -> tuple[np.ndarray, list[Step]]:
        """Normalised inputs, and the steps that targets of the same windows go through.

        Args:
            past: (batch, look_back, n_channels) float64, NaN where not observed; not changed.
            series: (batch,) index of the series among those trained on, -1 for others.
            horizon: Target steps.

        Returns:
            Array like ``past`` (NaN kept), and the steps, their numbers (batch, 1) or (batch, horizon).
        """
        x, size = past[:, :, self.target], np.ones((1, 1))
        if self.volatility is not None:
            size = np.exp(past[:, -1, self.volatility])[:, None]  # (batch, 1)
            past = past.copy()
            past[:, :, list(self.returns)] /= size[:, :, None]
        normal = (past - self.covariate_shift) / self.covariate_scale
        steps: list[Step] = []
        for fitted in self.steps:
            step = (
                self._step(fitted, x, series)
                if fitted.name != VOLATILITY
                else AffineStep(np.zeros((1, 1)), size)
            )
            x = step.forward(x)
            steps.append(step)
        normal[:, :, self.target] = (x - self.input_scale[0]) / self.input_scale[1]
        if self.residual != "none":
            naive = self._naive(x, horizon)
            steps.append(AffineStep(naive, np.ones((1, 1))))
        growth = self._growth(horizon)
        shift, scale = self.target_scale
        steps.append(AffineStep(shift * growth, scale * growth))
        return normal, steps

    def _growth(self, horizon: int) -> np.ndarray:
        """(1, 1) or (1, horizon): changes over k sessions have the root of k times the volatility of one."""
        names = [fitted.name for fitted in self.steps]
        if "last" in names and VOLATILITY in names:
            return np.asarray(np.sqrt(np.arange(1.0, horizon + 1))[None])
        return np.ones((1, 1))

    def _step(self, fitted: Fitted, x: np.ndarray, series: np.ndarray) -> Step:
        """The step of these windows; ``x`` is (batch, look_back)."""
        if fitted.name == "log":
            return LogStep(fitted.floor)
        if fitted.name == "level":
            return AffineStep(np.zeros((len(x), 1)), self._level(x, fitted, series)[:, None])
        if fitted.name == "last":
            last = last_observed(x)
            empty = np.isnan(x).all(axis=1)
            if empty.any() and len(fitted.shift):
                last[empty] = of_series(fitted.shift, series[empty])
            return AffineStep(last[:, None], np.ones((1, 1)))
        if len(fitted.shift) == 1:
            return AffineStep(fitted.shift[None], fitted.scale[None])
        shift, scale = fitted.shift[series], fitted.scale[series]
        unsure = (series < 0) | (scale == 0)  # not trained on, or not moved in training
        if unsure.any():
            trained = fitted.shift, fitted.scale
            shift[unsure], scale[unsure] = own_scales(x[unsure], series[unsure], trained, fitted.name)
        return AffineStep(shift[:, None], scale[:, None])

    def _level(self, x: np.ndarray, fitted: Fitted, series: np.ndarray) -> np.ndarray:
        """(batch,) mean size of the last season, of the window where that is 0, else of the series."""
        recent = x[:, -self.season_length :] if self.season_length > 1 else x
        level = _mean_size(recent)
        level = np.where(level > 0, level, _mean_size(x))
        nothing = level == 0
        if nothing.any():
            level[nothing] = of_series(fitted.scale, series[nothing]) if len(fitted.scale) else 1.0
        return level

    def _naive(self, x: np.ndarray, horizon: int) -> np.ndarray:
        """(batch, horizon) naive forecast of normalised windows (batch, look_back)."""
        last = last_observed(x)[:, None]
        if self.residual == "last":
            return np.broadcast_to(last, (len(x), horizon))
        season, look_back = self.season_length, x.shape[1]
        naive = np.full((len(x), horizon), np.nan)
        for ago in range(look_back // season):  # the latest season in which the phase was seen
            phases = look_back - (ago + 1) * season + np.arange(horizon) % season
            naive = np.where(np.isnan(naive), x[:, phases], naive)
        return np.where(np.isnan(naive), last, naive)


def fit_normaliser(
    panel: Panel, span: Span, names: Sequence[str], *, scope: str, residual: str
) -> Normaliser:
    """The transforms fitted on the rows of ``span``.

    Args:
        panel: The rows.
        span: Training rows.
        names: Transforms of the target, in order.
        scope: ``panel`` or ``series``, over which standard and minmax are fitted.
        residual: ``none``, ``last`` or ``season``.

    Returns:
        The fitted transforms.

    Raises:
        ConfigError: standard or minmax come after level, last or volatility, whose results have no training
            rows; or volatility is asked for of other data than prices.
    """
    _check_transforms(panel, names)
    peers, kept = panel.peers, panel.take(span.begins, span.ends)
    x, values, goes_by = kept.y, kept.values, panel.volatility if VOLATILITY in names else None
    offsets = kept.offsets if scope == "series" else None
    sizes = np.ones(1) if goes_by is None else np.exp(values[:, goes_by])
    steps: list[Fitted] = []
    empty = np.zeros(0)
    for place, name in enumerate(names):
        if name in SCALES:
            shift, scale = fit_scales(x, offsets, name, peers)
            if name == "standard" and panel.predict in ("return", "direction"):
                shift = np.zeros_like(shift)  # their mean is mostly noise, and 0 is no change
            fitted = Fitted(name, shift, scale)
            x = fitted.applied(x, kept.lengths)
        elif name == "log":
            floor = LEVEL_FLOOR if set(names[:place]) & PER_WINDOW else _log_floor(x, peers)
            fitted = Fitted(name, empty, empty, floor)
            x = np.log(np.maximum(x, floor))
        elif name == VOLATILITY:
            fitted, x = Fitted(name, empty, empty), x / sizes
        else:
            fitted = Fitted(name, *fit_recent(x, kept.offsets, name, panel.season_length, peers))
        steps.append(fitted)
    returns = () if goes_by is None else panel.returns
    if returns:
        values = values.copy()
        values[:, list(returns)] /= sizes[:, None]
    numbers = panel.season_length, panel.target, *channel_scales(values, peers)
    ready = tuple(one if one.name in SCALES and scope != "series" else one.joined(peers) for one in steps)
    return Normaliser(ready, residual, *numbers, volatility=goes_by, returns=returns)


def _check_transforms(panel: Panel, names: Sequence[str]) -> None:
    """Refuse transforms that cannot follow each other, or that the data does not have."""
    if VOLATILITY in names and panel.volatility is None:
        raise ConfigError(
            f"--transforms {','.join(names)}: volatility is only known of prices (ohlc); these are "
            f"{panel.kind}. Leave it out."
        )
    for place, name in enumerate(names):
        if name in SCALES and set(names[:place]) & PER_WINDOW:
            raise ConfigError(
                f"--transforms {','.join(names)}: {name} cannot follow level, last or volatility, "
                f"which differ from window to window. Put {name} first."
            )


def last_observed(x: np.ndarray) -> np.ndarray:
    """Last number of every row that is not NaN; 0 where all are.

    Args:
        x: (batch, look_back) float64.

    Returns:
        (batch,) float64.
    """
    known = ~np.isnan(x)
    position = x.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    last = x[np.arange(len(x)), position]
    return np.where(np.isnan(last), 0.0, last)


def _log_floor(x: np.ndarray, peers: Peers) -> float:
    """Half of the smallest positive training value: a zero is closer to it than to anything else."""
    lowest = peers.lowest(x[x > 0])
    return 1.0 if lowest is None else float(lowest) / 2


def _mean_size(x: np.ndarray) -> np.ndarray:
    """(batch,) mean of the absolute values that are there; 0 where none is."""
    known = ~np.isnan(x)
    return np.asarray(np.where(known, np.abs(x), 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
