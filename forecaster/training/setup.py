"""What a fit is made of: head, bins, network sizes and training plan, from the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from forecaster.config.settings import Settings
from forecaster.distributions import Step, tail_scales
from forecaster.errors import ConfigError
from forecaster.network.architecture import Architecture
from forecaster.network.branches import parse_branches
from forecaster.network.first_mixture import Known, choose_mixture
from forecaster.network.heads import (
    BinsHead,
    HazardHead,
    Head,
    MixtureHead,
    PointHead,
    QuantileHead,
)
from forecaster.training.device import choose_device, choose_precision
from forecaster.training.linear import LinearForecast
from forecaster.training.plan import TrainingPlan
from forecaster.training.schedules import SchedulePlan
from forecaster.training.sizes import layer_sizes, mark_sizes
from forecaster.windows.batch import Batch
from forecaster.windows.bins import fit_bins, value_resolution
from forecaster.windows.cells import point_cells
from forecaster.windows.features import n_static
from forecaster.windows.future import future_width, input_channels
from forecaster.windows.gather import WindowSource

Rate = Callable[[int, int], float]

# Open waiting times from which on it can be learnt that some never end.
LEAST_OPEN = 10

# Smallest scale of an outer bin's tail, in units of the spread of the targets.
LEAST_TAIL = 1e-3

# Windows that bins are fitted on: their quantiles do not move with more.
MOST_BINNED = 50_000


def make_architecture(settings: Settings, source: WindowSource, n_outputs: int) -> Architecture:
    """The network's sizes from the settings.

    Args:
        settings: None open.
        source: Training windows.
        n_outputs: Numbers a step that the head takes.

    Returns:
        An architecture.
    """
    network, window = settings.network, settings.window
    panel, normaliser, horizon = source.panel, source.normaliser, source.windows.horizon
    channels = input_channels(panel, normaliser.calendar)
    n_series = panel.peers.total(panel.n_series)
    return Architecture(
        look_back=window.look_back or 1,
        horizon=horizon,
        n_channels=len(channels),
        n_outputs=n_outputs,
        **layer_sizes(network),
        branches=parse_branches(network.branch or (), channels),
        n_static=n_static(normaliser.features) + len(panel.static_names),
        **mark_sizes(network, len(panel.mark_names)),
        decoder=network.decoder or "direct",
        out_segment=min(network.segment or 1, horizon),
        n_series=n_series if network.series_units else 0,
        series_units=network.series_units or 0,
        n_future=future_width(panel, normaliser.calendar),
    )


def make_head(
    name: str, settings: Settings, source: WindowSource, linear: LinearForecast | None = None
) -> Head:
    """The head of a network, its bins fitted on the targets of the training windows.

    Args:
        name: ``point``, ``quantile``, ``bins``, ``hazard`` or ``mixture``.
        settings: None open.
        source: Training windows.
        linear: Linear forecast that a mixture may follow.

    Returns:
        A head; a point forecast has no residuals yet.
    """
    if name == "quantile":
        levels = settings.network.quantile_levels or (0.1, 0.5, 0.9)
        if source.panel.kind != "ohlc":
            return QuantileHead(levels)
        batch, _ = source.thinned(MOST_BINNED).gather_all()
        return QuantileHead.fit(levels, batch.target[batch.mask])  # little beyond it can be learnt of returns
    if name == "point":
        return PointHead(settings.network.loss or "mse")
    batch, steps = source.thinned(MOST_BINNED).gather_all()
    target = batch.target[batch.mask]
    if name == "mixture":
        return _mixture(settings, batch, linear)
    if name == "hazard":
        return fit_hazards(batch, settings.transform.n_bins or 10)
    if source.panel.predict == "direction":
        edges = direction_edges(target, settings.transform.dead_band, source.normaliser.target_scale)
    else:
        edges = target_edges(settings, target, steps if source.normaliser.is_common else None)
    head = BinsHead(edges, settings.transform.smoothing)
    if batch.cell is not None:
        return replace(head, tails=open_tails(edges, batch))
    if source.panel.kind == "ohlc":  # crashes lie far beyond the usual returns
        head = replace(head, tails=np.maximum(tail_scales(target, edges), LEAST_TAIL))
    return head.count(target)


def _mixture(settings: Settings, batch: Batch, linear: LinearForecast | None) -> MixtureHead:
    """The mixture head of some training windows."""
    cell, is_known = known_cells(batch)
    forecast = None
    if linear is not None:
        forecast = np.broadcast_to(linear.of(batch)[:, None], is_known.shape)[is_known]
    known = Known.of(cell, forecast)
    never = len(known.limit) >= LEAST_OPEN
    n = settings.network.components
    return choose_mixture(known, None if n is None else (n, 0 if linear is None else n), never=never)


def fit_hazards(batch: Batch, n_bins: int) -> HazardHead:
    """The hazard head of some training windows: bins with equal counts of closed waiting times.

    Args:
        batch: Training windows; without cells their targets are taken for the middles of narrow ones.
        n_bins: Bins wanted.

    Returns:
        The head; its first edge lies a standard deviation below the smallest target.
    """
    target = batch.target[batch.mask]
    inner = fit_bins(target, "quantile", n_bins)[1:-1] if len(target) else np.zeros(1)
    lowest = float(target.min()) if len(target) else -1.0
    return HazardHead.fit(np.unique(np.concatenate([[lowest - 1.0], inner])), known_cells(batch)[0])


def known_cells(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) limits of the targets that are known or open, and (batch, horizon) bool where these are."""
    cell = batch.cell if batch.cell is not None else point_cells(batch.target, batch.mask)
    is_known = np.isfinite(cell[..., 0])
    return cell[is_known], is_known


