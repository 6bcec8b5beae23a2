from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.evaluation.events import mark_columns
from forecaster.evaluation.marks import mark_scores
from forecaster.windows.windows import Span, Windows, windows_at
from tests.windows.test_windows import panel_of


@pytest.fixture
def marked() -> Panel:
    """Marks x x y x ? and x x."""
    panel = panel_of([0.0] * 5, [0.0] * 2, kind="events")
    return replace(panel, marks=np.array([0, 0, 1, 0, -1, 0, 0]), mark_names=("x", "y"))


def all_rows(panel: Panel) -> Span:
    return Span(panel.offsets[:-1], panel.offsets[1:])


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
    lost = -(3 * log(0.25) + log(0.75)) / 4
    assert found["model"]["mark_log_loss"] == pytest.approx(lost)
    assert found["model"]["mark_perplexity"] == pytest.approx(4 / 3**0.25)
    assert "mark_top_5" not in found["model"]
    frequencies = found["baselines"]["frequencies"]
    assert frequencies["mark_accuracy"] == pytest.approx(3 / 4)
    # three x and one y came after another, and half an event for each
    assert frequencies["mark_log_loss"] == pytest.approx(-(3 * log(3.5 / 5) + log(1.5 / 5)) / 4)
    # after x: x, y, x, of two kinds; after y: x, of one
    x, y = 3.5 / 5, 1.5 / 5
    rows = [(2 + 2 * x) / 5, (1 + 2 * y) / 5, (1 + x) / 2, (2 + 2 * x) / 5]
    assert found["baselines"]["markov"]["mark_log_loss"] == pytest.approx(-np.log(rows).mean())
    # after the beginning and x: x twice; after x x: y; after x y: x, each of one kind
    rows = [(2 + rows[0]) / 3, (1 + rows[1]) / 2, (1 + rows[2]) / 2, (2 + rows[3]) / 3]
    assert found["baselines"]["markov_2"]["mark_log_loss"] == pytest.approx(-np.log(rows).mean())


def test_among_many_marks_the_five_likeliest_count(marked: Panel) -> None:
    windows = windows_at(marked, np.array([0, 1, 2, 5]), look_back=2, horizon=1)
    many = replace(marked, mark_names=tuple("xyabcdefgh"))
    falling = np.array([5, 1, 9, 9, 9, 8, 7, 6, 4, 3]) / 61  # six are ahead of x
    found = mark_scores(many, windows, all_rows(many), Always(tuple(falling)))
    assert found is not None and found["model"]["mark_top_5"] == 0.0
    assert found["baselines"]["frequencies"]["mark_top_5"] == 1.0


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
