"""Which series are held out: of every class its share, and those of --test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.config.settings import WindowSettings
from forecaster.data.goals import Goal
from forecaster.data.panel import Clock, Panel
from forecaster.errors import ConfigError
from forecaster.windows.sequence_split import split_sequences
from forecaster.windows.split import Split


def labelled(classes: list[int], length: int = 3) -> Panel:
    """Series of ``length`` rows with these labels."""
    n = len(classes)
    return Panel(
        kind="sequences",
        values=np.arange(n * length, dtype=np.float64)[:, None],
        offsets=np.arange(n + 1) * length,
        times=np.tile(np.arange(length), n),
        ids=np.array([f"s{one}" for one in range(n)], dtype=object),
        channels=("x",),
        target=0,
        clock=Clock("integer", 1, None, 1.0),
        source="data.csv",
        goal=Goal("label", ("a", "b"), "label", np.array(classes)),
    )


def parts(panel: Panel, split: Split) -> tuple[list[int], list[int], list[int]]:
    """How many series of each class each part has."""
    assert panel.goal is not None
    values, found = panel.goal.values, []
    for span in (split.train, split.valid, split.test):
        used = span.ends > span.begins
        assert (span.ends[used] - span.begins[used] == 3).all()  # whole series
        found.append(np.bincount(values[used], minlength=2).tolist())
    return found[0], found[1], found[2]


def test_every_class_has_its_share_of_each_part() -> None:
    panel = labelled([0] * 50 + [1] * 20)
    split = split_sequences(panel, WindowSettings(), 0)
    assert parts(panel, split) == ([36, 14], [4, 2], [10, 4])


def test_sizes_are_shares_or_numbers_of_series() -> None:
    panel = labelled([0] * 20 + [1] * 20)
    half = split_sequences(panel, WindowSettings(test_size=0.5, valid_size=0), 0)
    assert parts(panel, half) == ([10, 10], [0, 0], [10, 10])
    eight = split_sequences(panel, WindowSettings(test_size=8, valid_size=4), 0)
    assert parts(panel, eight) == ([14, 14], [2, 2], [4, 4])


def test_series_of_the_test_file_are_the_test_part() -> None:
    panel = labelled([0] * 10 + [1] * 10)
    assert panel.goal is not None
    held_out = np.arange(20) % 10 >= 8
    panel = replace(panel, goal=replace(panel.goal, held_out=held_out))
    split = split_sequences(panel, WindowSettings(valid_size=0), 0)
    np.testing.assert_array_equal(split.test.ends > split.test.begins, held_out)
    assert parts(panel, split) == ([8, 8], [0, 0], [2, 2])


def test_one_series_of_a_class_is_trained_on() -> None:
    panel = labelled([0] * 9 + [1])
    assert parts(panel, split_sequences(panel, WindowSettings(test_size=0.9), 0))[0][1] == 1


def test_many_small_classes_give_the_share_of_all_series_too() -> None:
    panel = labelled([one // 2 for one in range(60)])  # 30 classes of two series: 0.2 of two is none
    split = split_sequences(panel, WindowSettings(valid_size=0), 0)
    assert panel.goal is not None
    used = split.test.ends > split.test.begins
    assert used.sum() == 12 and np.bincount(panel.goal.values[used]).max() == 1


def test_series_without_a_label_are_held_out_of_no_part() -> None:
    split = split_sequences(labelled([0] * 10 + [1] * 10 + [-1] * 10), WindowSettings(), 0)
    assert (split.train.ends[20:] > split.train.begins[20:]).all()


def test_a_number_of_series_that_leaves_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"data.csv: --test-size 20 of 20 series leaves none. Lower it."):
        split_sequences(labelled([0, 1] * 10), WindowSettings(test_size=20), 0)


def test_the_seed_chooses_the_series() -> None:
    panel = labelled([0, 1] * 20)
    first, again, other = (split_sequences(panel, WindowSettings(), seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.test.ends, again.test.ends)
    assert (first.train.ends != other.train.ends).any()


def test_a_date_cuts_no_sequences() -> None:
    with pytest.raises(ConfigError, match="--test-size 2024-01-01: a date cuts no sequences"):
        split_sequences(labelled([0, 1]), WindowSettings(test_size="2024-01-01"), 0)
