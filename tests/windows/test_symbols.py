"""Windows of symbols: what each step is to tell is the symbol after it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.windows.sequences import (
    SequenceSource,
    SequenceWindows,
    piece_windows,
    stream_windows,
)
from forecaster.windows.transforms import Normaliser
from forecaster.windows.windows import Span
from tests.windows.test_windows import panel_of

LENGTHS = (1, 2, 5, 12, 13)


def symbols() -> Panel:
    """Every row a symbol of its own."""
    panel = panel_of(*([0.0] * length for length in LENGTHS), kind="sequences")
    names = tuple(map(str, range(panel.n_rows)))
    empty, codes = np.zeros((panel.n_rows, 0)), np.arange(panel.n_rows)
    goal = Goal("marks", names)
    return replace(panel, values=empty, channels=(), marks=codes, mark_names=names, goal=goal)


def told(panel: Panel, windows: SequenceWindows) -> list[tuple[int, int]]:
    """Pairs of the symbol that a step sees and the one that it is to tell."""
    assert panel.goal is not None
    source = SequenceSource(panel, windows, Normaliser((), "none", 1, 0, np.zeros(0), np.ones(0)), panel.goal)
    batch = source.gather(np.arange(windows.n_windows))
    assert batch.marks is not None and batch.classes is not None and batch.past.shape[2] == 0
    return sorted(zip(batch.marks[batch.mask].tolist(), batch.classes[batch.mask].tolist(), strict=True))


def all_rows(panel: Panel) -> Span:
    return Span(panel.offsets[:-1], panel.offsets[1:])


@pytest.mark.parametrize("way", ["whole", "pieces", "halves", "streams", "one stream"])
def test_each_symbol_but_the_first_of_a_series_is_told_once(way: str) -> None:
    panel = symbols()
    span = all_rows(panel)
    windows = {
        "whole": lambda: piece_windows(panel, span, 13, 13, 1),
        "pieces": lambda: piece_windows(panel, span, 4, 4, 1),
        "halves": lambda: piece_windows(panel, span, 4, 2, 1),
        "streams": lambda: stream_windows(span, 4, 3, 1, cuts_series=False),
        "one stream": lambda: stream_windows(span, 4, 1, 1),
    }[way]()
    first = panel.offsets[:-1].tolist()
    rows = [row for row in range(panel.n_rows) if row not in first]
    # inputs are numbered from 1, so that each is told by the row before it: row r by the input of r - 1
    assert told(panel, windows) == [(row, row) for row in rows]


def test_symbols_that_are_not_known_are_not_told() -> None:
    panel = symbols()
    panel = replace(panel, marks=np.where(np.arange(panel.n_rows) == 5, -1, panel.marks))
    found = told(panel, piece_windows(panel, all_rows(panel), 13, 13, 1))
    assert (5, 5) not in found and (0, 6) in found  # the one after it is told from an unknown one


def test_a_later_part_sees_the_symbols_before_it() -> None:
    panel = symbols()
    span = Span(panel.offsets[1:] - np.minimum(LENGTHS, 3), panel.offsets[1:])
    rows = [(row, row) for row in (2, 5, 6, 7, 17, 18, 19, 30, 31, 32)]
    assert told(panel, piece_windows(panel, span, 4, 2, 1)) == rows
