"""Row of forecasts: a million windows of a panel, against the plain network in inference mode."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from speed_networks import Ours, Plain, Shape, gathered, panel_of, prepared_for
from speed_rounds import Asked, Bar, Found, Subject, race

from forecaster.network.predict import predict_outputs
from forecaster.training.device import set_threads
from forecaster.training.fit import training_source
from forecaster.training.fitted import Fitted
from forecaster.training.prepare import Prepared

SHAPE, FAST_SHAPE = Shape(24, 64, 1024), Shape(4, 4, 64)
N_WINDOWS, FAST_WINDOWS = 1_000_000, 1024
BARS = {"predict": (Bar("outputs / plain", least=0.95),)}


def run(name: str, asked: Asked) -> Found:
    """Run the row.

    Args:
        name: ``predict``.
        asked: How.

    Returns:
        Windows a second of the network's outputs, and of forecasts in the unit of the data.
    """
    shape, n_windows = (FAST_SHAPE, FAST_WINDOWS) if asked.is_fast else (SHAPE, N_WINDOWS)
    batch = shape.batch or 1
    here = {"threads": asked.threads, "device": asked.device}
    set_threads(asked.threads)
    few = prepared_for(panel_of(shape, 16 * batch), shape, **here)
    fitted, _ = Ours(few).fitted()
    prepared = prepared_for(panel_of(shape, n_windows), shape, **here)
    plain = Plain(gathered(prepared), shape.units, batch, asked.device)
    subjects: dict[str, Subject] = {
        "outputs": _rate(n_windows, _outputs(fitted, prepared, batch)),
        "forecasts": _rate(n_windows, lambda: _means(fitted, prepared)),
        "plain": plain.predicted,
    }
    case = race(f"{name} {shape.name}", "windows/s", subjects, asked)
    return Found([case], {f"{ours} / plain": case.ratio(ours, "plain") for ours in ("outputs", "forecasts")})


def _outputs(fitted: Fitted, prepared: Prepared, batch: int) -> Callable[[], object]:
    """The network over all windows, gathered from the panel."""
    source = training_source(prepared.panel, prepared.parts, prepared.settings)
    return lambda: predict_outputs(fitted.models[0], source, batch)


def _means(fitted: Fitted, prepared: Prepared) -> np.ndarray:
    """Means of the forecasts in the unit of the data, as ``predict`` makes them, piece by piece."""
    pieces = fitted.predict_chunks(prepared.panel, prepared.parts.train)
    return np.concatenate([piece.mean() for piece in pieces])


def _rate(n_windows: int, work: Callable[[], object]) -> Subject:
    """Windows a second of some work."""

    def rate() -> float:
        """One run."""
        began = time.perf_counter()
        work()
        return n_windows / (time.perf_counter() - began)

    return rate
