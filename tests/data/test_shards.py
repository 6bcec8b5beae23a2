"""A data set is cut by series, and read again as it was."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecaster.config.settings import DataSettings
from forecaster.data import pieces
from forecaster.data.folder import part_name, read_manifest
from forecaster.data.load import read_panel
from forecaster.data.pieces import wider
from forecaster.data.shards import shard_of, write_shards
from forecaster.errors import DataError, RunError

DAYS = ("2020-01-01", "2020-01-02", "2020-01-03", "2020-01-05")


def text(n: int = 30) -> str:
    """Rows of some series, by day and not by series."""
    rows = [f"c{k},{day},{k}.5" for day in DAYS for k in range(n)]
    return "\n".join(["shop,day,sales", *rows]) + "\n"


def ids_by_part(folder: Path) -> list[set[str]]:
    """Ids of every part."""
    return [set(pq.read_table(path)["shop"].to_pylist()) for path in sorted(folder.glob("*.parquet"))]


def test_part_of_an_id_is_its_checksum_modulo_their_number() -> None:
    # crc32(b"123456789") is 0xCBF43926, the check value of CRC-32
    assert shard_of(np.array(["123456789"], dtype=object), 1000).tolist() == [0xCBF43926 % 1000]


def test_whole_series_are_in_one_part_and_all_rows_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text())
    manifest, n_series = write_shards(tmp_path / "a.csv", tmp_path / "d", 4, DataSettings(id="shop"))
    ids = ids_by_part(tmp_path / "d")
    assert n_series == sum(map(len, ids)) == len(set.union(*ids)) == 30
    assert sum(manifest.rows) == 120 and manifest.series == tuple(map(len, ids))
    for part, names in enumerate(ids):
        assert (shard_of(np.array(sorted(names)), 4) == part).all()
    assert read_manifest(str(tmp_path / "d")) == manifest
    assert (manifest.kind, manifest.roles["target"]) == ("values", "sales")


def test_a_folder_is_read_as_its_file_was(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text())
    settings = DataSettings(id="shop", time="day", kind="values", unit="euro")
    write_shards(tmp_path / "a.csv", tmp_path / "d", 4, settings)
    whole, parts = read_panel(tmp_path / "a.csv", settings), read_panel(tmp_path / "d")
    assert (parts.clock, parts.unit, parts.n_rows) == (whole.clock, "euro", whole.n_rows)
    order = pd.Index(parts.ids).get_indexer(whole.ids)
    for series, other in enumerate(order):
        a, b = (slice(*one.offsets[k : k + 2]) for one, k in ((whole, series), (parts, other)))
        np.testing.assert_array_equal(whole.values[a], parts.values[b])
        np.testing.assert_array_equal(whole.times[a], parts.times[b])


def test_what_the_user_says_goes_before_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text())
    write_shards(tmp_path / "a.csv", tmp_path / "d", 2, DataSettings(id="shop", unit="euro"))
    assert read_panel(tmp_path / "d", DataSettings(unit="dollar")).unit == "dollar"


@pytest.mark.parametrize("kind", ["csv", "gzip", "parquet", "utf-16", "folder", "frame", "open file"])
def test_every_kind_of_source_is_cut_alike_in_small_pieces(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "BLOCK_BYTES", 256)
    monkeypatch.setattr(pieces, "BATCH_ROWS", 7)
    frame = pd.read_csv(io.StringIO(text()), parse_dates=["day"])
    settings, source = DataSettings(id="shop"), tmp_path / "data"
    if kind == "gzip":
        source.write_bytes(gzip.compress(text().encode()))
    elif kind == "utf-16":
        source.write_text(text(), encoding="utf-16")
    elif kind == "parquet":
        frame.to_parquet(source, index=False)
    elif kind == "folder":
        source.mkdir()
        for place in range(3):
            frame.iloc[place::3].to_parquet(source / f"{place}.parquet", index=False)
    else:
        source.write_text(text())
    given = {"frame": frame, "open file": io.BytesIO(text().encode())}.get(kind, source)
    manifest, n_series = write_shards(given, tmp_path / "d", 3, settings)
    assert (sum(manifest.rows), n_series) == (120, 30)
    assert np.nansum(read_panel(tmp_path / "d").y) == frame["sales"].sum()


@pytest.mark.parametrize(
    ("encoding", "data"), [(None, text().encode("utf-16")[:-1]), ("ascii", b"y\n1\n\xe9")]
)
def test_bytes_of_another_encoding_are_named(encoding: str | None, data: bytes, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(data)
    with pytest.raises(DataError, match=r"a.csv: byte 0x\w\w is not (utf-16.*|ascii). Name another with"):
        write_shards(source, tmp_path / "d", 2, DataSettings(encoding=encoding))
    assert not (tmp_path / "d").exists()


def test_a_later_piece_may_show_that_a_column_is_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "BLOCK_BYTES", 64)
    rows = [f"{k:03d},2020-01-0{day},{k}" for day in (1, 2) for k in range(9)]
    (tmp_path / "a.csv").write_text("\n".join(["shop,day,y", *rows, "x1,2020-01-01,1", "x1,2020-01-02,2.5"]))
    write_shards(tmp_path / "a.csv", tmp_path / "d", 2, DataSettings(id="shop"))
    panel = read_panel(tmp_path / "d")
    assert sorted(panel.ids)[:2] == ["000", "001"] and "x1" in panel.ids
    assert panel.y.sum() == read_panel(tmp_path / "a.csv", DataSettings(id="shop")).y.sum()


def test_types_of_pieces_widen_as_a_whole_file_shows_them() -> None:
    assert wider(pa.null(), pa.int64()) == pa.int64()
    assert wider(pa.int64(), pa.float64()) == pa.float64()
    assert wider(pa.int64(), pa.string()) == pa.string()
    assert wider(pa.date32(), pa.timestamp("s")) == pa.timestamp("ns")


def test_a_bad_row_is_named_by_its_line_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "BLOCK_BYTES", 256)
    (tmp_path / "a.csv").write_text(text() + "c1,2020-01-09\n")
    with pytest.raises(DataError, match=r"a\.csv, line 122"):
        write_shards(tmp_path / "a.csv", tmp_path / "d", 3, DataSettings(id="shop"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text())
    (tmp_path / "d").mkdir()
    with pytest.raises(RunError, match="something is there already"):
        write_shards(tmp_path / "a.csv", tmp_path / "d", 3, DataSettings(id="shop"))


def test_one_series_is_not_cut(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("day,sales\n2020-01-01,1\n2020-01-02,2\n2020-01-03,4\n")
    with pytest.raises(DataError, match=r"one series, as no column names several.*Name the column of ids"):
        write_shards(tmp_path / "a.csv", tmp_path / "d", 3, DataSettings())


# Folders that cannot be read.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three parts."""
    (tmp_path / "a.csv").write_text(text())
    write_shards(tmp_path / "a.csv", tmp_path / "d", 3, DataSettings(id="shop"))
    return tmp_path / "d"


