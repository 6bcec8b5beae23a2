"""MNIST: handwritten digits, each image a sequence of 28 rows of 28 pixels.

    python examples/mnist.py --data shared/data/mnist

The folder holds the four files of Yann LeCun, Corinna Cortes and Christopher Burges, gzipped or not. The
network is two LSTM layers of 128 and sees no image of the test files before it is scored on them.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecaster import Forecaster

ROWS = 28


def read_idx(folder: Path, name: str) -> np.ndarray:
    """An idx file of bytes: a magic number whose last byte counts the axes, their sizes, the values."""
    place = folder / f"{name}.gz"
    content = gzip.decompress(place.read_bytes()) if place.exists() else (folder / name).read_bytes()
    shape = np.frombuffer(content, ">i4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


def frame_of(folder: Path, part: str, most: int | None = None) -> pd.DataFrame:
    """A row for every row of pixels: the image it is of, its digit and 28 columns."""
    pixels = read_idx(folder, f"{part}-images-idx3-ubyte")[:most]
    digits = read_idx(folder, f"{part}-labels-idx1-ubyte")[:most]
    table = pd.DataFrame(
        pixels.reshape(-1, ROWS).astype(np.float32) / 255, columns=[f"c{place}" for place in range(ROWS)]
    )
    table.insert(0, "image", np.repeat(np.arange(len(digits)), ROWS))
    table.insert(1, "digit", np.repeat(digits, ROWS).astype(str))
    return table


def say(_stage: str, _member: int, result: Any) -> None:
    """How far training has come."""
    print(f"epoch {result.epoch}: training loss {result.train_loss:.4f}", flush=True)


def main() -> None:
    """Train and print the scores."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--data", type=Path, required=True, help="Folder of the four idx files.")
    options.add_argument("--epochs", type=int, default=15)
    options.add_argument("--images", type=int, help="First images of each part. [default: all]")
    asked = options.parse_args()
    forecaster = Forecaster(
        label="digit",
        id="image",
        layers=2,
        units=128,
        bidirectional=False,  # from the first row of pixels to the last, as the textbook's runs
        dropout=0.4,  # with half of it the training loss falls to nothing
        epochs=asked.epochs,
        valid_size=0,
        final_fit=False,
    )
    train, test = (frame_of(asked.data, part, asked.images) for part in ("train", "t10k"))
    forecaster.fit(train, test=test, progress=say)
    scores = forecaster.report["scores"]["test"]
    print(f"{scores['n_windows']:,} images, accuracy {scores['model']['accuracy']:.4f}")
    for name, one in scores["baselines"].items():
        print(f"  {name}: {one['accuracy']:.4f}")


if __name__ == "__main__":
    main()
