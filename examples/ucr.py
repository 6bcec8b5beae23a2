"""UCR/UEA archive: one data set by its own split, with the settings that the product chooses.

    python examples/ucr.py --data shared/data/ucr --name GunPoint

The folder holds NAME_TRAIN.csv.gz and NAME_TEST.csv.gz, a labelled sequence a row (label, t0, t1, ...), or
NAME.csv.gz, a row a step (split, case, label, t, c0, c1, ...).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from forecaster import Forecaster


def read_parts(folder: Path, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows."""
    long = folder / f"{name}.csv.gz"
    if not long.exists():
        train, test = (pd.read_csv(folder / f"{name}_{part}.csv.gz") for part in ("TRAIN", "TEST"))
        return train, test
    table = pd.read_csv(long, dtype={"case": str})
    train, test = (table[table["split"] == part].drop(columns="split") for part in ("train", "test"))
    return train, test


def main() -> None:
    """Train and print the scores."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--data", type=Path, required=True, help="Folder of the files.")
    options.add_argument("--name", default="ItalyPowerDemand", help="Data set.")
    options.add_argument("--epochs", type=int, help="Fewer, to try it out.")
    asked = options.parse_args()
    train, test = read_parts(asked.data, asked.name)
    columns = {"id": "case", "time": "t"} if "case" in train else {}
    forecaster = Forecaster(label="label", **columns, epochs=asked.epochs).fit(train, test=test)
    part = forecaster.report["scores"]["test"]
    seconds = forecaster.report["seconds"]["fit"]
    print(f"{asked.name}: {len(train):,} rows to learn from, {part['n_windows']:,} sequences scored")
    print(f"  accuracy {part['model']['accuracy']:.3f}, trained in {seconds:.0f} s")
    for name, one in part["baselines"].items():
        print(f"  {name}: {one['accuracy']:.3f}")


if __name__ == "__main__":
    main()
