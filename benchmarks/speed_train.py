"""Rows of training: windows a second of the product's epochs against others with the same network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from speed_networks import Ours, Plain, Shape, StockKeras, gathered, panel_of, prepared_for
from speed_rivals import rivals_of
from speed_rounds import Asked, Bar, Case, Found, Subject, race

from forecaster.training.device import choose_precision, set_threads
from forecaster.training.prepare import Prepared

SHAPES = (Shape(24, 64, 256), Shape(7 * 24, 128, 256, 24), Shape(96, 64, 128))
FAST_SHAPES = (Shape(4, 4, 16), Shape(2 * 3, 4, 16, 3), Shape(8, 4, 8))
# How each shape is called in the bars: by its look-back, or by its segments.
NAMES = ("24", "segments", "96")
# Steps of a timed epoch.
N_STEPS, FAST_STEPS = 64, 4
BATCHES = (32, 64, 128, 256, 512, 1024)
FAST_BATCHES = (16, 32)
# Windows of the small network: enough for the product's largest default batch.
N_SMALL, FAST_SMALL = 65_536, 512
RIVALS = ("neuralforecast", "darts")
BARS = {
    "train": (
        Bar("auto / plain, geometric mean", least=1.25),
        Bar("auto / plain, least", least=1.0),
        Bar("float32 / plain, least", least=0.95),
        Bar("auto / keras, 24", least=2.0),
        Bar("auto / keras, 96", least=4.0),
        *(Bar(f"auto / {rival}, least", least=1.2) for rival in RIVALS),
    ),
    "small": (Bar("default batch / best plain", least=1.0),),
}


def run(name: str, asked: Asked) -> Found:
    """Run a row.

    Args:
        name: ``train`` or ``small``.
        asked: How.

    Returns:
        Cases and measures.
    """
    return {"train": train, "small": small}[name](asked)


def train(asked: Asked) -> Found:
    """Three shapes: both precisions of the product, stock Keras, a plain loop, other packages."""
    found = Found()
    shapes = FAST_SHAPES if asked.is_fast else SHAPES
    mixed = []
    for name, shape in zip(NAMES, shapes, strict=True):
        panel = panel_of(shape, (shape.batch or 1) * (FAST_STEPS if asked.is_fast else N_STEPS))
        here = {"threads": asked.threads, "device": asked.device}
        auto = prepared_for(panel, shape, precision="auto", **here)
        arrays = gathered(auto)
        batch = auto.settings.training.batch_size or 1
        subjects: dict[str, Subject] = {
            "auto": Ours(auto).rate,
            "float32": Ours(prepared_for(panel, shape, precision="float32", **here)).rate,
            "plain": Plain(arrays, shape.units, batch, asked.device).rate,
            "keras": StockKeras(arrays, shape.units, batch, asked.device).rate,
        }
        others, skipped = rivals_of(panel, shape, FAST_STEPS if asked.is_fast else N_STEPS, asked.device)
        found.skipped |= skipped
        set_threads(asked.threads)
        case = race(f"train {shape.name}", "windows/s", subjects | others, asked)
        found.cases.append(case)
        is_mixed = choose_precision("auto", asked.device, shape.units, batch) == "bfloat16"
        mixed.append(is_mixed)
        found.measures |= _measures(name, case, shape)
    if not all(mixed):
        found.skipped["bfloat16"] = "not in all shapes: the processor lacks it, or the network is small"
    found.measures |= _summary(found.measures, with_mixed=any(mixed))
    return found


def _measures(name: str, case: Case, shape: Shape) -> dict[str, float]:
    """Ratios of one shape, and how many multiplications and additions a second the best of ours makes."""
    found = {
        f"{ours} / {other}, {name}": case.ratio(ours, other)
        for other in case.rounds
        if other not in ("auto", "float32")
        for ours in ("auto", "float32")
    }
    gflops = {ours: case.best(ours) * shape.flops / 1e9 for ours in ("auto", "float32", "plain")}
    return found | {f"GFLOP/s of {ours}, {name}": value for ours, value in gflops.items()}


def _summary(measures: Mapping[str, float], *, with_mixed: bool) -> dict[str, float]:
    """The geometric mean and the least ratio over shapes."""
    found = {}
    for ours in ("auto", "float32"):
        for other in ("plain", *RIVALS):
            ratios = [value for key, value in measures.items() if key.startswith(f"{ours} / {other}, ")]
            # without bfloat16 auto is float32, which has a bar of its own
            if ratios and (with_mixed or (ours, other) != ("auto", "plain")):
                found[f"{ours} / {other}, geometric mean"] = float(np.exp(np.log(ratios).mean()))
                found[f"{ours} / {other}, least"] = min(ratios)
    return found


def small(asked: Asked) -> Found:
    """A small network: the product's default batch and threads against the best batch of a plain loop."""
    shape = Shape(3, 32 if not asked.is_fast else 4, None)
    panel = panel_of(shape, FAST_SMALL if asked.is_fast else N_SMALL)
    prepared = prepared_for(panel, shape, device=asked.device)
    batch = prepared.settings.training.batch_size
    arrays = gathered(prepared)
    ours = f"ours, {batch}"
    subjects: dict[str, Subject] = {ours: _with_own_threads(prepared, asked.threads)}
    for size in FAST_BATCHES if asked.is_fast else BATCHES:
        plain = Plain(arrays, shape.units, size, asked.device)
        for threads in sorted({1, asked.threads}):
            subjects[f"plain, {size}, threads {threads}"] = _on_threads(plain, threads)
    case = race(f"small {shape.name}", "windows/s", subjects, asked)
    set_threads(asked.threads)
    best = max((name for name in subjects if name != ours), key=case.best)
    measures = {"default batch / best plain": case.ratio(ours, best), "default batch": float(batch or 0)}
    return Found([case], measures)


def _with_own_threads(prepared: Prepared, threads: int) -> Subject:
    """The product with the threads that it chooses, ``threads`` where it leaves them open."""
    chosen = prepared.settings.training.threads

    def rate() -> float:
        """Windows a second."""
        set_threads(threads if chosen is None else chosen)
        return Ours(prepared).rate()

    return rate


def _on_threads(plain: Plain, threads: int) -> Subject:
    """A plain loop on so many threads."""

    def rate() -> float:
        """Windows a second."""
        set_threads(threads)
        return plain.rate()

    return rate
