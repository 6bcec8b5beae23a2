from __future__ import annotations

import numpy as np

from forecaster.windows.bin_doctor import examine_bins

TEN = np.arange(11.0)
EVEN = np.repeat(np.arange(10) + 0.5, 2)
NONE = np.empty(0)


def test_good_bins_are_not_worth_a_word() -> None:
    assert examine_bins(TEN, EVEN, NONE, n_asked=10) == ()
    assert examine_bins(TEN, np.append(EVEN, np.nan), np.array([3.0]), n_asked=10, tail="Pareto") == ()


def test_edges_that_fell_together_are_counted() -> None:
    (note,) = examine_bins(TEN, EVEN, NONE, n_asked=20)
    assert (note.code, note.count) == ("bins_merged", 10)
    assert "of the 20 asked for" in note.text
    assert examine_bins(TEN, EVEN, NONE, n_asked=None) == ()


def test_empty_bins_are_counted_but_not_the_last_one() -> None:
    (note,) = examine_bins(TEN, EVEN[6:-2], NONE)  # nothing below 3, and nothing from 9 on
    assert (note.code, note.count) == ("bins_empty", 3)


def test_bins_of_one_step_are_said_where_edges_lie_between_steps() -> None:
    edges = np.array([0.0, 0.5, 1.5, 4.5, 9.5, 20])  # widths inside: 1, 3, 5
    targets = np.array([0, 1, 2, 5, 6, 7, 3, 10.0])
    assert [(note.code, note.count) for note in examine_bins(edges, targets, NONE, cell=1)] == [
        ("bins_snapped", 1)
    ]
    assert examine_bins(edges, targets, NONE) == ()
    assert examine_bins(np.array([0.0, 0.6, 1.6, 4.6, 9.6, 20]), targets, NONE, cell=1) == ()


def test_share_of_the_last_bin_counts_open_targets_beyond_its_edge() -> None:
    known = np.array([9.0, 8.9, 12, 30])
    (note,) = examine_bins(TEN, EVEN, known, tail="Pareto of exponent 2")
    assert note.code == "last_bin"  # 2 of 20 closed and 3 of 4 open: 5 of 24
    assert note.text == (
        "21% of the targets lie in the last bin, beyond 9: 2 of 20 closed ones, 3 of 4 open ones; "
        "its tail is Pareto of exponent 2"
    )


def test_targets_may_all_be_open() -> None:
    notes = examine_bins(np.array([0.0, 1, 2]), NONE, np.array([5.0]))
    assert [note.code for note in notes] == ["bins_empty", "last_bin"]
