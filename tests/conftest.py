from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from forecaster.data.panel import Clock, Panel


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
