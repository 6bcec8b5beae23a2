from __future__ import annotations

import gzip
import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO, cast

import numpy as np
import pytest

from forecaster.data import contents
from forecaster.data.contents import read_lines
from forecaster.data.parts import PART
from forecaster.errors import DataError


@pytest.fixture
def short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "LONGEST", 1 << 10)


def lines_of(n_bytes: int) -> bytes:
    letters = np.random.default_rng(0).integers(97, 123, n_bytes, dtype=np.uint8)
    letters[100::100] = ord("\n")
    return letters.tobytes()


@pytest.mark.parametrize("n_bytes", [0, 5, (1 << 10) - 1, 1 << 10, PART, 3 * PART + 5])
@pytest.mark.usefixtures("short_lines")
def test_all_bytes_of_a_file_are_read_in_their_order(n_bytes: int, tmp_path: Path) -> None:
    data, path = lines_of(n_bytes), tmp_path / "a.csv"
    path.write_bytes(data)
    with path.open("rb") as file:
        assert read_lines("a.csv", file) == data
    with gzip.open(io.BytesIO(gzip.compress(data))) as zipped:
        assert read_lines("a.gz", cast(BinaryIO, zipped)) == data
    assert read_lines("a.csv", io.BytesIO(data)) == data


@pytest.mark.usefixtures("short_lines")
def test_a_file_that_is_cut_while_it_is_read_ends_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(lines_of(PART + 7))
    with path.open("rb") as file:
        monkeypatch.setattr(os, "fstat", lambda _: SimpleNamespace(st_size=3 * PART))
        assert read_lines("a.csv", file) == lines_of(PART + 7)


@pytest.mark.usefixtures("short_lines")
def test_a_first_line_without_an_end_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 2000)
    with path.open("rb") as file, pytest.raises(DataError, match=r"a\.csv: the first 0 MiB hold no line end"):
        read_lines("a.csv", file)
