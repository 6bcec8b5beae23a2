"""Waiting times against published results: `python benchmarks/waiting_times.py --data FOLDER`.

Every row trains and forecasts by the commands, with default settings but for columns, kind, look-back and
what is held out, and is scored on the files that they write. FOLDER holds ``events/cdnow``, ``events/coal``,
``events/tpp`` and ``intervals/geyser``; the rows ``constant`` and ``exponential`` are simulated.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bench_rows import BEST, bar_text, check_options, held_against, make_parser
from waiting_commands import Work, versions
from waiting_scores import LEVELS, WEEKS, quantile_scores, self_correcting_nll, week_scores

CUT = pd.Timestamp("1997-09-30")
# Sequences of the self-correcting process that are trained on, in the order of their ids.
N_SEQUENCES = 800
# Simulated gaps of a seed: as many to train on, about, as to score.
N_EXPONENTIAL = 300
SIMULATED_SEEDS, FAST_SEEDS = 20, 5

Scores = dict[str, float]


@dataclass(frozen=True)
class Row:
    """One line of the benchmark.

    Attributes:
        run: From a work folder and a seed to scores.
        bars: Lowest and highest score that is wanted, by metric.
        known: What others reach, in words.
        files: In the data folder.
    """

    run: Callable[[Work, int], Scores]
    bars: dict[str, tuple[float, float]]
    known: str
    files: tuple[str, ...] = ()


def cdnow(work: Work, seed: int) -> Scores:
    """When each customer of the CDNOW sample comes back after the cut: one event a customer and day."""
    events = pd.read_csv(work.data / "events/cdnow/cdnow_sample.csv.gz", parse_dates=["date"])
    events = events[["customer_id", "date"]].drop_duplicates().sort_values(["customer_id", "date"])
    past, future = events[events["date"] <= CUT], events[events["date"] > CUT]
    past.to_csv(work.folder / "before.csv", index=False)
    columns = ("--kind", "events", "--id", "customer_id", "--time", "date")
    seconds = work.train("before.csv", *columns, seed=seed)
    within = ",".join(f"{7 * week}d" for week in WEEKS)
    work.forecast("predict", "--run", "run", "--within", within, "--out", "next.csv")
    table = pd.read_csv(work.folder / "next.csv", dtype={"unique_id": str}, parse_dates=["as_of"])
    if not (table["as_of"] == CUT).all():
        raise ValueError(f"forecasts are not of {CUT.date()}")
    table = table.set_index("unique_id").loc[past["customer_id"].astype(str).unique()]
    first = future.groupby(future["customer_id"].astype(str))["date"].min().reindex(table.index)
    weeks = (first - CUT).dt.days.to_numpy(dtype=float) / 7
    weeks = np.where(weeks <= WEEKS[-1], weeks, np.inf)
    found = week_scores(table[[f"within_{7 * week}d" for week in WEEKS]].to_numpy(dtype=float), weeks)
    return found | {"seconds": seconds}


def held_out(work: Work, seed: int, *, path: str, columns: Sequence[str], last: int) -> Scores:
    """One step ahead over the last gaps: a backtest that is trained once, and the NLL of a report."""
    data = str((work.data / path).resolve())
    options = (*columns, "--look-back", "3")
    levels = ",".join(f"{level:.2f}" for level in LEVELS)
    work.forecast(
        "backtest", data, *options, "--windows", str(last), "--quantile", levels, "--out", "backtest.csv",
        "--seed", str(seed),
    )  # fmt: skip
    table = pd.read_csv(work.folder / "backtest.csv")
    if len(table) != last:
        raise ValueError(f"{path}: {len(table)} forecasts in place of {last}")
    quantiles = table[[f"q-{level:.2f}" for level in LEVELS]].to_numpy(dtype=float)
    found = quantile_scores(table["y"].to_numpy(dtype=float), quantiles)
    seconds = work.train(data, *options, "--test-size", str(last), seed=seed)
    report = work.report()
    scores = report["scores"]["test"]
    print(f"{path}: ahead of the model: {', '.join(scores['beaten_by']) or 'no baseline'}", file=sys.stderr)
    return found | {"nll": scores["model"]["nll"], "seconds": seconds}


def self_correcting(work: Work, seed: int) -> Scores:
    """NLL of closed gaps of sequences that were not trained on, and the true one."""
    folder = work.data / "events/tpp"
    events = pd.read_csv(folder / "synthetic_self_correcting.csv.gz")
    true = pd.read_csv(folder / "synthetic_self_correcting_nll.csv.gz").set_index("seq_id")
    ids = np.sort(events["seq_id"].unique())
    is_train = events["seq_id"].isin(ids[:N_SEQUENCES])
    events[is_train].to_csv(work.folder / "train.csv", index=False)
    others = events[~is_train]
    others.to_csv(work.folder / "others.csv", index=False)
    columns = ("--kind", "events", "--id", "seq_id", "--time", "time")
    seconds = work.train("train.csv", *columns, seed=seed)
    scores = json.loads(work.forecast("evaluate", "others.csv", "--run", "run", "--json"))["model"]
    sequences = [times.to_numpy(dtype=float) for _, times in others.groupby("seq_id")["time"]]
    n_gaps = [len(times) - 1 for times in sequences]
    shipped = true.loc[ids[N_SEQUENCES:]]
    mean_true = float(np.average(shipped["true_nll"], weights=shipped["n_events"]))
    return {
        "above_true": scores["nll"] - mean_true,
        "nll": scores["nll"],
        "true_nll": mean_true,
        "true_nll_of_closed_gaps": float(np.average([*map(self_correcting_nll, sequences)], weights=n_gaps)),
        "nll_all": scores["nll_all"],
        "seconds": seconds,
    }


def constant(work: Work, seed: int, n: int = 200, options: Sequence[str] = ()) -> Scores:
    """The next of intervals that are all 30, and of events every 30 minutes: the larger relative error."""
    length = 30.0
    pd.DataFrame({"interval": np.full(n, length)}).to_csv(work.folder / "intervals.csv", index=False)
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n) * length, unit="min")
    pd.DataFrame({"time": times}).to_csv(work.folder / "events.csv", index=False)
    seconds = work.train("intervals.csv", "--kind", "intervals", *options, seed=seed)
    work.forecast("predict", "--run", "run", "--out", "next.csv")
    found = pd.read_csv(work.folder / "next.csv")["forecast"].iloc[0]
    seconds += work.train("events.csv", "--kind", "events", *options, seed=seed)
    work.forecast("predict", "--run", "run", "--out", "next.csv")
    following = pd.to_datetime(pd.read_csv(work.folder / "next.csv")["next_event"].iloc[0])
    gap = (following - times[-1]) / pd.Timedelta(minutes=1)
    error = max(abs(found - length), abs(gap - length)) / length
    return {"error": float(error), "seconds": seconds}


def exponential(work: Work, seed: int, n: int = N_EXPONENTIAL, options: Sequence[str] = ()) -> Scores:
    """Share of exponential gaps inside the 80 % interval; ``seed`` makes the gaps.

    ``of_the_truth`` is the probability that the interval has under the distribution of the gaps: the same
    without the chance of those that happened to come.
    """
    mean = 10.0
    gaps = np.random.default_rng(seed).exponential(mean, 2 * n)
    pd.DataFrame({"interval": gaps}).to_csv(work.folder / "intervals.csv", index=False)
    command = ("backtest", "intervals.csv", "--kind", "intervals", "--windows", str(n), *options)
    _, seconds = work.timed(*command, "--out", "backtest.csv")
    table = pd.read_csv(work.folder / "backtest.csv")
    low, high = table["forecast-lo-80"], table["forecast-hi-80"]
    truth = np.exp(-low.clip(lower=0) / mean) - np.exp(-high / mean)
    coverage = float(table["y"].between(low, high).mean())
    return {"coverage_80": coverage, "of_the_truth": float(truth.mean()), "seconds": seconds}


GEYSER = "intervals/geyser/geyser.csv"
COAL = "events/coal/coal.csv"
ROWS: dict[str, Row] = {
    "cdnow": Row(
        cdnow,
        {"log_score": (BEST, 1.167), "crps": (BEST, 4.66), "brier": (BEST, 0.160)},
        "BG/NBD by maximum likelihood (Fader, Hardie and Lee, 2005): 1.181, 4.686, 0.161",
        ("events/cdnow/cdnow_sample.csv.gz",),
    ),
    "geyser": Row(
        partial(held_out, path=GEYSER, columns=("--kind", "intervals", "--target", "waiting"), last=60),
        {"mae": (BEST, 8.9), "crps": (BEST, 6.05), "nll": (BEST, 3.70)},
        "linear AR(3) on the training rows: 8.89, 6.20, 3.820",
        (GEYSER,),
    ),
    "coal": Row(
        partial(held_out, path=COAL, columns=("--kind", "events", "--time", "date"), last=38),
        {"crps": (BEST, 283.0), "nll": (BEST, 7.17)},
        "linear AR(3) of logarithms on the training rows: 279.4, 7.141",
        (COAL,),
    ),
    "synthetic": Row(
        self_correcting,
        {"above_true": (-0.05, 0.05)},
        "the process itself, whose NLL per event comes with the data (Shchur et al., 2020): 0",
        ("events/tpp/synthetic_self_correcting.csv.gz", "events/tpp/synthetic_self_correcting_nll.csv.gz"),
    ),
    "constant": Row(constant, {"error": (BEST, 0.01)}, "the interval itself: 0"),
    "exponential": Row(exponential, {"coverage_80": (0.78, 0.82)}, "the distribution itself: 0.8"),
}


def seeds_of(name: str, seeds: Sequence[int], is_fast: bool) -> Sequence[int]:
    """Seeds of a row: of the networks, or of the gaps that are simulated."""
    if name != "exponential":
        return seeds
    return range(FAST_SEEDS if is_fast else SIMULATED_SEEDS)


def run_row(name: str, seeds: Sequence[int], data: Path) -> dict[str, Any]:
    """Results of a row for each seed, their mean, and which bars the mean is within."""
    row = ROWS[name]
    results = []
    for seed in seeds:
        with work_folder(data) as work:
            results.append({"seed": seed, **row.run(work, seed)})
        print(f"{name}: {json.dumps(results[-1])}", file=sys.stderr)
    mean = pd.DataFrame(results).drop(columns="seed").mean().to_dict()
    return {"known": row.known, "results": results, "mean": mean, "bars": held_against(mean, row.bars)}


@contextmanager
def work_folder(data: Path) -> Iterator[Work]:
    """An empty folder to run commands in."""
    with tempfile.TemporaryDirectory() as name:
        yield Work(data, Path(name))


def table_lines(found: dict[str, Any]) -> Iterator[str]:
    """The results as people read them."""
    yield f"{'row':<12}{'metric':<13}{'result':>10}{'lowest':>10}{'highest':>10}  {'bar':<15}{'met':<5}known"
    for name, row in found.items():
        for bar in row["bars"]:
            values = [one[bar["metric"]] for one in row["results"]]
            yield (
                f"{name:<12}{bar['metric']:<13}{row['mean'][bar['metric']]:>10.4g}{min(values):>10.4g}"
                f"{max(values):>10.4g}  {bar_text(bar):<15}{'yes' if bar['met'] else 'NO':<5}{row['known']}"
            )
        yield f"{name:<12}{'seconds':<13}{row['mean']['seconds']:>10.4g}"


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for; a message and exit code 1 where a file is missing."""
    text = (__doc__ or "").splitlines()[0]
    parser = make_parser(text, [*ROWS], "fewer seeds of exponential intervals")
    options = parser.parse_args(arguments)
    check_options(options, {name: row.files for name, row in ROWS.items()})
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the rows asked for, print the table, write the JSON."""
    options = read_options(arguments)
    found = {
        name: run_row(name, seeds_of(name, options.seeds, options.fast), options.data)
        for name in options.only
    }
    print("\n".join(table_lines(found)))
    if options.out is not None:
        tree = {"versions": versions(), "seeds": options.seeds, "rows": found}
        options.out.write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
