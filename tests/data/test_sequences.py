"""Rows of sequences: long and wide files, and what is refused of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, DataError

Write = Callable[..., Path]

LONG = ("id,kind,x,y", "a,up,1,5", "a,up,2,6", "b,down,3,7", "a,up,4,8", "c,up,5,9")


def read(path: Path, **settings: Any) -> Panel:
    return read_panel(str(path), DataSettings(**settings))


def test_long_rows_are_sequences_in_the_order_of_the_file(write_csv: Write) -> None:
    panel = read(write_csv(*LONG), label="kind")
    assert panel.kind == "sequences" and panel.channels == ("x", "y")
    assert panel.ids.tolist() == ["a", "b", "c"] and panel.offsets.tolist() == [0, 3, 4, 5]
    assert panel.values[:, 0].tolist() == [1, 2, 4, 3, 5]
    assert panel.times.tolist() == [0, 1, 2, 0, 0]
    assert panel.goal is not None and panel.goal.kind == "label" and panel.goal.column == "kind"
    assert panel.goal.names == ("up", "down") and panel.goal.values.tolist() == [0, 1, 0]


def test_a_time_orders_the_rows_of_each_sequence(write_csv: Write) -> None:
    path = write_csv("id,time,kind,x", "a,2,k,20", "b,1,l,5", "a,1,k,10")
    panel = read(path, label="kind")
    assert panel.values[:, 0].tolist() == [10, 20, 5] and panel.times.tolist() == [1, 2, 1]


def test_wide_rows_are_a_sequence_each(write_csv: Write) -> None:
    panel = read(write_csv("label,t0,t1,t2", "x,1,2,3", "y,4,5,", "x,6,,8"), label="label")
    assert panel.lengths.tolist() == [3, 2, 3] and panel.channels == ("value",)
    np.testing.assert_array_equal(panel.values[:, 0], [1, 2, 3, 4, 5, 6, np.nan, 8])
    assert panel.ids.tolist() == ["0", "1", "2"]
    assert panel.goal is not None and panel.goal.values.tolist() == [0, 1, 0]
    assert [(note.code, note.count) for note in panel.warnings] == [("missing_values", 1)]


def test_wide_rows_may_have_ids_of_their_own(write_csv: Write) -> None:
    panel = read(write_csv("id,label,t0,t1", "p,x,1,2", "q,y,3,4"), label="label")
    assert panel.ids.tolist() == ["p", "q"] and panel.lengths.tolist() == [2, 2]


def test_a_wide_row_without_values_is_named(write_csv: Write) -> None:
    path = write_csv("label,t0,t1", "x,1,2", "y,,")
    with pytest.raises(DataError, match=r"data.csv, line 3: the row holds no value. Complete the row"):
        read(path, label="label")


def test_a_label_that_changes_within_a_series_is_named_with_its_line(write_csv: Write) -> None:
    path = write_csv("id,kind,x", "a,up,1", "b,up,2", "a,down,3")
    with pytest.raises(DataError) as caught:
        read(path, label="kind")
    assert str(caught.value) == (
        f"{path}, line 4, column 'kind': 'down' is another label than that of the rows of 'a' before. Give "
        "every sequence one label, or an id of its own."
    )


def test_missing_inputs_stay_missing_and_are_counted(write_csv: Write) -> None:
    panel = read(write_csv("id,kind,x", "a,k,", "a,k,2", "b,l,3"), label="kind")
    np.testing.assert_array_equal(panel.values[:, 0], [np.nan, 2, 3])
    assert [(note.code, note.count) for note in panel.warnings] == [("missing_values", 1)]


def test_a_series_without_a_label_has_none(write_csv: Write) -> None:
    panel = read(write_csv("id,kind,x", "a,k,1", "a,k,1", "b,,2", "c,l,3"), label="kind")
    assert panel.goal is not None and panel.goal.values.tolist() == [0, -1, 1]


def test_symbols_can_have_a_label(write_csv: Write) -> None:
    path = write_csv("id,word,mood", "s1,good,1", "s1,film,1", "s2,bad,0", "s2,film,0")
    panel = read(path, label="mood", mark="word")
    assert panel.channels == () and panel.mark_names == ("film", "bad", "good")
    assert panel.marks is not None and panel.marks.tolist() == [2, 0, 1, 0]
    assert panel.goal is not None and panel.goal.names == ("0", "1")


def test_rows_that_belong_to_no_series_are_refused(write_csv: Write) -> None:
    path = write_csv("kind,word", "k,a", "l,b")
    with pytest.raises(DataError, match="no column says which rows a label is of"):
        read(path, label="kind", mark="word")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label": "mood"}, "column 'mood' is missing"),
        ({"label": "kind", "outputs": ("x",)}, "--outputs x: --label kind is learnt already. Give one."),
        ({"label": "kind", "kind": "values"}, "--kind values: --label is of sequences"),
        ({"label": "kind", "target": ("x",)}, "--target x: --label says what is learnt of sequences"),
        ({"kind": "sequences"}, "--kind sequences: nothing says what is to be learnt"),
        ({"label": "kind", "past": ("kind",)}, "column 'kind' is both label and past"),
        ({"label": "kind", "past": ("z",)}, "column 'z' is missing"),
    ],
)
def test_what_contradicts_itself_is_refused(write_csv: Write, settings: dict[str, Any], message: str) -> None:
    path = write_csv(*LONG)
    with pytest.raises((ConfigError, DataError), match=message):
        read(path, **settings)


def test_too_many_classes_are_names_of_single_things(
    write_csv: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecaster.data.sequences.MOST_CLASSES", 1)
    path = write_csv(*LONG)
    with pytest.raises(ConfigError, match="--label kind: 2 different values; 1 at most can be learnt"):
        read(path, label="kind")
