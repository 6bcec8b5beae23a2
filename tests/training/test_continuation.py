from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.data.some_series import pick_series
from forecaster.errors import ConfigError
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.class_output import ClassOutput
from forecaster.training import continuation
from forecaster.training.continuation import Choice, continue_marks
from forecaster.training.sequence_networks import SequenceNetworks
from forecaster.windows.transforms import Normaliser
from forecaster.windows.windows import Span
from tests.windows.test_windows import panel_of

NAMES = ("a", "b", "c")
GOAL = Goal("marks", NAMES)


def symbols(*lengths: int) -> Panel:
    rng = np.random.default_rng(1)
    panel = panel_of(*([0.0] * length for length in lengths), kind="sequences")
    marks = rng.integers(-1, 3, panel.n_rows)
    empty = np.zeros((panel.n_rows, 0))
    return replace(panel, values=empty, channels=(), marks=marks, mark_names=NAMES, goal=GOAL)


def networks(n_members: int = 1, *, stateful: bool = True, cell: str = "lstm") -> SequenceNetworks:
    """Networks whose random weights are large enough that every symbol changes what follows."""
    architecture = Architecture(
        look_back=6, horizon=6, n_channels=0, n_outputs=3, cell=cell, units=(5, 4), dense_units=(),
        n_marks=3, mark_units=2, decoder="steps",
    )  # fmt: skip
    models = tuple(build_model(architecture, seed) for seed in range(n_members))
    for model in models:
        for variable in model.trainable_variables:
            variable.assign(3.0 * keras.ops.convert_to_numpy(variable) + 0.1)
    normaliser = Normaliser((), "none", 1, 0, np.zeros(0), np.ones(0))
    return SequenceNetworks(ClassOutput(3), architecture, normaliser, models, GOAL, stateful)


def longer(panel: Panel, marks: np.ndarray) -> Panel:
    """The one series of a panel with more symbols."""
    all_marks = np.concatenate([panel.marks, marks])
    return replace(symbols(len(all_marks)), marks=all_marks)


@pytest.mark.parametrize(
    ("cell", "length"), [("lstm", 1), ("lstm", 12), ("lstm", 13), ("gru", 7), ("rnn", 7)]
)
def test_what_goes_on_is_what_one_pass_over_all_rows_says(
    monkeypatch: pytest.MonkeyPatch, cell: str, length: int
) -> None:
    monkeypatch.setattr(continuation, "CHUNK", 4)
    trained, panel = networks(2, cell=cell), symbols(length)
    marks, probs = continue_marks(trained, panel, 5, Choice())
    whole = longer(panel, marks[0])
    span = Span(np.array([length]), np.array([length + 5]))
    rows, said = trained.predict(whole, span)
    if length == 1:  # the first row of a series is no target
        assert rows.tolist() == [1, 2, 3, 4, 5]
    assert said.argmax(axis=1).tolist() == marks[0].tolist()
    assert said.max(axis=1) == pytest.approx(probs[0], rel=1e-5)


def test_series_of_any_length_go_on_as_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continuation, "CHUNK", 4)
    trained, panel = networks(), symbols(1, 4, 5, 11, 2)
    marks, probs = continue_marks(trained, panel, 4, Choice())
    for one in range(panel.n_series):
        begin, end = panel.offsets[one : one + 2]
        alone = longer(symbols(1), panel.marks[begin + 1 : end])
        alone.marks[0] = panel.marks[begin]
        found = continue_marks(trained, alone, 4, Choice())
        assert found[0][0].tolist() == marks[one].tolist()
        assert found[1][0] == pytest.approx(probs[one], rel=1e-5)


def test_more_series_than_run_side_by_side_are_taken_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    trained, panel = networks(), symbols(3, 9, 5, 4, 7)
    at_once = continue_marks(trained, panel, 3, Choice(sample=True))
    monkeypatch.setattr(continuation, "MOST_STREAMS", 2)
    in_turn = continue_marks(trained, panel, 3, Choice(sample=True))
    assert at_once[0].tolist() == in_turn[0].tolist()
    assert at_once[1] == pytest.approx(in_turn[1], rel=1e-5)


def test_draws_are_those_of_the_series_whoever_else_is_there() -> None:
    trained, panel = networks(), symbols(3, 9, 5, 4, 7)
    marks, probs = continue_marks(trained, panel, 8, Choice(sample=True, seed=2))
    order = np.array([4, 1])
    some = continue_marks(trained, pick_series(panel, order), 5, Choice(sample=True, seed=2))
    assert some[0].tolist() == marks[order, :5].tolist()
    assert some[1] == pytest.approx(probs[order, :5], rel=1e-5)


def test_series_with_equal_symbols_draw_others_by_their_ids() -> None:
    panel = symbols(4, 4)
    assert panel.marks is not None
    panel.marks[4:] = panel.marks[:4]
    marks, _ = continue_marks(networks(), panel, 40, Choice(sample=True))
    assert marks[0].tolist() != marks[1].tolist()


def test_a_history_shorter_than_the_windows_trained_on_goes_on_from_its_beginning() -> None:
    trained, panel = networks(stateful=False), symbols(3)
    marks, probs = continue_marks(trained, panel, 1, Choice())
    whole = longer(panel, marks[0])
    _, said = trained.predict(whole, Span(np.array([3]), np.array([4])))
    assert said[0].max() == pytest.approx(probs[0, 0], rel=1e-5)


def test_the_same_seed_draws_the_same() -> None:
    trained, panel = networks(), symbols(4, 6)
    first = continue_marks(trained, panel, 30, Choice(sample=True, seed=3))
    again = continue_marks(trained, panel, 30, Choice(sample=True, seed=3))
    other = continue_marks(trained, panel, 30, Choice(sample=True, seed=4))
    assert first[0].tolist() == again[0].tolist() and first[1].tolist() == again[1].tolist()
    assert first[0].tolist() != other[0].tolist()


def test_the_likeliest_symbol_and_draws_by_their_probability() -> None:
    probs = np.array([[0.5, 0.2, 0.3]])
    assert [part.tolist() for part in Choice().of(probs, np.array([0.9]))] == [[0], [0.5]]
    drawn = [Choice(sample=True).of(probs, np.array([one]))[0][0] for one in (0.0, 0.49, 0.51, 0.69, 0.71)]
    assert drawn == [0, 0, 1, 1, 2]


def test_temperature_sharpens_and_flattens() -> None:
    probs = np.array([[0.8, 0.2, 0.0]])
    cold = Choice(sample=True, temperature=0.5).of(probs, np.array([0.0]))
    assert cold[1].tolist() == pytest.approx([0.64 / 0.68])
    warm = Choice(sample=True, temperature=2.0).of(probs, np.array([0.0]))
    assert warm[1].tolist() == pytest.approx([2 / 3])  # the roots are as 2 to 1
    assert Choice(sample=True, temperature=100.0).of(probs, np.array([1 - 1e-12]))[0].tolist() == [1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"temperature": 0.0, "sample": True}, "--temperature 0: must be above 0. Give 1, say."),
        ({"temperature": 2.0}, "--temperature 2: only draws have one. Add --sample."),
    ],
)
def test_choices_that_are_none_are_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Choice(**given)  # type: ignore[arg-type]
    assert str(caught.value) == message
