from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from forecaster.data.panel import Clock, Panel

# How long an example takes says more of what else the machine does than of the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _fixed_seed() -> None:
    np.random.seed(0)


@pytest.fixture
def files() -> Path:
    """Folder of the small files that tests read."""
    return Path(__file__).parent / "files"


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write the given lines to a CSV file in a temporary folder and return its path."""

    def write(*lines: str, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def tiny_panel() -> Panel:
    """Two hourly series, a: 1 2 3 and b: 10 20, with a second channel."""
    hours = np.datetime64("2024-01-01T00", "ns") + np.arange(3) * np.timedelta64(1, "h")
    return Panel(
        kind="values",
        values=np.array([[1.0, 0.5], [2.0, np.nan], [3.0, -0.0], [10.0, 7.0], [20.0, 8.0]]),
        offsets=np.array([0, 3, 5]),
        times=np.concatenate([hours, hours[:2]]),
        ids=np.array(["a", "b"], dtype=object),
        channels=("y", "x"),
        target=0,
        clock=Clock("date", step="h", resolution=3.6e12),
        unit="MW",
        columns={"id": "unique_id", "time": "ds", "target": "y"},
        source="tiny.csv",
    )


# Settings of a network that trains in a blink.
TINY: dict[str, Any] = {"epochs": 2, "ensemble": 1, "units": 8, "threads": 1}


@dataclass(frozen=True)
class SavedRun:
    """A run that was trained once for all tests, and the file it was trained on."""

    folder: Path
    data: Path


def _train_once(folder: Path, table: pd.DataFrame, **settings: Any) -> SavedRun:
    """Train on a file in ``folder`` and save the run beside it."""
    from forecaster.forecaster import Forecaster
    from forecaster.run.find import set_latest

    data = folder / "data.csv"
    table.to_csv(data, index=False)
    with contextlib.chdir(folder):  # runs/latest is written there
        Forecaster(**TINY, **settings).fit(str(data)).save("runs/tiny")
        set_latest(Path("runs/tiny"))
    return SavedRun(folder / "runs" / "tiny", data)


@pytest.fixture(scope="session")
def values_run(tmp_path_factory: pytest.TempPathFactory) -> SavedRun:
    """Quantiles of two daily series, a and b, of 60 days, three days ahead."""
    days = pd.date_range("2024-01-01", periods=60, freq="D")
    step = np.arange(60)
    table = pd.concat(
        pd.DataFrame({"unique_id": name, "ds": days, "y": level + np.sin(step / 3)})
        for name, level in (("a", 10.0), ("b", 100.0))
    )
    return _train_once(tmp_path_factory.mktemp("values"), table, look_back=6, horizon=3, season=1)


@pytest.fixture(scope="session")
def events_run(tmp_path_factory: pytest.TempPathFactory) -> SavedRun:
    """Quantiles of the visits of 30 customers on whole days."""
    rng = np.random.default_rng(0)
    gaps = rng.integers(1, 20, size=(30, 8)).cumsum(axis=1)
    table = pd.DataFrame(
        {
            "customer": np.repeat([f"c{number}" for number in range(30)], 8),
            "date": (np.datetime64("2024-01-01") + gaps.ravel()).astype(str),
        }
    )
    folder = tmp_path_factory.mktemp("events")
    return _train_once(folder, table, look_back=3, unit="day", kind="events")
