from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.commands._output import beginning
from forecaster.commands._tables import csv_pieces, json_pieces, neutral, write_frame, write_parts
from forecaster.errors import ConfigError, RunError
from tests.conftest import SavedRun

ROOT = Path(__file__).parents[2]
STAMPS = ["2024-01-01", "2024-01-02", "2024-01-03", None, "2024-01-05 06:30", "2024-01-06"]


def table() -> pd.DataFrame:
    """Six rows of two dates, one with a time of day, one missing."""
    return pd.DataFrame(
        {
            "unique_id": ["a", "b", "c", "d", "e", "f"],
            "ds": pd.to_datetime(STAMPS, format="ISO8601"),
            "forecast": [1.5, np.nan, -2.0, 1e-300, 4.0, 5.0],
        }
    )


def in_parts(content: pd.DataFrame, size: int) -> Iterator[pd.DataFrame]:
    for begin in range(0, len(content), size):
        yield content.iloc[begin : begin + size].reset_index(drop=True)


@pytest.mark.parametrize("size", [1, 4, 6])
@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_parts_give_the_file_of_the_whole(tmp_path: Path, size: int, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    write_parts(in_parts(table(), size), str(path))
    readers = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}
    found = readers[ending](path)
    if ending == "csv":
        found["ds"] = pd.to_datetime(found["ds"], format="ISO8601")
    elif ending == "json":
        assert json.loads(path.read_text()) == json.loads("".join(json_pieces([table()])))
        found["ds"] = pd.to_datetime(found["ds"])
    pd.testing.assert_frame_equal(found, table(), check_dtype=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [path.name]


def test_dates_of_several_parts_are_written_in_full() -> None:
    whole = "".join(csv_pieces([table().iloc[:3]]))
    assert whole == "unique_id,ds,forecast\na,2024-01-01,1.5\nb,2024-01-02,\nc,2024-01-03,-2.0\n"
    parts = "".join(csv_pieces(in_parts(table().iloc[:4], 2)))
    assert parts.splitlines()[1:] == [
        "a,2024-01-01 00:00:00,1.5",
        "b,2024-01-02 00:00:00,",
        "c,2024-01-03 00:00:00,-2.0",
        "d,,1e-300",
    ]


def test_no_rows_are_an_empty_list() -> None:
    assert "".join(json_pieces([table().iloc[:0]])) == "[]\n"


def test_part_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")

    def failing() -> Iterator[pd.DataFrame]:
        yield table()
        yield table()
        raise RunError("the run: something. Do something.")

    with pytest.raises(RunError, match=r"^the run: something"):
        write_parts(failing(), str(path))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["t.csv"]


def test_file_of_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"t.xlsx: ends in neither"):
        write_frame(table(), str(tmp_path / "t.xlsx"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("@x", "'@x"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-5", "-5"),
        ("+1.5e3", "+1.5e3"),
        ("-1,5", "-1,5"),
        ("shop=7", "shop=7"),
        ("", ""),
    ],
)
def test_texts_like_formulas_are_neutralised_and_numbers_are_not(text: str, written: str) -> None:
    assert neutral(text) == written


def test_csv_neutralises_ids_marks_and_names_and_nothing_else() -> None:
    content = pd.DataFrame({"unique_id": ["=1+1", "a"], "next_mark": ["@x", None], "forecast": [-1.5, 2.0]})
    text = "".join(csv_pieces([content.rename(columns={"next_mark": "=mark"})]))
    assert text == "unique_id,'=mark,forecast\n'=1+1,'@x,-1.5\na,,2.0\n"
    assert json.loads("".join(json_pieces([content])))[0]["unique_id"] == "=1+1"


def test_beginning_counts_all_rows_and_keeps_the_first() -> None:
    first, n_rows = beginning(in_parts(table(), 4), 5)
    assert first["unique_id"].tolist() == ["a", "b", "c", "d", "e"]
    assert n_rows == 6


def test_forecast_in_many_parts_is_that_in_one(
    events_run: SavedRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from forecaster.commands import cli
    from forecaster.evaluation import forecast as module

    arguments = ["predict", "--run", str(events_run.folder), "--json"]
    cli(arguments, standalone_mode=False)
    whole = capsys.readouterr().out
    monkeypatch.setattr(module, "CHUNK", 7)
    cli(arguments, standalone_mode=False)
    assert json.loads(capsys.readouterr().out) == json.loads(whole)
    cli([*arguments[:-1], "--out", "-"], standalone_mode=False)
    assert len(pd.read_csv(io.StringIO(capsys.readouterr().out))) == len(json.loads(whole)) == 30


@pytest.mark.parametrize("options", [["--json"], ["--out", "-"], []])
def test_reader_that_goes_away_ends_the_forecast_quietly(events_run: SavedRun, options: list[str]) -> None:
    command = [sys.executable, "-m", "cli", "predict", "--run", str(events_run.folder)]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()  # before a word was written
        errors = process.stderr.read().decode()
    assert process.returncode == 0, errors
    assert not errors


def test_slow_reader_gets_the_whole_table(events_run: SavedRun) -> None:
    command = [sys.executable, "-m", "cli", "predict", "--run", str(events_run.folder), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        content = b"".join(iter(lambda: process.stdout.read(512), b""))  # type: ignore[union-attr]
    assert process.returncode == 0
    assert len(json.loads(content)) == 30
