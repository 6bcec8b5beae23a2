from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.marks import recode_marks
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError


def read(marks: list[Any], **settings: Any) -> Panel:
    times = pd.date_range("2020-01-01", periods=len(marks)).astype(str)[::-1]
    frame = pd.DataFrame({"time": times, "what": marks})
    return read_panel(frame, DataSettings(kind="events", unit="day", mark="what", **settings))


def codes(panel: Panel) -> list[int]:
    assert panel.marks is not None
    return panel.marks.tolist()


def test_marks_are_ranked_by_how_often_they_occur_then_by_name() -> None:
    panel = read(["b", "c", " c ", "a", "b", "d", "c"])  # the file begins with the last event
    assert panel.mark_names == ("c", "b", "a", "d")
    assert codes(panel) == [0, 3, 1, 2, 0, 0, 1]
    assert panel.columns["mark"] == "what" and panel.channels == ("gap",)


def test_an_event_without_a_mark_is_of_an_unknown_one() -> None:
    panel = read(["a", "", None, "a"])
    assert codes(panel) == [0, -1, -1, 0]
    assert [(note.code, note.count) for note in panel.warnings if "mark" in note.code] == [("no_mark", 2)]


def test_marks_of_rows_that_are_not_read_are_not_named() -> None:
    panel = read(["x", "x", "a"], as_of="2020-01-01")
    assert panel.mark_names == ("a",) and codes(panel) == [0]


@pytest.mark.parametrize("marks", [[2, 10, 2], [2.0, 10.0, 2.0], ["2", "10", "2"]])
def test_numbers_are_marks_too(marks: list[Any]) -> None:
    assert read(marks).mark_names == ("2", "10")


def test_marks_of_text_files_stay_as_they_are_written(write_csv: Callable[..., Path]) -> None:
    path = write_csv("time,what", "2020-01-01,01", "2020-01-02,1")
    assert read_panel(path, DataSettings(kind="events", mark="what")).mark_names == ("01", "1")
    trained = {"time": "time", "mark": "what"}
    assert read_panel(path, DataSettings(kind="events"), trained).mark_names == ("01", "1")


def test_another_file_gets_the_codes_of_the_run() -> None:
    panel = recode_marks(read(["a", "c", "c", "b", ""]), ("b", "c"))
    assert panel.mark_names == ("b", "c") and codes(panel) == [-1, 0, 1, 1, -1]
    assert [(note.code, note.count) for note in panel.warnings if note.code == "new_marks"] == [
        ("new_marks", 1)
    ]
    plain = read_panel(pd.DataFrame({"time": ["2020-01-01"]}), DataSettings(kind="events"))
    assert recode_marks(plain, ("b",)) is plain


def test_marks_that_cannot_be_learnt_are_refused() -> None:
    with pytest.raises(ConfigError, match="--mark what: no event has a mark"):
        read(["", "", ""])
    with pytest.raises(ConfigError, match="--mark what: 1,001 different marks; 1,000 at most"):
        read([f"m{number}" for number in range(1001)])


def test_codes_follow_the_rows_of_their_series() -> None:
    frame = pd.DataFrame(
        {"id": ["b", "a", "b", "a"], "time": ["2020-01-02", "2020-01-05", "2020-01-01", "2020-01-03"]}
    ).assign(what=["b2", "a5", "b1", "a3"])
    panel = read_panel(frame, DataSettings(kind="events", mark="what"))
    assert np.array(panel.mark_names)[codes(panel)].tolist() == ["b1", "b2", "a3", "a5"]
