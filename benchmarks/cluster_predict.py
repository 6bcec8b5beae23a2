"""Rows of forecasting on Ray: the numbers of local ones, size, growth, and processes killed at random."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from speed_rounds import Asked, Bar, Case, Found, race

# Series of each row, and of a run that only sees that all works.
N_SERIES = {"same": 100_000, "million": 1_000_000, "growth": 1_000_000, "kills": 50_000, "driver": 200_000}
FAST_SERIES = 400
N_EVENTS, N_SHARDS, N_TRAINED = 10, 64, 2_000
N_KILLS, KILLS_A_JOB = 20, 4
# Series made at a time, and seconds between two looks at the memory of all processes.
BATCH, LOOK_SECONDS = 100_000, 0.2
WORKER = "ray::MapWorker"
BARS = {
    "same": (Bar("ids as local, share", least=1), Bar("largest difference, days", most=1e-6)),
    "million": (Bar("forecasts / series", least=1, most=1), Bar("GB of the largest process", most=2.5)),
    "growth": (Bar("two workers / one", least=1.7),),
    "kills": (
        Bar("workers killed", least=N_KILLS),
        Bar("jobs ended right, share", least=1),
    ),
    "driver": (Bar("parts kept by the second job", least=1), Bar("ids lost or doubled", most=0)),
}


def run(name: str, asked: Asked) -> Found:
    """Run a row.

    Args:
        name: One of ``BARS``.
        asked: How.

    Returns:
        Figures and measures.
    """
    n_series = FAST_SERIES if asked.is_fast else N_SERIES[name]
    with tempfile.TemporaryDirectory(prefix="forecast-bench-") as folder:
        place = Path(folder)
        make_events(place / "events.parquet", n_series)
        make_events(place / "trained.parquet", min(N_TRAINED, n_series))
        command(place, "train", "trained.parquet", "--out", "run", "--look-back", "8", *SMALL)
        shards = 4 if asked.is_fast else N_SHARDS
        began = time.perf_counter()
        with watched() as memory:
            command(place, "shard", "events.parquet", "--out", "parts", "--shards", str(shards))
        found = Found(measures={"seconds to shard": time.perf_counter() - began})
        found.measures["GB to shard"] = memory["largest"] / 1e9
        ROWS[name](place, n_series, asked, found)
    return found


SMALL = ("--epochs", "1", "--ensemble", "1", "--units", "32", "--threads", "1", "--baselines", "fast")


def make_events(path: Path, n_series: int, seed: int = 0) -> None:
    """A file of events, some series at a time.

    Args:
        path: Parquet file to write.
        n_series: Customers, of ``N_EVENTS`` events each.
        seed: Of the gaps.
    """
    rng, writer = np.random.default_rng(seed), None
    for begin in range(0, n_series, BATCH):
        n = min(BATCH, n_series - begin)
        scale = 240.0 * np.exp(rng.normal(0.0, 0.5, (n, 1)))
        hours = np.cumsum(np.ceil(rng.gamma(2.0, scale, (n, N_EVENTS))), axis=1).ravel()
        names = np.repeat(np.char.add("c", np.arange(begin, begin + n).astype(str)), N_EVENTS)
        times = np.datetime64("2020-01-01", "s") + (hours * 3600).astype("timedelta64[s]")
        table = pa.table({"customer_id": names, "time": times})
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def begin(place: Path, *words: str) -> subprocess.Popen[str]:
    """The command `forecast`, begun in a folder."""
    code = [sys.executable, "-c", "from forecaster.commands import cli; cli()", *words]
    return subprocess.Popen(
        code, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def command(place: Path, *words: str) -> str:
    """What the command says on stderr; its failure is an error."""
    process = begin(place, *words)
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(f"forecast {' '.join(words)}: {said}")
    return said


def on_ray(out: str, n_workers: int = 2, data: str = "parts") -> tuple[str, ...]:
    """Words of a forecast on Ray."""
    return ("predict", data, "--run", "run", "--out", out, "--engine", "ray", "--workers", str(n_workers))


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Memory of this process's children and theirs, looked at all the time.

    Yields:
        ``largest``, the resident bytes of the largest at any time, shared memory among them.
    """
    found = {"largest": 0.0}
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_SECONDS):
            for pid in descendants(os.getpid()):
                found["largest"] = max(found["largest"], resident(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def descendants(pid: int) -> list[int]:
    """Children of a process, theirs, and so on."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        waiting += (own := children.get(waiting.pop(), []))
        found += own
    return found


def resident(pid: int) -> float:
    """Resident bytes of a process; 0 for one that has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return 1024.0 * int(found[1]) if found else 0.0


def ids_of(folder: Path) -> pd.Series:
    """Ids of all parts of a forecast."""
    parts = [pq.read_table(path, columns=["unique_id"]) for path in sorted(folder.glob("*.parquet"))]
    ids: pd.Series = pa.concat_tables(parts)["unique_id"].to_pandas()
    return ids


def lost_or_doubled(folder: Path, n_series: int) -> int:
    """How many ids are not there exactly once."""
    counts = ids_of(folder).value_counts()
    return n_series - len(counts) + int((counts > 1).sum())


def same(place: Path, n_series: int, asked: Asked, found: Found) -> None:
    """A forecast of a file by both engines: the same numbers, in the same order."""
    words = on_ray("ray.parquet", data="events.parquet")
    subjects = {
        "local": timed(lambda: command(place, *words[:4], "--out", "local.parquet")),
        "ray": timed(lambda: command(place, *words)),
    }
    found.cases.append(race(f"{n_series:,} series from one file", "s", subjects, asked))
    local, ray = (pd.read_parquet(place / f"{name}.parquet") for name in ("local", "ray"))
    found.measures["ids as local, share"] = float((local["unique_id"] == ray["unique_id"]).mean())
    moments = [name for name in local if local[name].dtype.kind == "M"]
    days = [(local[name] - ray[name]).abs().max() / pd.Timedelta(days=1) for name in moments]
    numbers = [name for name in local if local[name].dtype.kind == "f"]
    days += [float((local[name] - ray[name]).abs().max()) for name in numbers]
    found.measures["largest difference, days"] = float(max(days))


def million(place: Path, n_series: int, asked: Asked, found: Found) -> None:
    """All series by two workers, and the memory of every process."""
    del asked
    began = time.perf_counter()
    with watched() as memory:
        command(place, *on_ray("forecast"))
    found.measures["seconds"] = time.perf_counter() - began
    found.measures["series a second"] = n_series / found.measures["seconds"]
    found.measures["GB of the largest process"] = memory["largest"] / 1e9
    found.measures["forecasts / series"] = len(ids_of(place / "forecast")) / n_series
    found.measures["ids lost or doubled"] = lost_or_doubled(place / "forecast", n_series)


def growth(place: Path, n_series: int, asked: Asked, found: Found) -> None:
    """Series a second while all workers are at work: from the first part that is there to the last."""
    del n_series
    numbers = iter(range(1000))

    def rate(n_workers: int) -> float:
        """Of one job."""
        out = f"forecast-{next(numbers)}"
        command(place, *on_ray(out, n_workers))
        ends = sorted(path.stat().st_mtime for path in (place / out).glob("*.parquet"))
        n_done = len(ids_of(place / out)) * (len(ends) - n_workers) / len(ends)
        return n_done / (ends[-1] - ends[n_workers - 1])

    subjects = {"one worker": lambda: rate(1), "two workers": lambda: rate(2)}
    case: Case = race("parts in a folder", "series/s", subjects, asked)
    found.cases.append(case)
    found.measures["two workers / one"] = case.ratio("two workers", "one worker")


def kills(place: Path, n_series: int, asked: Asked, found: Found) -> None:
    """Workers killed at random instants, some in each job."""
    drawn, n_killed, n_jobs, n_right = random.Random(0), 0, 0, 0
    wanted = 1 if asked.is_fast else N_KILLS
    while n_killed < wanted:
        out = f"forecast-{n_jobs}"
        process = begin(place, *on_ray(out))
        for _ in range(min(KILLS_A_JOB, wanted - n_killed)):
            n_killed += _kill_one(process, place / out, drawn)
        _, said = process.communicate()
        n_jobs += 1
        n_right += process.returncode == 0 and lost_or_doubled(place / out, n_series) == 0
        print(f"kills: {n_killed} in {n_jobs} jobs; {said.strip().splitlines()[-1:]}", file=sys.stderr)
    found.measures |= {"workers killed": n_killed, "jobs ended right, share": n_right / n_jobs}


def _kill_one(process: subprocess.Popen[str], out: Path, drawn: random.Random) -> int:
    """Kill one worker of a job, a random time after one is there; 0 where the job ended before."""
    while process.poll() is None:
        workers = [pid for pid in descendants(process.pid) if _name(pid).startswith(WORKER)]
        if workers:
            time.sleep(drawn.uniform(0.0, 8.0))
            workers = [pid for pid in descendants(process.pid) if _name(pid).startswith(WORKER)]
            if workers:
                os.kill(drawn.choice(workers), signal.SIGKILL)
                return 1
        time.sleep(0.05)
    del out
    return 0


def _name(pid: int) -> str:
    """What a process calls itself."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def driver(place: Path, n_series: int, asked: Asked, found: Found) -> None:
    """The process that began the job is killed when some parts are there; the same command ends it."""
    del asked
    process, out = begin(place, *on_ray("forecast")), place / "forecast"
    while process.poll() is None and len(list(out.glob("part-*.parquet"))) < 3:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    time.sleep(10.0)  # for its workers to see that it is gone
    times = {path: path.stat().st_mtime_ns for path in out.glob("part-*.parquet")}
    said = command(place, *on_ray("forecast"))
    kept = re.search(r"Note: ([\d,]+) of [\d,]+ parts were there already", said)
    found.measures["parts kept by the second job"] = int(kept[1].replace(",", "")) if kept else 0
    found.measures["parts made twice"] = sum(path.stat().st_mtime_ns != old for path, old in times.items())
    found.measures["ids lost or doubled"] = lost_or_doubled(out, n_series)


def timed(work: Callable[[], Any]) -> Callable[[], float]:
    """Seconds of some work."""

    def run_once() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return run_once


ROWS = {"same": same, "million": million, "growth": growth, "kills": kills, "driver": driver}
