"""A run saved without context: what of the data is in it, and what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from safetensors.numpy import load

from forecaster.forecaster import Forecaster
from tests.conftest import TINY


def numbers_of(tree: Any) -> Iterator[float]:
    """All numbers in a tree of JSON."""
    if isinstance(tree, dict | list):
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from numbers_of(part)
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield float(tree)


def numbers_in(version: Path) -> set[float]:
    """All numbers that stand in the files of a version."""
    found: set[float] = set()
    for name in ("spec.json", "report.json"):
        found |= set(numbers_of(json.loads((version / name).read_text())))
    for array in load((version / "weights.safetensors").read_bytes()).values():
        found |= set(array.ravel().astype(float).tolist())
    for name in ("context.parquet", "series.parquet"):
        for column in pq.read_table(version / name).columns:
            found |= {float(one) for one in column.to_pylist() if isinstance(one, int | float)}
    return found


def saved(folder: Path, context: bool) -> tuple[Path, set[float]]:
    """A version trained on two series, and all values that were trained on."""
    values = np.random.default_rng(5).normal(1000, 10, 80).round(3)
    days = pd.date_range("2024-01-01", periods=40, freq="D")
    table = pd.DataFrame({"unique_id": np.repeat(["anna", "bert"], 40), "ds": [*days, *days], "y": values})
    run = Forecaster(**TINY, look_back=6, season=1).fit(table)
    return run.save(folder / "run", context=context), set(values.tolist())


def test_no_value_of_the_data_stands_in_a_run_without_context(tmp_path: Path) -> None:
    version, values = saved(tmp_path, context=False)
    assert not numbers_in(version) & values
    assert pq.read_table(version / "context.parquet").num_rows == 0


def test_values_would_be_found_where_they_stand(tmp_path: Path) -> None:
    version, values = saved(tmp_path, context=True)
    assert len(numbers_in(version) & values) == 80


def test_ids_stand_in_the_table_of_series_alone(tmp_path: Path) -> None:
    version, _ = saved(tmp_path, context=False)
    table = pq.read_table(version / "series.parquet")
    assert table.column_names == ["unique_id", "first", "last", "n_rows", "n_context"]
    for name in ("spec.json", "report.json", "weights.safetensors"):
        content = (version / name).read_bytes()
        assert b"anna" not in content and b"bert" not in content, name