def said(folder: Path) -> str:
    """Message for a folder."""
    with pytest.raises(DataError) as caught:
        read_panel(folder)
    return str(caught.value).replace(str(folder), "d")


def test_a_missing_part_is_named(folder: Path) -> None:
    (folder / part_name(1)).unlink()
    assert said(folder) == (
        "d: parts that manifest.json names are missing: part-00001.parquet. Copy the folder again."
    )


def test_a_damaged_part_is_named(folder: Path) -> None:
    (folder / part_name(1)).write_bytes(b"PAR1 and no more")
    assert said(folder).startswith("d/part-00001.parquet: the Parquet data cannot be read (")


def test_a_part_with_other_rows_is_named(folder: Path) -> None:
    table = pq.read_table(folder / part_name(2))
    pq.write_table(table.slice(1), folder / part_name(2))
    assert said(folder) == (
        f"d/part-00002.parquet: {table.num_rows - 1} rows; manifest.json counts {table.num_rows}. "
        "Copy the folder again."
    )


def test_a_part_with_other_columns_is_named(folder: Path) -> None:
    table = pq.read_table(folder / part_name(2))
    pq.write_table(table.drop_columns("sales"), folder / part_name(2))
    assert said(folder) == (
        "d/part-00002.parquet: lacks column 'sales', unlike d/part-00000.parquet. Write all parts with the "
        "same columns."
    )


def test_a_column_of_two_kinds_is_named(folder: Path) -> None:
    table = pq.read_table(folder / part_name(2))
    texts = table["sales"].cast(pa.string())
    pq.write_table(table.set_column(2, "sales", texts), folder / part_name(2))
    assert said(folder) == (
        "d/part-00000.parquet: column 'sales' is double in d/part-00001.parquet and string in "
        "d/part-00002.parquet. Write all parts alike."
    )


@pytest.mark.parametrize("content", ["", "{", "[]", '{"rows": [1]}'])
def test_a_damaged_manifest_is_said(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    assert said(folder) == "d/manifest.json: damaged. Write the folder again with `forecast shard`."


def test_a_manifest_of_a_later_format_is_not_guessed(folder: Path) -> None:
    tree = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(tree | {"format_version": 2}))
    assert said(folder).startswith("d/manifest.json: damaged")


def test_parts_in_further_folders_are_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "year=2020").mkdir()
    with pytest.raises(DataError, match=r"the parts are in folders of their own, such as 'year=2020'"):
        read_panel(tmp_path)


def test_a_row_of_a_folder_is_named_by_its_part(tmp_path: Path) -> None:
    for place, day in enumerate(("2020-01-01", "soon")):
        frame = pd.DataFrame({"shop": ["a"] * 9, "day": [day] * 9, "y": range(9)})
        frame["day"] = [f"2020-01-0{k + 1}" if day[0] == "2" or k else day for k in range(9)]
        frame.to_parquet(tmp_path / f"{place}.parquet", index=False)
    with pytest.raises(DataError, match=r"1\.parquet, row 0 \(from 0\), column 'day'"):
        read_panel(tmp_path, DataSettings(time="day"))


def test_a_folder_at_a_url_is_read(folder: Path) -> None:
    import fsspec

    system = fsspec.filesystem("memory")
    system.put(str(folder), "/sales", recursive=True)
    try:
        assert read_panel("memory://sales").n_rows == read_panel(folder).n_rows
        assert read_panel(f"memory://sales/{part_name(0)}", DataSettings(id="shop")).n_rows > 0
        with pytest.raises(DataError, match=r"memory://nothing: there is no such file"):
            read_panel("memory://nothing")
    finally:
        system.rm("/sales", recursive=True)


def test_a_url_of_an_unknown_kind_is_said() -> None:
    with pytest.raises(DataError, match=r"nowhere://a: cannot be read"):
        read_panel("nowhere://a")
