"""Time-series forecasting with stacked LSTMs on Keras: events, intervals, values and OHLC."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecaster.data.load import read_panel
    from forecaster.errors import ConfigError, DataError, ForecasterError, RunError
    from forecaster.forecaster import Forecaster
    from forecaster.tuning.tune import tune
    from forecaster.windows.bins import bin_index, fit_bins
    from forecaster.windows.windows import window_arrays

# Keras reads its backend once, when it is first imported: choose it before anything can import it.
os.environ.setdefault("KERAS_BACKEND", "torch")

# How long a thread of torch's OpenMP waits for the others before it sleeps, read when that library loads. Its
# own default, 300,000 rounds, is no faster on a quiet machine, and where other programs want the processor
# too it made a training step 3 times slower than this.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "DataError",
    "Forecaster",
    "ForecasterError",
    "RunError",
    "bin_index",
    "fit_bins",
    "read_panel",
    "tune",
    "window_arrays",
]

# Where the public names are; they are fetched when they are asked for, so that the package itself is light.
_HOMES = {
    "ConfigError": "errors",
    "DataError": "errors",
    "Forecaster": "forecaster",
    "ForecasterError": "errors",
    "RunError": "errors",
    "bin_index": "windows.bins",
    "fit_bins": "windows.bins",
    "read_panel": "data.load",
    "tune": "tuning.tune",
    "window_arrays": "windows.windows",
}


def __getattr__(name: str) -> Any:
    """A public name, imported now."""
    if name not in _HOMES:
        raise AttributeError(f"module 'forecaster' has no attribute '{name}'")
    return getattr(importlib.import_module(f"forecaster.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """What ``dir`` and completion show."""
    return [*__all__, "__version__"]
