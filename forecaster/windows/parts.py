"""The windows of train, valid and test that a split gives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.config.facts import WAITING, DataFacts
from forecaster.config.settings import WindowSettings
from forecaster.data.differences import nearest_naive
from forecaster.data.panel import Panel
from forecaster.data.units import usual_durations
from forecaster.windows.features import find_calendar
from forecaster.windows.split import Split
from forecaster.windows.windows import Span, Windows, make_windows, own_positions

# Shares of a random split: 4:1, as textbooks have it, and a tenth to choose the weights by.
RANDOM_TEST, RANDOM_VALID = 0.2, 0.1


@dataclass(frozen=True)
class Parts:
    """Windows by what they are used for.

    Attributes:
        fit: Rows that transforms and bins are fitted on.
        train: Windows that weights are fitted on.
        valid: Windows that choose the best weights; may be empty.
        test: Windows that are scored; may be empty.
        n_valid: Validation windows of all holders of the panel's parts.
        n_test: Test windows likewise.
    """

    fit: Span
    train: Windows
    valid: Windows
    test: Windows
    n_valid: int = 0
    n_test: int = 0


def network_horizon(panel: Panel, settings: WindowSettings) -> int:
    """Steps that a network forecasts at once: one waiting time; later ones come from sampling."""
    return 1 if panel.kind in WAITING else settings.horizon


def training_span(span: Span, settings: WindowSettings) -> Span:
    """The span to train on: without the intervals still open where they are not to be learnt from."""
    return span if settings.censor else replace(span, as_of=None)


def make_parts(panel: Panel, split: Split, settings: WindowSettings, seed: int = 0) -> Parts:
    """Windows of every part; validation and test take every origin, training every ``stride``.

    Args:
        panel: The rows.
        split: Where they are cut.
        settings: Sizes of the windows; none is open.
        seed: Of a random split.

    Returns:
        Train windows lie wholly before the first cut, unless the split is random.
    """
    if split.leaky:
        parts = _random_parts(panel, split, settings, seed)
    else:
        parts = Parts(
            split.train,
            part_windows(panel, training_span(split.train, settings), settings, stride=settings.stride),
            part_windows(panel, split.valid, settings),
            part_windows(panel, split.test, settings),
        )
    n_valid, n_test = panel.peers.total(np.array([parts.valid.n_windows, parts.test.n_windows])).tolist()
    return replace(parts, n_valid=n_valid, n_test=n_test)


def part_windows(panel: Panel, span: Span, settings: WindowSettings, stride: int = 1) -> Windows:
    """Windows whose targets lie in ``span``.

    Args:
        panel: The rows.
        span: Where targets may come from.
        settings: ``look_back``, ``horizon`` and ``min_history``; none is open.
        stride: Steps between two windows of a series.

    Returns:
        The windows, in the order of the panel.

    Raises:
        ValueError: A setting is still open.
    """
    if settings.look_back is None or settings.min_history is None:
        raise ValueError("look_back and min_history must be set before windows are made")
    return make_windows(
        panel,
        span,
        settings.look_back,
        network_horizon(panel, settings),
        min_history=settings.min_history,
        stride=stride,
    )


def _random_parts(panel: Panel, split: Split, settings: WindowSettings, seed: int) -> Parts:
    """Windows dealt out at random: neighbours share rows, so the scores are too good."""
    everything = training_span(split.everything, settings)
    windows = part_windows(panel, everything, settings, stride=settings.stride)
    before, n_windows = panel.peers.place(windows.n_windows)
    order = np.random.default_rng([seed, 4, 1]).permutation(n_windows)
    shares = [
        size if isinstance(size, float) else default
        for size, default in (
            (settings.test_size, RANDOM_TEST),
            (settings.valid_size, RANDOM_VALID),
        )
    ]
    n_test, n_valid = (round(share * n_windows) for share in shares)

    def own(positions: np.ndarray) -> Windows:
        """Those of the windows at these places that are of this part of the panel."""
        return windows.select(own_positions(np.sort(positions), before, windows.n_windows))

    return Parts(
        split.everything,
        own(order[n_test + n_valid :]),
        own(order[n_test : n_test + n_valid]),
        own(order[:n_test]),
    )


def _durations(panel: Panel, gaps: np.ndarray) -> tuple[str, ...]:
    """Durations near the quartiles of the gaps of an events panel."""
    return usual_durations(gaps, panel.unit_length if panel.clock.kind == "date" else None)


def _usual_length(lengths: np.ndarray) -> int:
    """Length of the series that half of all rows lie in or in longer ones; 0 without rows."""
    ordered = np.sort(lengths)
    reached = np.cumsum(ordered)
    return int(ordered[np.searchsorted(reached, reached[-1] / 2)]) if len(ordered) and reached[-1] else 0


def data_facts(panel: Panel, span: Span, horizon: int = 1) -> DataFacts:
    """What the rules of the defaults look at, from the training rows alone.

    Args:
        panel: The rows.
        span: Training rows.
        horizon: Steps to forecast.

    Returns:
        The facts.
    """
    rows, peers = panel.take(span.begins, span.ends), panel.peers
    own = rows.y[np.isfinite(rows.y)]
    lowest, y = peers.lowest(own, 0.0), peers.pooled(own)
    # the order of the rows, which are a copy, is not needed any more
    low, high = np.quantile(y, [0.05, 0.95], overwrite_input=True) if len(y) else (0.0, 0.0)
    n_series = peers.total(panel.n_series)
    is_learnt = span.as_of is not None and n_series > 1
    n_open = peers.total(int((rows.lengths > 0).sum())) if is_learnt else 0
    naive, noise = nearest_naive(rows, horizon) if panel.kind == "values" else ("last", 1.0)
    return DataFacts(
        kind=panel.kind,
        has_ids=n_series > 1 or "id" in panel.columns,
        n_series=n_series,
        n_train=peers.total(len(own)),
        usual_length=_usual_length(peers.pooled(rows.lengths)),
        season_length=panel.season_length,
        lowest=float(lowest),
        spread_ratio=float(high / low) if low > 0 else float("inf"),
        naive=naive,
        noise=noise,
        predict=panel.predict,
        channels=panel.channels,
        n_open=n_open,
        calendar=find_calendar(rows),
        within=_durations(panel, y) if panel.kind == "events" else (),
    )
