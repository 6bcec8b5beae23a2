"""Rows of growing work: peak memory of a training, and seconds a row from ten thousand rows to ten million.

Each size runs in a process of its own, from a panel that is built already; what the imports and a first tiny
training take does not count. ``python benchmarks/speed_growth.py N_ROWS LOOK_BACK UNITS BATCH THREADS STEPS
WHAT`` is such a process; STEPS are those of an epoch, 0 for all windows once; WHAT is ``fit``, or ``whole``
for ``Forecaster.fit`` with scores and baselines.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from speed_rounds import Asked, Bar, Case, Found

# Length of a series.
LENGTH = 1_000
N_TINY = 2_000
SIZES, FAST_SIZES = (10**4, 10**5, 10**6, 10**7), (2_000, 4_000)
# Of the scaling: small, so that ten million windows take minutes.
LOOK_BACK, UNITS, BATCH = 12, 16, 2048
# From this size on the seconds a row are compared; below it start-up counts.
LEAST_COMPARED = 10**5
# Sizes up to this one are run several times; larger ones take minutes and are steady.
MOST_REPEATED = 10**6
# Of the memory: a network that leaves it to be what the windows take, and the product's own longest epoch.
MEMORY_LOOK_BACK, MEMORY_UNITS, MEMORY_BATCH, MEMORY_STEPS = 24, 8, 4096, 100
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
    sizes = (n_rows, MEMORY_LOOK_BACK, MEMORY_UNITS, MEMORY_BATCH, asked.threads, MEMORY_STEPS)
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
                found = in_process(size, LOOK_BACK, UNITS, BATCH, asked.threads, 0, "fit")
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
        sizes: Rows, look-back, units, batch, threads, and steps of an epoch, 0 for all windows once.
        what: ``fit`` for the fit alone, ``whole`` for ``Forecaster.fit``.

    Returns:
        ``seconds``, ``peak_bytes`` above what was there before the panel, and ``panel_bytes``.
    """
    import forecaster.evaluation.job  # noqa: F401  imported before anything is measured
    from forecaster.training.device import set_threads

    n_rows, *others = sizes
    set_threads(sizes[4])
    _train(min(N_TINY, n_rows), others, what)
    before = peak_bytes()
    seconds, panel_bytes = _train(n_rows, others, what)
    return {"seconds": seconds, "peak_bytes": peak_bytes() - before, "panel_bytes": panel_bytes}


def _train(n_rows: int, sizes: Sequence[int], what: str) -> tuple[float, int]:
    """Seconds of a training on a fresh panel, and the panel's bytes."""
    from speed_networks import Ours, Shape, make_panel, prepared_for

    from forecaster import Forecaster

    look_back, units, batch, threads, n_steps = sizes
    steps = n_steps or None
    panel = make_panel(n_rows, min(LENGTH, n_rows // 2))
    began = time.perf_counter()
    if what == "fit":
        shape = Shape(look_back, units, batch)
        Ours(prepared_for(panel, shape, threads=threads, steps_per_epoch=steps)).rate()
    else:
        given = {"units": units, "layers": 1, "segment": 1, "season": 1, "baselines": "fast"}
        given |= {"epochs": 1, "ensemble": 1, "steps_per_epoch": steps, "threads": threads}
        Forecaster(look_back=look_back, batch_size=batch, **given).fit(panel)
    seconds = time.perf_counter() - began
    n_bytes = panel.values.nbytes + panel.times.nbytes + panel.offsets.nbytes + panel.ids.nbytes
    return seconds, n_bytes


def peak_bytes() -> int:
    """Most memory that this process has held at once.

    Where the system says it of the program itself; what ``getrusage`` says begins with the memory of the
    process that started this one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = (one for one in status.read_text().splitlines() if one.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024  # the system counts in bytes or kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    print(json.dumps(measure([int(number) for number in sys.argv[1:7]], sys.argv[7])))