def open_tails(edges: np.ndarray, batch: Batch) -> np.ndarray:
    """Scales of the outer bins of waiting times, by maximum likelihood with the open ones.

    Args:
        edges: (n_bins + 1,) rising, normalised.
        batch: Training windows with cells.

    Returns:
        (2,): of the lowest bin its mean depth; of the highest, all time spent beyond its inner edge over the
        number of intervals that ended there.

    Source:
        The maximum likelihood of an exponential tail with right censoring, Lawless, "Statistical Models and
        Methods for Lifetime Data", 2nd ed., 2003, section 4.1.
    """
    target = batch.target[batch.mask]
    scales = tail_scales(target, edges)
    if batch.cell is not None:
        low, high = batch.cell[..., 0], batch.cell[..., 1]
        waited = low[np.isposinf(high)] - edges[-2]
        ended = target[target >= edges[-2]] - edges[-2]
        if len(ended):
            scales[1] = (ended.sum() + waited[waited > 0].sum()) / len(ended)
    return np.asarray(np.maximum(scales, LEAST_TAIL))


def target_edges(settings: Settings, target: np.ndarray, steps: Sequence[Step] | None) -> np.ndarray:
    """Edges of the bins, in the space that targets are learnt in.

    Where every window goes through the same transforms, edges are cut in the unit of the data and taken
    through them; where windows differ (level, last, residual), on the normalised targets themselves.

    Args:
        settings: None open.
        target: (n,) known targets of training windows, normalised.
        steps: What they went through, where that is the same for all.

    Returns:
        (n_bins + 1,) rising, normalised.

    Raises:
        ConfigError: Edges were given, but windows differ in their transforms.
    """
    rule, n_bins = settings.transform.bins, settings.transform.n_bins or 10
    if steps is not None:
        y = target[None]  # (1, n): the steps' numbers are (1, 1)
        for step in reversed(steps):
            y = step.undo(y)
        edges = fit_bins(y[0], rule, n_bins, resolution=value_resolution(y))[None]
        for step in steps:
            edges = step.forward(edges)
        return np.unique(edges)
    if not isinstance(rule, str):
        raise ConfigError(
            f"--bins {','.join(map(str, rule))}: edges in the unit of the data need transforms that are "
            f"the same for every window. Add --transforms standard."
        )
    return fit_bins(target, rule, n_bins)


def direction_edges(target: np.ndarray, dead_band: float, target_scale: tuple[float, float]) -> np.ndarray:
    """Edges of down, flat and up.

    Args:
        target: (n,) known targets of training windows, normalised.
        dead_band: Half-width of flat, in standard deviations of the training returns.
        target_scale: Mean and spread of the targets before the last step of their transforms, in which their
            standard deviation is about 1.

    Returns:
        (4,) rising, normalised.
    """
    shift, scale = target_scale
    low, high = ((end - shift) / scale for end in (-dead_band, dead_band))
    least, most = (target.min(), target.max()) if len(target) else (low, high)
    return np.array([min(least, low - 1.0), low, high, max(most, high + 1.0)])


def make_plan(settings: Settings, n_windows: int, schedule: Rate | None = None) -> TrainingPlan:
    """How the networks of a fit are trained.

    Args:
        settings: None open.
        n_windows: Windows to train on.
        schedule: Learning rate by (step, total steps), in place of the setting.

    Returns:
        The plan of the first member.
    """
    training = settings.training
    device = choose_device(training.device)
    batch_size = min(training.batch_size or 32, n_windows)
    units = max(settings.network.units or (32,))
    return TrainingPlan(
        optimizer=training.optimizer or "rmsprop",
        learning_rate=training.learning_rate or 1e-3,
        momentum=training.momentum,
        clip=training.clip,
        schedule=SchedulePlan(
            schedule or training.schedule or "one-cycle",
            training.step_epochs,
            training.milestones,
            training.gamma,
            training.plateau_patience,
        ),
        epochs=training.epochs or 1,
        steps_per_epoch=training.steps_per_epoch,
        batch_size=batch_size,
        patience=training.patience,
        seed=training.seed,
        device=device,
        precision=choose_precision(training.precision, device, units, batch_size),
    )
