from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.read import read_table
from forecaster.errors import DataError


def test_named_or_dated_index_becomes_a_column() -> None:
    days = pd.date_range("2020-01-01", periods=2)
    assert list(read_table(pd.DataFrame({"y": [1, 2]}, index=days), DataSettings()).columns) == ["ds", "y"]
    named = pd.DataFrame({"y": [1, 2]}, index=pd.Index([5, 6], name="t"))
    assert list(read_table(named, DataSettings()).columns) == ["t", "y"]
    assert list(read_table(pd.Series([1, 2]), DataSettings()).columns) == ["value"]


def test_types_of_a_frame_become_those_of_a_file() -> None:
    frame = pd.DataFrame(
        {
            "c": pd.Categorical(["a", "b"]),
            "p": pd.PeriodIndex(["2020-01", "2020-02"], freq="M"),
            "m": [1, "x"],
            "f": np.array([1, np.nan], dtype=np.float32),
            3: [1, 2],
        }
    )
    table = read_table(frame, DataSettings())
    kinds = {name: str(column.type).split("[")[0] for name, column in table.columns.items()}
    assert kinds == {"c": "string", "p": "timestamp", "m": "string", "f": "float", "3": "int64"}
    assert table.columns["f"].null_count == 1
    assert table.place(1, "m") == "data, row 1 (from 0), column 'm'"
    assert table.field(1, "f") == ""


def test_frames_that_cannot_be_read() -> None:
    with pytest.raises(DataError, match=r"data: there are no rows"):
        read_table(pd.DataFrame({"y": []}), DataSettings())
    with pytest.raises(DataError, match=r"data: column y is there twice"):
        read_table(pd.DataFrame([[1, 2]], columns=["y", "y"]), DataSettings())
    with pytest.raises(DataError, match=r"data: the columns have several levels"):
        read_table(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), DataSettings())


def test_parquet_is_read_with_its_index(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pd.DataFrame({"y": [1.0, 2]}, index=pd.date_range("2020-01-01", periods=2)).to_parquet(path)
    assert set(read_table(path, DataSettings()).columns) == {"ds", "y"}
    path.write_bytes(b"PAR1xx")
    with pytest.raises(DataError, match="the Parquet data cannot be read"):
        read_table(path, DataSettings())
