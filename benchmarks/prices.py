"""Prices by walk-forward with default settings: `python benchmarks/prices.py --data FOLDER`.

FOLDER holds ``ohlc``. Four files are forecast over their last 1,260 sessions, trained again every 252;
returns with a known dependence, and 40 series of pure noise, are simulated. GARCH(1,1) needs arch:
``pip install 'forecaster[markets]'``. ``--out FILE.json`` writes FILE.md too, after every row, so that a run
which is stopped keeps what it has; rows that the file has are not run again.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from accuracy import earlier_rows, machine
from bench_rows import check_options, make_parser, write_found
from price_data import FILES, read_prices, simulated
from waiting_commands import PACKAGES, versions

from forecaster import Forecaster
from forecaster.config.build import make_settings
from forecaster.data.load import read_panel
from forecaster.evaluation.backtest import run_backtest
from forecaster.evaluation.backtest_scores import score_backtest
from forecaster.evaluation.origins import Origins
from forecaster.evaluation.tables import Columns
from forecaster.training.fit import Hooks

RIVAL_PACKAGE = "arch"
N_SESSIONS, REFIT = 1_260, 252
AR_ROWS, AR_SESSIONS, AR_DEPENDENCE = 5_000, 1_000, 0.3
NOISE_SEEDS, NOISE_ROWS = 40, 2_000

# Highest ratio of the mean absolute error of the close to the random walk's; lowest directional accuracy on
# returns that lean on the one before; most of the noise series whose interval may miss one half.
MOST_RATIO, LEAST_ACCURACY, MOST_MISSES = 1.005, 0.57, 5
SIMULATED = ("ar1", "noise")


def walk_forward(table: Any, seed: int, n_sessions: int, refit: int) -> dict[str, Any]:
    """Scores of a backtest of prices with default settings.

    Args:
        table: The prices.
        seed: Of the networks.
        n_sessions: Cutoffs, the last sessions.
        refit: Cutoffs between two trainings; 0 for one.

    Returns:
        The market scores as the report has them, and seconds.
    """
    began = time.perf_counter()
    settings = make_settings({"seed": seed}, style="keyword")
    panel = read_panel(table, settings.data)
    tested = run_backtest(panel, settings, Origins(n_sessions, 1, refit), Columns(), Hooks())
    seconds = time.perf_counter() - began
    market = score_backtest(tested).market
    if market is None:
        raise ValueError("these are no prices")
    return {**market.to_json(), "seconds": seconds}


def run_file(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """What one file gave, for each seed, beside its bars."""
    n_sessions, refit = (40, 20) if options.fast else (N_SESSIONS, REFIT)
    table = read_prices(name, options.data)
    found = {seed: walk_forward(table, seed, n_sessions, refit) for seed in options.seeds}
    return {"results": found, "figures": {seed: _figures(one) for seed, one in found.items()}}


def _figures(market: dict[str, Any]) -> dict[str, Any]:
    """The figures that bars are set for."""
    rows = market["rows"]
    crps = {name: row["crps"] for name, row in rows.items()}
    return {
        "crps_over_empirical": crps["model"] / crps["majority"],
        "crps_over_garch": crps["model"] / crps["garch"],
        "mae_over_random_walk": rows["model"]["mae_ratio"],
        "accuracy": market["direction"]["accuracy"],
        "majority": market["direction"]["majority"],
        "is_skilled": market["direction"]["is_skilled"],
    }


def run_ar1(options: argparse.Namespace) -> dict[str, Any]:
    """Directional accuracy on returns that lean on the one before."""
    n_rows, n_sessions = (600, 60) if options.fast else (AR_ROWS, AR_SESSIONS)
    found = {
        seed: walk_forward(simulated(seed, n_rows, AR_DEPENDENCE), seed, n_sessions, 0)
        for seed in options.seeds
    }
    return {"results": found, "figures": {seed: _figures(one) for seed, one in found.items()}}


def run_noise(options: argparse.Namespace) -> dict[str, Any]:
    """How often noise looks like a skill on the test part of a training with default settings."""
    n_seeds, n_rows = (2, 300) if options.fast else (NOISE_SEEDS, NOISE_ROWS)
    found = {}
    for seed in range(n_seeds):
        trained = Forecaster(final_fit=False, baselines="fast", seed=seed).fit(simulated(seed, n_rows, 0.0))
        found[seed] = trained.report["scores"]["test"]["market"]["direction"]
        print(f"noise {seed}: {found[seed]['statement']}", file=sys.stderr, flush=True)
    misses = [seed for seed, one in found.items() if not one["low"] <= 0.5 <= one["high"]]
    claimed = [seed for seed, one in found.items() if one["is_skilled"] and seed not in misses]
    return {"results": found, "figures": {"n": n_seeds, "misses": len(misses), "claimed": len(claimed)}}


def table_lines(found: dict[str, Any]) -> Iterator[str]:
    """Everything that was found, as Markdown.

    Args:
        found: Content of the JSON file.

    Yields:
        Lines.
    """
    known = ", ".join(
        f"{name} {version}" for name, version in found["versions"].items() if name != "processors"
    )
    yield "# Prices by walk-forward"
    yield ""
    yield f"{found['machine']['processor']}, {found['machine']['cores']} cores; {known}."
    yield (
        f"Default settings. Files: the last {N_SESSIONS:,} sessions, trained again every {REFIT}; CRPS of "
        f"the one-session log return over that of the empirical distribution of the training returns and of "
        f"GARCH(1,1) with normal errors; mean absolute error of the close over the random walk's. Bars: "
        f"below 1 on all, at most 1 on two, at most {MOST_RATIO}."
    )
    yield ""
    header = ("row", "seed", "CRPS / empirical", "CRPS / GARCH", "MAE / random walk", "right", "majority")
    yield f"| {' | '.join((*header, 'told from the majority class', 's'))} |"
    yield "|" + " --- |" * (len(header) + 2)
    rows = found["rows"]
    for name in (one for one in rows if one != "noise"):
        for seed, one in rows[name]["figures"].items():
            ratios = [f"{one[key]:.4f}" for key in list(one)[:3]]
            shares = [f"{100 * one[key]:.1f} %" for key in ("accuracy", "majority")]
            told = "yes" if one["is_skilled"] else "no"
            seconds = f"{rows[name]['results'][seed]['seconds']:.0f}"
            yield f"| {' | '.join([name, str(seed), *ratios, *shares, told, seconds])} |"
    yield ""
    yield from _simulated_lines(rows)


def _simulated_lines(rows: dict[str, Any]) -> Iterator[str]:
    """What the simulated rows are held against."""
    if "ar1" in rows:
        best = min(one["accuracy"] for one in rows["ar1"]["figures"].values())
        yield (
            f"Returns that lean on the one before ({AR_DEPENDENCE}): direction right in {100 * best:.1f} % "
            f"at least; bar {100 * LEAST_ACCURACY:.0f} %."
        )
    if "noise" in rows:
        one = rows["noise"]["figures"]
        yield (
            f"Pure noise, {one['n']} series of {NOISE_ROWS:,} sessions: the 95 % interval of the accuracy "
            f"misses one half in {one['misses']} (bar: {MOST_MISSES} at most); skill is claimed in "
            f"{one['claimed']} of the others."
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the rows asked for, print the table, write the JSON."""
    names = (*FILES, *SIMULATED)
    parser = make_parser(
        (__doc__ or "").splitlines()[0], names, "few sessions and seeds, to see that it runs"
    )
    options = parser.parse_args(arguments)
    check_options(options, {name: [FILES[name]] if name in FILES else [] for name in names})
    if importlib.util.find_spec(RIVAL_PACKAGE) is None:
        sys.exit(f"{RIVAL_PACKAGE} is missing, which forecasts volatility. Install forecaster[markets].")
    found: dict[str, Any] = {
        "versions": versions((*PACKAGES, RIVAL_PACKAGE)),
        "machine": machine(),
        "seeds": options.seeds,
        "fast": options.fast,
    }
    rows = found["rows"] = earlier_rows(options.out, found)
    for name in (one for one in options.only if one not in rows):
        if name in FILES:
            rows[name] = run_file(name, options)
        else:
            rows[name] = run_ar1(options) if name == "ar1" else run_noise(options)
        write_found(found, table_lines(found), options.out)
    print("\n".join(table_lines(found)))


if __name__ == "__main__":
    main()
