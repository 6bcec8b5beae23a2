from __future__ import annotations

import json
from math import exp, log

import numpy as np
import pytest
import torch

from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.forward import lean_forward
from forecaster.network.heads import (
    BinsHead,
    Head,
    MarkedHead,
    MixtureHead,
    PointHead,
    QuantileHead,
    head_from_json,
)
from forecaster.network.marked_head import with_marks
from forecaster.windows.batch import Batch

MIXTURE = MixtureHead(np.array([0.5, 0.5]), np.array([0.0, 1.0]), np.array([1.0, 2.0]))
BASES = [PointHead(), QuantileHead((0.1, 0.9)), BinsHead(np.linspace(-2, 2, 5)), MIXTURE]


def batch_of(next_mark: list[int], mask: list[bool]) -> Batch:
    """Targets of 1 with marks."""
    n = len(mask)
    return Batch(
        past=np.zeros((n, 2, 1), dtype=np.float32),
        observed=np.ones((n, 2, 1), dtype=np.float32),
        target=np.where(mask, 1.0, 0.0)[:, None],
        mask=np.array(mask)[:, None],
        series=np.zeros(n, dtype=np.int64),
        marks=np.zeros((n, 2), dtype=np.int32),
        next_mark=np.array(next_mark, dtype=np.int32)[:, None],
    )


def test_loss_is_that_of_the_base_and_minus_the_log_of_the_right_mark() -> None:
    head = MarkedHead(PointHead(), 2)
    batch = batch_of([2, 0], [True, True])  # the mark of the second is not known
    y = torch.tensor(head.encode_batch(batch))
    assert y.tolist() == [[[1.0, 2.0]], [[1.0, 0.0]]]
    outputs = torch.tensor([[[1.5, 0.0, log(3)]], [[1.0, 5.0, -5.0]]])
    # squares of 0.5 and 0; the second of two marks has 3 of 4; both over two targets
    expected = 0.25 / 2 + log(4 / 3) / 2
    assert float(head.loss(y, torch.ones(2, 1), outputs)) == pytest.approx(expected, abs=1e-6)


def test_an_unknown_mark_carries_no_gradient() -> None:
    head = MarkedHead(PointHead(), 3)
    y = torch.tensor(head.encode_batch(batch_of([0, 3], [True, True])))
    outputs = torch.zeros(2, 1, 4, requires_grad=True)
    head.loss(y, torch.ones(2, 1), outputs).backward()
    assert outputs.grad is not None
    assert outputs.grad[0, 0, 1:].tolist() == [0, 0, 0]
    assert outputs.grad[1, 0, 1:].tolist() == pytest.approx([1 / 6, 1 / 6, -1 / 3])


@pytest.mark.parametrize("base", BASES, ids=lambda head: head.name)
def test_first_outputs_are_those_of_the_base(base: Head) -> None:
    head = MarkedHead(base, 3)
    batch = batch_of([1, 2], [True, True])
    outputs = torch.randn(2, 1, head.n_outputs)
    n = base.n_outputs
    assert head.n_outputs == n + 3
    alone = base.loss(torch.tensor(base.encode_batch(batch)), torch.ones(2, 1), outputs[:, :, :n])
    marks = torch.nn.functional.cross_entropy(outputs[:, 0, n:], torch.tensor([0, 1]))
    found = head.loss(torch.tensor(head.encode_batch(batch)), torch.ones(2, 1), outputs)
    assert float(found) == pytest.approx(float(alone + marks), rel=1e-5)
    unknown = torch.tensor(head.encode(batch.target, batch.mask))
    assert float(head.loss(unknown, torch.ones(2, 1), outputs)) == pytest.approx(float(alone), rel=1e-5)
    same = base.distribution(outputs.numpy()[:, :, :n]).median()
    assert head.distribution(outputs.numpy()).median().tolist() == same.tolist()


def test_probabilities_of_marks() -> None:
    head = MarkedHead(PointHead(), 2)
    found = head.mark_probs(np.array([[[9.0, 0.0, 1.0]], [[9.0, 1000.0, 0.0]]]))
    assert found.shape == (2, 1, 2)
    assert found[0, 0].tolist() == pytest.approx([1 / (1 + exp(1)), exp(1) / (1 + exp(1))])
    assert found[1, 0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("base", BASES, ids=lambda head: head.name)
def test_head_is_called_and_stored_as_its_base_is(base: Head) -> None:
    head = MarkedHead(base, 3)
    assert (head.name, head.takes_open, head.point_is) == (base.name, base.takes_open, base.point_is)
    assert head.unmarked is base and base.unmarked is base
    again = head_from_json(json.loads(json.dumps(head.to_json())))
    assert isinstance(again, MarkedHead) and again.n_marks == 3
    assert again.to_json() == head.to_json() and type(again.unmarked) is type(base)
    other = head.with_unmarked(PointHead("mae"))
    assert isinstance(other, MarkedHead) and other.name == "point" and other.n_marks == 3


@pytest.mark.parametrize("n_marks", [0, -1, 2.0, "3", None, True])
def test_marks_are_a_number(n_marks: object) -> None:
    with pytest.raises(ValueError, match="n_marks"):
        head_from_json({**PointHead().to_json(), "n_marks": n_marks})


def test_without_marks_a_head_stays_what_it_is() -> None:
    assert with_marks(BASES[0], 0) is BASES[0]


@pytest.mark.parametrize("segment", [1, 2])
@pytest.mark.parametrize("branches", [(), ((0,), (1,))])
def test_marks_are_fed_to_every_branch(segment: int, branches: tuple[tuple[int, ...], ...]) -> None:
    architecture = Architecture(
        5, 1, 2, 4, segment=segment, units=(3,), dropout=0, branches=branches, n_marks=4, mark_units=3
    )
    model = build_model(architecture)
    given = {"past": torch.randn(2, 5, 2), "observed": torch.ones(2, 5, 2)}
    given["marks"] = torch.tensor([[0, 0, 1, 2, 3], [4, 4, 4, 4, 4]], dtype=torch.int32)
    before = model(given)
    assert tuple(before.shape) == (2, 1, 4)
    assert lean_forward(model)(given, False).tolist() == before.tolist()
    n_channels = 1 if branches else 2
    for prefix in ["branch_1_", "branch_2_"] if branches else [""]:
        width = segment * (2 * n_channels + 3)
        assert model.get_layer(f"{prefix}segments").output.shape == (None, -(-5 // segment), width)
    given["marks"] = given["marks"].clone()
    given["marks"][1, 4] = 0
    after = model(given)
    assert torch.equal(after[0], before[0]) and not torch.equal(after[1], before[1])
