"""The prices of the benchmark: files, and returns that are simulated so that the truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

# File of each row in the data folder.
FILES = {
    "aapl": "ohlc/AAPL_adjusted.csv.gz",
    "msft": "ohlc/MSFT_adjusted.csv.gz",
    "sp500": "ohlc/SP500_1999_2018.csv.gz",
    "nasdaq": "ohlc/NASDAQ_1999_2018.csv.gz",
}

# Standard deviation of a simulated return, and how far a session goes beyond its open and close.
SPREAD, BEYOND = 0.01, 0.5


def read_prices(name: str, data: Path) -> pd.DataFrame:
    """A file of prices.

    Args:
        name: Of ``FILES``.
        data: Folder of the data.

    Returns:
        As the file has it.
    """
    return pd.read_csv(data / FILES[name])


def simulated(seed: int, n_rows: int, dependence: float) -> pd.DataFrame:
    """Prices whose log returns follow the one before.

    Args:
        seed: Of the generator.
        n_rows: Sessions.
        dependence: Coefficient of the autoregression of the returns; 0 for pure noise.

    Returns:
        ``date, open, high, low, close, volume``; opens, ranges and volumes are noise that says nothing.
    """
    rng = np.random.default_rng([seed, n_rows])
    shocks = SPREAD * rng.normal(size=n_rows)
    returns = np.empty(n_rows)
    before = 0.0
    for row, shock in enumerate(shocks):
        returns[row] = before = dependence * before + shock
    close = 100 * np.exp(np.cumsum(returns))
    first = np.concatenate([[100.0], close[:-1]]) * np.exp(0.3 * SPREAD * rng.normal(size=n_rows))
    up, down = np.exp(BEYOND * SPREAD * np.abs(rng.normal(size=(2, n_rows))))
    return pd.DataFrame(
        {
            "date": pd.bdate_range("2000-01-03", periods=n_rows).strftime("%Y-%m-%d"),
            "open": first,
            "high": np.maximum(first, close) * up,
            "low": np.minimum(first, close) / down,
            "close": close,
            "volume": rng.integers(1_000_000, 2_000_000, size=n_rows),
        }
    )
