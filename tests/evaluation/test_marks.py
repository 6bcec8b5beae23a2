from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.evaluation.events import mark_columns
from forecaster.evaluation.marks import count_marks, mark_scores
from forecaster.windows.windows import Span, Windows, windows_at
from tests.windows.test_windows import panel_of


@pytest.fixture
def marked() -> Panel:
    """Marks x x y x ? and x x."""
    panel = panel_of([0.0] * 5, [0.0] * 2, kind="events")
    return replace(panel, marks=np.array([0, 0, 1, 0, -1, 0, 0]), mark_names=("x", "y"))


def all_rows(panel: Panel) -> Span:
    return Span(panel.offsets[:-1], panel.offsets[1:])


def test_marks_are_counted_alone_and_after_each_other(marked: Panel) -> None:
    frequencies, transitions = count_marks(marked, all_rows(marked))
    # five x and one y, and half an event for each
    assert frequencies.tolist() == pytest.approx([5.5 / 7, 1.5 / 7])
    x, y = 5 * 5.5 / 7, 5 * 1.5 / 7
    # after x: x, y, x; after y: x; after the unknown one nothing
    assert transitions[0].tolist() == pytest.approx([(2 + x) / 8, (1 + y) / 8])
    assert transitions[1].tolist() == pytest.approx([(1 + x) / 6, y / 6])
    assert transitions[2].tolist() == pytest.approx(frequencies.tolist())


def test_later_rows_are_not_counted(marked: Panel) -> None:
    frequencies, transitions = count_marks(marked, Span(marked.offsets[:-1], np.array([2, 5])))
    assert frequencies.tolist() == pytest.approx([2.5 / 3, 0.5 / 3])
    assert transitions[0].tolist() == pytest.approx([(1 + 5 * 2.5 / 3) / 6, (5 * 0.5 / 3) / 6])


@dataclass
class Always:
    """A model that says the same of every mark."""

    probs: tuple[float, ...]

    def predict_with_marks(self, _panel: Panel, windows: Windows) -> Iterator[tuple[None, np.ndarray]]:
        half = windows.n_windows // 2
        for n in (half, windows.n_windows - half):
            yield None, np.tile(self.probs, (n, 1, 1))


def test_scores_are_over_events_that_came_with_a_known_mark(marked: Panel) -> None:
    windows = windows_at(marked, np.array([0, 1, 2, 3, 4, 5, 6]), look_back=2, horizon=1)
    found = mark_scores(marked, windows, all_rows(marked), Always((0.25, 0.75)))
    assert found is not None
    assert found["n_events"] == 4  # x, y, x after the first three; x at the end
    assert found["model"]["mark_accuracy"] == pytest.approx(1 / 4)
    assert found["model"]["mark_log_loss"] == pytest.approx(-(3 * log(0.25) + log(0.75)) / 4)
    frequencies = found["baselines"]["frequencies"]
    assert frequencies["mark_accuracy"] == pytest.approx(3 / 4)
    assert frequencies["mark_log_loss"] == pytest.approx(-(3 * log(5.5 / 7) + log(1.5 / 7)) / 4)
    x, y = 5 * 5.5 / 7, 5 * 1.5 / 7
    rows = [(2 + x) / 8, (1 + y) / 8, (1 + x) / 6, (2 + x) / 8]
    assert found["baselines"]["markov"]["mark_log_loss"] == pytest.approx(-np.log(rows).mean())


def test_without_marks_there_are_no_scores(marked: Panel) -> None:
    windows = windows_at(marked, np.array([0]), look_back=2, horizon=1)
    without = replace(marked, marks=None, mark_names=())
    assert mark_scores(without, windows, all_rows(marked), Always((1.0,))) is None
    last = windows_at(marked, np.array([6]), look_back=2, horizon=1)
    found = mark_scores(marked, last, all_rows(marked), Always((0.5, 0.5)))
    assert found is not None and found["n_events"] == 0
    assert np.isnan(found["model"]["mark_accuracy"])


def test_a_column_for_each_mark_and_the_likeliest(marked: Panel) -> None:
    table = mark_columns(marked, np.array([[[0.2, 0.8], [0.7, 0.3]]]))
    assert list(table) == ["next_mark", "mark-x", "mark-y"]
    assert table["next_mark"].tolist() == ["y", "x"]
    assert table["mark-y"].tolist() == [0.8, 0.3]


def test_rare_marks_share_a_column(marked: Panel) -> None:
    names = (*(f"m{k}" for k in range(19)), "other", "a", "b")
    probs = np.full((1, 1, 22), 0.01)
    probs[0, 0, 20] = 0.79
    table = mark_columns(replace(marked, mark_names=names), probs)
    assert len(table) == 22 and list(table)[-2:] == ["mark-other", "mark-others"]
    assert table["next_mark"].tolist() == ["a"]
    assert table["mark-others"].tolist() == pytest.approx([0.8])
