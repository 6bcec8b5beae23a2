from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.errors import DataError

Write = Callable[..., Path]
ROWS = ("unique_id,ds,y", "a,2020-01-01,1", "a,2020-01-02,2", "b,2020-01-01,3")


def test_every_source_gives_the_same_panel(write_csv: Write, tmp_path: Path) -> None:
    text = "\n".join(ROWS) + "\n"
    frame = pd.read_csv(io.StringIO(text))
    frame.to_parquet(tmp_path / "f.parquet")
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(text.encode()))
    sources = [
        write_csv(*ROWS),
        write_csv(*(row.replace(",", "\t") for row in ROWS), name="f.tsv"),
        write_csv(*(row.replace(",", ";") for row in ROWS), name="g.csv"),
        tmp_path / "f.csv.gz",
        tmp_path / "f.parquet",
        frame,
        io.BytesIO(text.encode()),
    ]
    for source in sources:
        panel = read_panel(source)
        assert panel.ids.tolist() == ["a", "b"]
        assert panel.y.tolist() == [1, 2, 3]
        assert panel.offsets.tolist() == [0, 2, 3]
        assert panel.times.dtype == "datetime64[ns]"
        assert panel.columns == {"id": "unique_id", "time": "ds", "target": "y"}


def test_decision_is_said_in_one_line(write_csv: Write) -> None:
    path = write_csv(*ROWS)
    panel = read_panel(str(path))
    assert panel.source == str(path)
    assert panel.why == f"{path}: read as values, because there is a time, 'ds', and a value, 'y'"
    assert read_panel(path, DataSettings(kind="values")).why == f"{path}: read as values, as --kind says"


def test_next_file_is_read_as_the_first(write_csv: Write) -> None:
    first = read_panel(write_csv(*ROWS))
    settings = DataSettings(kind=first.kind)
    again = read_panel(
        write_csv("y,extra,ds,unique_id", "5,7,2020-01-09,001", name="n.csv"), settings, first.columns
    )
    assert (again.ids.tolist(), again.y.tolist()) == (["001"], [5])
    with pytest.raises(
        DataError, match=r"the run: trained on ds, unique_id, y; .*m\.csv lacks y\. Use a file"
    ):
        read_panel(write_csv("ds,unique_id,z", "2020-01-09,a,1", name="m.csv"), settings, first.columns)


def test_error_names_the_physical_line_below_quotes_and_blanks(write_csv: Write) -> None:
    path = write_csv("ds,note,y", '2020-01-01,"two', 'lines",1', "", "2020-01-02,,two")
    with pytest.raises(DataError, match=r"data\.csv, line 5, column 'y': 'two' is not a number"):
        read_panel(path)


def test_large_file_is_read_in_blocks(tmp_path: Path) -> None:
    n_rows = 200_000
    rows = np.arange(n_rows)
    frame = pd.DataFrame({"unique_id": rows // 4, "ds": rows % 4, "y": rows * 0.5})
    frame.sample(frac=1, random_state=0).to_csv(tmp_path / "large.csv", index=False)
    panel = read_panel(tmp_path / "large.csv")
    assert (panel.n_series, panel.n_rows) == (50_000, n_rows)
    by_name = np.argsort(panel.ids.astype(int))
    starts = panel.offsets[:-1][by_name]
    np.testing.assert_array_equal(panel.y[starts], np.arange(0, n_rows, 4) * 0.5)
    np.testing.assert_array_equal(panel.times.reshape(-1, 4), np.tile(np.arange(4), (50_000, 1)))
