"""The cosine from the sine: a state that is carried on from window to window.

The textbook draws a new window of 10 steps for each of 300 updates, half a turn after the one before. Here
they are the rows of one series, 3,000 to learn from and 600 to score: one pass, in order, is 300 updates.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from forecaster import Forecaster

WINDOW, UPDATES, SCORED = 10, 300, 60


def rows(n_windows: int) -> pd.DataFrame:
    """Half a turn a window."""
    angle = np.arange(n_windows * WINDOW) * np.pi / WINDOW
    return pd.DataFrame({"sine": np.sin(angle), "cosine": np.cos(angle)})


def run(n_updates: int = UPDATES, seed: int = 0) -> Forecaster:
    """Train on the first windows and score the last.

    Args:
        n_updates: Windows that are learnt from, each once.
        seed: Of the weights.

    Returns:
        The trained forecaster.
    """
    forecaster = Forecaster(
        outputs="cosine",
        stateful=True,
        look_back=WINDOW,
        batch_size=1,
        epochs=1,
        layers=2,
        units=32,
        dropout=0.0,
        optimizer="adam",
        learning_rate=0.02,
        schedule="cosine",
        test_size=SCORED * WINDOW,
        valid_size=0,
        final_fit=False,
        seed=seed,
    )
    return forecaster.fit(rows(n_updates + SCORED))


def main() -> None:
    """Print the errors of several seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="Not needed: the rows are made here.")
    parser.add_argument("--seeds", type=int, default=3)
    for seed in range(parser.parse_args().seeds):
        scores = run(seed=seed).report["scores"]["test"]
        linear = scores["baselines"]["linear"]["largest_error"]
        error = scores["model"]["largest_error"]
        print(f"seed {seed}: largest error {error:.4f} over {scores['n_windows']} rows (linear {linear:.4f})")


if __name__ == "__main__":
    main()
