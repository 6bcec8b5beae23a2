"""Series of a file of its own, which are scored and never trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import hold_out, read_panel
from forecaster.errors import ConfigError, DataError

Write = Callable[..., Path]

TRAIN = ("label,t0,t1", "x,1,2", "y,3,4", "x,5,6")


def test_series_of_the_test_file_stand_behind_and_are_held_out(write_csv: Write) -> None:
    path, test = write_csv(*TRAIN), write_csv("label,t0,t1", "y,7,8", "x,9,10", name="test.csv")
    panel = read_panel(str(path), DataSettings(label="label", test=str(test)))
    assert panel.goal is not None and panel.goal.held_out is not None
    assert panel.goal.held_out.tolist() == [False, False, False, True, True]
    assert panel.goal.values.tolist() == [0, 1, 0, 1, 0] and panel.goal.names == ("x", "y")
    assert panel.values[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert panel.ids.tolist() == ["0", "1", "2", "0 (test)", "1 (test)"]


def test_codes_of_classes_are_those_of_the_training_file(write_csv: Write) -> None:
    test = write_csv("label,t0,t1", "y,7,8", "y,9,10", name="test.csv")
    panel = read_panel(str(write_csv(*TRAIN)), DataSettings(label="label", test=str(test)))
    assert panel.goal is not None and panel.goal.values[3:].tolist() == [1, 1]


def test_a_class_that_was_not_trained_on_is_named(write_csv: Write) -> None:
    path, test = write_csv(*TRAIN), write_csv("label,t0,t1", "z,7,8", "x,9,10", name="test.csv")
    with pytest.raises(DataError, match=r"column 'label' holds z, which .*data.csv has none of"):
        read_panel(str(path), DataSettings(label="label", test=str(test)))


def test_a_test_file_without_the_label_says_what_to_add(write_csv: Write) -> None:
    path, test = write_csv(*TRAIN), write_csv("t0,t1", "7,8", name="test.csv")
    panel = read_panel(str(path), DataSettings(label="label", test=str(test)))
    assert panel.goal is not None and panel.goal.values.tolist() == [0, 1, 0, -1]


def test_other_columns_than_the_training_file_has_are_refused(write_csv: Write) -> None:
    path = write_csv("id,kind,x", "a,k,1", "a,k,1", "b,l,2")
    test = write_csv("id,kind,z", "a,k,1", "a,k,1", "b,l,2", name="test.csv")
    with pytest.raises(DataError, match="lacks x"):
        read_panel(str(path), DataSettings(label="kind", test=str(test)))

    with pytest.raises(DataError, match=r"data.csv: trained on id, kind, x; .*test.csv lacks x"):
        read_panel(str(path), DataSettings(label="kind", test=str(test)))


def test_tags_of_digits_alone_are_tags_where_those_of_the_training_file_are(write_csv: Write) -> None:
    path = write_csv("id,tag,x", "a,A,1", "a,B,1", "a,01,1", "b,2,2", "b,C,3")
    test = write_csv("id,tag,x", "c,2,1", "c,01,1", name="test.csv")
    panel = read_panel(str(path), DataSettings(outputs="tag", id="id", test=str(test)))
    assert panel.goal is not None and panel.goal.kind == "tags" and panel.columns["tag"] == "tag"
    assert [panel.goal.names[code] for code in panel.goal.values] == ["A", "B", "01", "2", "C", "2", "01"]


def test_categories_where_numbers_are_learnt_are_refused(write_csv: Write) -> None:
    path = write_csv("id,heat,x", "a,1.5,1", "a,2,1", "b,3,2")
    test = write_csv("id,heat,x", "c,low,1", "c,high,1", name="test.csv")
    with pytest.raises(
        DataError, match=r"test.csv: column 'heat' holds high, low; that of .*data.csv holds numbers"
    ):
        read_panel(str(path), DataSettings(outputs="heat", id="id", test=str(test)))


def test_forecasts_take_no_test_file(write_csv: Write) -> None:
    path = write_csv("ds,y", "2024-01-01,1", "2024-01-02,2")
    with pytest.raises(ConfigError, match=r"--test more.csv: values are held out by time"):
        read_panel(str(path), DataSettings(test="more.csv"))


def test_two_test_files_are_one_too_many(write_csv: Write) -> None:
    path, test = write_csv(*TRAIN), write_csv(*TRAIN, name="test.csv")
    settings = DataSettings(label="label", test=str(test))
    with pytest.raises(ConfigError, match="series are held out already"):
        hold_out(read_panel(str(path), settings), str(test), settings)
