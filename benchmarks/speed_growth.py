"""Rows of growing work: peak memory of a training, and seconds a row from ten thousand rows to ten million.

Each size runs in a process of its own, from a panel that is built already; what the imports and a first tiny
training take does not count. ``python benchmarks/speed_growth.py N_ROWS LOOK_BACK UNITS BATCH THREADS WHAT``
is such a process; WHAT is ``fit``, or ``whole`` for ``Forecaster.fit`` with scores and baselines.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from speed_rounds import Asked, Bar, Case, Found

# Length of a series.
LENGTH = 1_000
N_TINY = 2_000
SIZES, FAST_SIZES = (10**4, 10**5, 10**6, 10**7), (2_000, 4_000)
LOOK_BACK, UNITS, BATCH = 24, 32, 1024
# From this size on the seconds a row are compared; below it start-up counts.
LEAST_COMPARED = 10**5
# Sizes up to this one are run several times; larger ones take minutes and are steady.
MOST_REPEATED = 10**6
# A network of this size leaves memory to be what the windows take.
MEMORY_UNITS, MEMORY_BATCH = 8, 4096
MEGABYTE = 1e6
BARS = {
    "memory": (Bar("MB above imports - (3 x panel + 300 MB)", most=0.0),),
    "scaling": (Bar("seconds a row, most / least", most=1.5),),
}


def run(name: str, asked: Asked) -> Found:
    """Run a row.

    Args:
        name: ``memory`` or ``scaling``.
        asked: How.

    Returns:
        Cases and measures.
    """
    return {"memory": memory, "scaling": scaling}[name](asked)


def memory(asked: Asked) -> Found:
    """Peak memory of one epoch over the largest panel, and of a whole ``Forecaster.fit``."""
    n_rows = (FAST_SIZES if asked.is_fast else SIZES)[-1]
    sizes = (n_rows, LOOK_BACK, MEMORY_UNITS, MEMORY_BATCH, asked.threads)
    peaks, panel = {}, 0.0
    for what in ("fit", "whole"):
        found = in_process(*sizes, what)
        panel = found["panel_bytes"] / MEGABYTE
        peaks[what] = [found["peak_bytes"] / MEGABYTE]
    case = Case(f"memory, {n_rows:,} rows", "MB", {"panel": [panel], **peaks})
    over = {what: case.best(what) - (3 * panel + 300) for what in peaks}
    measures = {
        "MB above imports - (3 x panel + 300 MB)": over["fit"],
        "MB of the whole Forecaster.fit - (3 x panel + 300 MB)": over["whole"],
        "fit / panel": case.ratio("fit", "panel"),
    }
    return Found([case], measures)


def scaling(asked: Asked) -> Found:
    """Seconds of one epoch by the number of rows."""
    sizes = FAST_SIZES if asked.is_fast else SIZES
    rounds: dict[str, list[float]] = {f"{size:,} rows": [] for size in sizes}
    for number in range(asked.rounds):
        for size in sizes:
            if number == 0 or size <= MOST_REPEATED:
                found = in_process(size, LOOK_BACK, UNITS, BATCH, asked.threads, "fit")
                rounds[f"{size:,} rows"].append(found["seconds"] / size * 1e6)
    case = Case("scaling, one epoch", "us a row", rounds)
    per_row = [case.best(f"{size:,} rows") for size in sizes if asked.is_fast or size >= LEAST_COMPARED]
    return Found([case], {"seconds a row, most / least": max(per_row) / min(per_row)})


def in_process(*arguments: Any) -> dict[str, float]:
    """What ``measure`` finds in a process of its own.

    Args:
        arguments: Of it.

    Returns:
        Its result.

    Raises:
        RuntimeError: The process failed.
    """
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = "\n".join(done.stderr.splitlines()[-5:])
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{lines}")
    print(f"{arguments}: {done.stdout.strip()}", file=sys.stderr, flush=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(sizes: Sequence[int], what: str) -> dict[str, float]:
    """Seconds and peak memory of one training from a built panel.

    Args:
        sizes: Rows, look-back, units, batch and threads.
        what: ``fit`` for the fit alone, ``whole`` for ``Forecaster.fit``.

    Returns:
        ``seconds``, ``peak_bytes`` above what was there before the panel, and ``panel_bytes``.
    """
    import forecaster.evaluation.job  # noqa: F401  imported before anything is measured
    from forecaster.training.device import set_threads

    n_rows, look_back, units, batch, threads = sizes
    set_threads(threads)
    _train(min(N_TINY, n_rows), (look_back, units, batch, threads), what)
    before = peak_bytes()
    seconds, panel_bytes = _train(n_rows, (look_back, units, batch, threads), what)
    return {"seconds": seconds, "peak_bytes": peak_bytes() - before, "panel_bytes": panel_bytes}


def _train(n_rows: int, sizes: tuple[int, int, int, int], what: str) -> tuple[float, int]:
    """Seconds of a training on a fresh panel, and the panel's bytes."""
    from speed_networks import Ours, Shape, make_panel, prepared_for

    from forecaster import Forecaster

    look_back, units, batch, threads = sizes
    panel = make_panel(n_rows, min(LENGTH, n_rows // 2))
    began = time.perf_counter()
    if what == "fit":
        Ours(prepared_for(panel, Shape(look_back, units, batch), threads=threads)).rate()
    else:
        given = {"units": units, "layers": 1, "segment": 1, "season": 1, "baselines": "fast"}
        model = Forecaster(
            look_back=look_back, batch_size=batch, epochs=1, ensemble=1, threads=threads, **given
        )
        model.fit(panel)
    seconds = time.perf_counter() - began
    n_bytes = panel.values.nbytes + panel.times.nbytes + panel.offsets.nbytes + panel.ids.nbytes
    return seconds, n_bytes


def peak_bytes() -> int:
    """Most memory that this process has held at once."""
    unit = 1 if sys.platform == "darwin" else 1024  # the system counts in bytes or kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    print(json.dumps(measure([int(number) for number in sys.argv[1:6]], sys.argv[6])))
