from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.baselines.sequence_choose import mark_baselines
from forecaster.baselines.sequence_markov import Markov
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.windows.windows import Span
from tests.windows.test_windows import panel_of


def symbols(*series: str) -> tuple[Panel, Goal]:
    """Series of the letters x and y; ? is not known."""
    panel = panel_of(*([0.0] * len(one) for one in series), kind="events")
    codes = np.array([{"x": 0, "y": 1, "?": -1}[letter] for one in series for letter in one])
    return replace(panel, marks=codes, mark_names=("x", "y")), Goal("marks", ("x", "y"))


def all_rows(panel: Panel) -> Span:
    return Span(panel.offsets[:-1], panel.offsets[1:])


def test_a_mark_is_told_by_what_has_followed_the_one_before() -> None:
    panel, goal = symbols("xxyx", "xxxy")
    # after a first one: x y x, x x y, of which half an event for each more: x 4.5 of 7
    x, y = 4.5 / 7, 2.5 / 7
    fitted = Markov(1).fit(panel, goal, all_rows(panel))
    # after x: x 3 times, y twice, 2 different ones; after y: x once, one kind
    found = fitted.predict(panel, np.array([1, 3]))
    assert found[0].tolist() == pytest.approx([(3 + 2 * x) / 7, (2 + 2 * y) / 7])
    assert found[1].tolist() == pytest.approx([(1 + x) / 2, y / 2])


def test_two_marks_before_lean_on_one_before() -> None:
    panel, goal = symbols("xxyx", "xxxy")
    one = Markov(1).fit(panel, goal, all_rows(panel)).predict(panel, np.array([2, 3, 5]))
    two = Markov(2).fit(panel, goal, all_rows(panel)).predict(panel, np.array([2, 3, 5]))
    # after x x: y, x, y, two kinds; after x y: x, one kind; after the beginning and x: x twice, one kind
    assert two[0].tolist() == pytest.approx([(1 + 2 * one[0, 0]) / 5, (2 + 2 * one[0, 1]) / 5])
    assert two[1].tolist() == pytest.approx([(1 + one[1, 0]) / 2, one[1, 1] / 2])
    assert two[2].tolist() == pytest.approx([(2 + one[2, 0]) / 3, one[2, 1] / 3])


def test_what_never_came_before_says_what_fewer_before_say() -> None:
    panel, goal = symbols("xxxxyy", "xx")
    train = Span(panel.offsets[:-1], np.array([3, 8]))
    one, two = (Markov(order).fit(panel, goal, train) for order in (1, 2))
    rows = np.array([5])  # y after x y, and after y: neither was seen
    assert one.predict(panel, rows).tolist() == two.predict(panel, rows).tolist()
    assert one.predict(panel, rows)[0].tolist() == pytest.approx([3.5 / 4, 0.5 / 4])


def test_a_mark_that_is_not_known_is_a_context_of_its_own_and_nothing_to_learn() -> None:
    panel, goal = symbols("x?yx?y")
    fitted = Markov(1).fit(panel, goal, all_rows(panel))
    found = fitted.predict(panel, np.array([2]))
    assert found[0].tolist() == pytest.approx([(0.5 / 1 * 1.5 / 4 * 2) / 3, (2 + 2.5 / 4) / 3])


def test_later_rows_and_other_parts_change_nothing() -> None:
    panel, goal = symbols("xyxxyy", "xxyx")
    train = Span(panel.offsets[:-1], np.array([3, 6]))
    changed = replace(panel, marks=np.where(np.arange(10) == 5, 0, panel.marks))
    for baseline in mark_baselines():
        ours = baseline.fit(panel, goal, train).predict(panel, np.array([4, 7]))
        theirs = baseline.fit(changed, goal, train).predict(changed, np.array([4, 7]))
        assert ours.tolist() == theirs.tolist()


def test_probabilities_add_up_to_one_for_thousands_of_symbols() -> None:
    rng = np.random.default_rng(0)
    panel = replace(
        panel_of([0.0] * 400, kind="events"),
        marks=rng.integers(-1, 3000, 400),
        mark_names=tuple(map(str, range(3000))),
    )
    goal, train = Goal("marks", panel.mark_names), Span(np.array([0]), np.array([300]))
    for baseline in mark_baselines():
        probs = baseline.fit(panel, goal, train).predict(panel, np.arange(1, 400))
        assert probs.shape == (399, 3000) and (probs > 0).all()
        assert probs.sum(axis=1) == pytest.approx(1.0)


def test_baselines_of_marks_have_names() -> None:
    assert [one.name for one in mark_baselines()] == ["frequencies", "markov", "markov_2"]
