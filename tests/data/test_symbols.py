"""Symbols from a file: their vocabulary, and rows with and without a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data import marks
from forecaster.data.load import read_panel
from forecaster.data.marks import Vocabulary
from forecaster.data.panel import Panel
from forecaster.data.table import Table
from forecaster.errors import ConfigError


def read(frame: pd.DataFrame, **settings: str) -> Panel:
    return read_panel(frame, DataSettings(mark="what", **settings))


def written(panel: Panel) -> list[str]:
    """The symbols of the rows, ? for one that is not known."""
    assert panel.marks is not None
    return [*np.array([*panel.mark_names, "?"], dtype=object)[panel.marks]]


def vocabulary(*fields: str) -> Vocabulary:
    columns = {"what": pa.chunked_array([pa.array(fields)])}
    return Vocabulary.of(Table("rows.csv", columns, len(fields), ",", str, columns.__getitem__), "what")


def test_rows_of_marks_without_a_time_are_sequences() -> None:
    panel = read(pd.DataFrame({"id": ["b", "a", "b", "a"], "what": ["x", "y", "z", "x"]}))
    assert panel.kind == "sequences" and panel.channels == () and panel.values.shape == (4, 0)
    assert panel.goal is not None and panel.goal.kind == "marks" and panel.goal.names == ("x", "y", "z")
    assert panel.ids.tolist() == ["b", "a"] and panel.offsets.tolist() == [0, 2, 4]
    assert written(panel) == ["x", "z", "y", "x"] and panel.times.tolist() == [0, 1, 0, 1]
    assert "because --mark what is a symbol of each row" in panel.why


def test_marks_with_a_time_are_those_of_events() -> None:
    table = pd.DataFrame({"time": ["2020-01-03", "2020-01-01", "2020-01-02"], "what": ["c", "a", "b"]})
    panel = read(table)
    assert panel.kind == "events" and panel.goal is None and panel.channels == ("gap",)
    named = read(table, kind="sequences", time="time")
    assert named.kind == "sequences" and written(named) == ["a", "b", "c"]
    assert named.goal is not None and named.goal.ahead == 1


def test_one_sequence_needs_no_id() -> None:
    panel = read(pd.DataFrame({"what": list("abab")}))
    assert panel.n_series == 1 and written(panel) == list("abab")


def test_symbols_are_ranked_by_how_often_they_occur_then_by_name() -> None:
    found = vocabulary("b", "c", " c ", "a", "", "c")
    assert found.names == ("c", "a", "b")
    assert found.code(found.codes).tolist() == [2, 0, 0, 1, -1, 0]
    assert [(note.code, note.count) for note in found.notes] == [("no_mark", 1)]


def test_of_many_symbols_those_seen_once_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "MANY_SYMBOLS", 3)
    assert vocabulary("a", "b", "c").names == ("a", "b", "c")
    found = vocabulary("a", "b", "c", "d", "b", "d", "d")
    assert found.names == ("d", "b") and found.code(found.codes).tolist() == [-1, 1, -1, 0, 1, 0, 0]
    assert [(note.code, note.count) for note in found.notes] == [("rare_marks", 2)]
    monkeypatch.setattr(marks, "MOST_SYMBOLS", 1)
    assert vocabulary("a", "b", "c", "d", "b", "d", "d").names == ("d",)


def test_without_a_symbol_there_is_nothing_to_learn() -> None:
    with pytest.raises(ConfigError, match="--mark what: no row has a symbol"):
        vocabulary("", " ")


def test_symbols_of_text_files_stay_as_they_are_written(write_csv: Callable[..., Path]) -> None:
    panel = read_panel(write_csv("what", "01", "1", "01"), DataSettings(mark="what"))
    assert panel.kind == "sequences" and panel.mark_names == ("01", "1")
