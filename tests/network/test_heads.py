from __future__ import annotations

import json
from math import exp, log, log1p

import numpy as np
import pytest
import torch

from forecaster.network.heads import HEADS, BinsHead, PointHead, QuantileHead, head_from_json

ALL = [PointHead(), PointHead("mae"), PointHead("huber"), QuantileHead(), BinsHead(np.linspace(-2, 2, 5))]
ONE = torch.ones(1, 1)


def known(target: list[list[float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(target), np.ones((len(target), len(target[0])), dtype=bool)


@pytest.mark.parametrize(
    ("loss", "error", "expected"),
    [("mse", 3.0, 9.0), ("mae", -3.0, 3.0), ("huber", 3.0, 2.5), ("huber", 0.5, 0.125)],
)
def test_point_losses(loss: str, error: float, expected: float) -> None:
    y = torch.tensor([[2.0]])
    assert float(PointHead(loss).loss(y, ONE, y[:, :, None] + error)) == pytest.approx(expected)


def test_point_is_the_mean_under_squares_and_the_median_otherwise() -> None:
    assert [head.point_is for head in ALL] == ["mean", "median", "median", "median", "median"]


def test_pinball_loss_of_two_levels() -> None:
    head = QuantileHead((0.25, 0.75))
    # The middle is the first of the two nearest; quantiles 10 and 10 + gap.
    gap = 2 * 0.6744898
    outputs = torch.tensor([[[10.0, 0.0]]])
    assert head.quantiles(outputs)[0, 0].tolist() == pytest.approx([10, 10 + gap], abs=1e-5)
    # y = 12: 0.25 * 2 below, 0.75 * (2 - gap) above; half of the loss is that of the middle
    expected = (0.25 * 2 + 0.75 * (2 - gap)) / 4 + 0.25 * 2 / 2
    assert float(head.loss(torch.tensor([[12.0]]), ONE, outputs)) == pytest.approx(expected, abs=1e-5)
    # y = 8: 0.75 * 2 and 0.25 * (2 + gap)
    expected = (0.75 * 2 + 0.25 * (2 + gap)) / 4 + 0.75 * 2 / 2
    assert float(head.loss(torch.tensor([[8.0]]), ONE, outputs)) == pytest.approx(expected, abs=1e-5)


def test_quantiles_of_zeros_are_those_of_a_normal_distribution() -> None:
    head = QuantileHead((0.025, 0.5, 0.975), spread=2.0)
    found = head.quantiles(torch.zeros(1, 1, 3))[0, 0].tolist()
    assert found == pytest.approx([-3.919928, 0, 3.919928], abs=1e-4)
    again = head.distribution(np.zeros((1, 1, 3))).quantile(np.array([0.025, 0.5, 0.975]))
    assert again[0, 0] == pytest.approx(found, abs=1e-5)


@pytest.mark.parametrize("levels", [None, (0.1, 0.9), (0.2, 0.3, 0.9)])
def test_quantiles_never_cross(levels: tuple[float, ...] | None) -> None:
    head = QuantileHead() if levels is None else QuantileHead(levels)
    outputs = np.random.default_rng(0).normal(scale=20, size=(50, 3, head.n_outputs))
    found = head.quantiles(torch.tensor(outputs, dtype=torch.float32)).numpy()
    assert (np.diff(found, axis=2) >= 0).all()
    shown = head.distribution(outputs).quantile(np.asarray(head.levels))
    assert shown == pytest.approx(found, rel=1e-4, abs=1e-4)


def test_quantiles_of_zeros_are_those_of_the_targets_it_was_fitted_on() -> None:
    head = QuantileHead.fit((0.1, 0.5, 0.9), np.arange(101.0) - 20)
    assert head.quantiles(torch.zeros(1, 1, 3))[0, 0].tolist() == pytest.approx([-10, 30, 70], rel=1e-5)
    shown = head.distribution(np.zeros((1, 2, 3))).quantile(np.array([0.1, 0.5, 0.9]))
    assert shown[0].tolist() == [pytest.approx([-10, 30, 70], rel=1e-5)] * 2
    assert head.starts_fitted and not QuantileHead().starts_fitted


def test_a_start_is_where_the_middle_moves_from() -> None:
    head = QuantileHead.fit((0.1, 0.5, 0.9), np.arange(101.0) - 20)
    moved = head.quantiles(torch.tensor([[[2.0, 0.0, 0.0]]]))[0, 0].tolist()
    assert moved == pytest.approx([-8, 32, 72], rel=1e-5)


@pytest.mark.parametrize(
    ("target", "expected"),
    [([0.0] * 9, [0, 0.001, 0.002]), ([0.0] * 6 + [5.0] * 4, [0, 0.001, 5]), ([7.0], [7, 7.001, 7.002])],
)
def test_equal_quantiles_are_moved_apart(target: list[float], expected: list[float]) -> None:
    head = QuantileHead.fit((0.1, 0.5, 0.9), np.array(target))
    assert head.start == pytest.approx(expected, abs=1e-9)
    shown = head.distribution(np.zeros((1, 1, 3))).quantile(np.array([0.1, 0.5, 0.9]))
    assert shown[0, 0] == pytest.approx(expected, abs=1e-6)


def test_a_head_without_targets_starts_at_the_normal_distribution() -> None:
    assert QuantileHead.fit((0.1, 0.9), np.zeros(0)).to_json() == QuantileHead((0.1, 0.9)).to_json()


def test_a_start_is_kept_with_the_head_and_may_be_missing() -> None:
    head = QuantileHead.fit((0.1, 0.5, 0.9), np.arange(101.0))
    again = head_from_json(json.loads(json.dumps(head.to_json())))
    assert isinstance(again, QuantileHead) and again.start == head.start == (10, 50, 90)
    assert "start" not in QuantileHead().to_json()
    older = head_from_json({"name": "quantile", "levels": [0.1, 0.9], "spread": 1.0})
    assert isinstance(older, QuantileHead) and older.start == ()


def test_one_hot_of_five_uniform_bins() -> None:
    head = BinsHead(np.array([0.0, 20, 40, 60, 80, 100]))
    y = head.encode(*known([[0.0, 54.0, 20.0, -5.0, 100.0]]))
    assert y.dtype == np.float32
    assert y[0].argmax(axis=1).tolist() == [0, 2, 1, 0, 4]
    assert (y.sum(axis=2) == 1).all()
    assert set(np.unique(y)) == {0, 1}


def test_edges_are_searched_in_float64() -> None:
    edge = 1.0 + 1e-12
    head = BinsHead(np.array([0.0, edge, 2.0]))
    assert head.encode(*known([[1.0, edge]]))[0].argmax(axis=1).tolist() == [0, 1]


def test_smoothing_gives_a_share_to_both_neighbours() -> None:
    head = BinsHead(np.array([0.0, 1, 2, 3]), smoothing=0.2)
    y = head.encode(*known([[0.5, 1.5]]))
    assert y[0].tolist() == [pytest.approx([0.9, 0.1, 0]), pytest.approx([0.1, 0.8, 0.1])]


def test_cross_entropy_of_two_bins() -> None:
    head = BinsHead(np.array([0.0, 1.0, 2.0]))
    outputs = torch.tensor([[[log(3.0), 0.0]]])  # probabilities 3/4 and 1/4
    for value, probability in ((0.5, 0.75), (1.5, 0.25)):
        y = torch.from_numpy(head.encode(*known([[value]])))
        assert float(head.loss(y, ONE, outputs)) == pytest.approx(-log(probability))
    shown = head.distribution(outputs.numpy())
    assert float(shown.cdf(1.0)[0, 0]) == pytest.approx(0.75)


@pytest.mark.parametrize("head", ALL, ids=lambda head: f"{head.name}-{getattr(head, 'loss_name', '')}")
def test_masked_targets_carry_no_gradient_and_do_not_count(head) -> None:
    target, mask = np.array([[0.5, np.nan], [-0.3, 1.0]]), np.array([[True, False], [True, True]])
    y = torch.from_numpy(head.encode(target, mask))
    assert torch.isfinite(y).all()
    outputs = torch.randn(2, 2, head.n_outputs, requires_grad=True)
    loss = head.loss(y, torch.from_numpy(mask.astype(np.float32)), outputs)
    loss.backward()
    assert (outputs.grad[0, 1] == 0).all()
    assert (outputs.grad[1, 1] != 0).any()
    singles = [
        float(head.loss(y[i : i + 1, j : j + 1], ONE, outputs.detach()[i : i + 1, j : j + 1]))
        for i, j in ((0, 0), (1, 0), (1, 1))
    ]
    assert loss.item() == pytest.approx(np.mean(singles), rel=1e-5)


@pytest.mark.parametrize("head", ALL, ids=lambda head: f"{head.name}-{getattr(head, 'loss_name', '')}")
def test_loss_without_any_known_target_is_zero(head) -> None:
    target, mask = np.zeros((2, 1)), np.zeros((2, 1), dtype=bool)
    y = torch.from_numpy(head.encode(target, mask))
    outputs = torch.randn(2, 1, head.n_outputs, requires_grad=True)
    loss = head.loss(y, torch.zeros(2, 1), outputs)
    loss.backward()
    assert loss.item() == 0
    assert (outputs.grad == 0).all()


@pytest.mark.parametrize("head", ALL, ids=lambda head: f"{head.name}-{getattr(head, 'loss_name', '')}")
def test_distribution_has_a_step_for_each_step(head) -> None:
    outputs = np.random.default_rng(0).normal(size=(4, 3, head.n_outputs)).astype(np.float32)
    made = head.distribution(outputs)
    assert made.shape == (4, 3)
    assert np.isfinite(made.quantile(np.array([0.1, 0.9]))).all()


def test_residuals_give_the_point_head_its_width() -> None:
    errors = np.arange(1.0, 100.0)[:, None] * [[1.0, 10.0]]
    head = PointHead().with_residuals(errors, np.ones(errors.shape, dtype=bool))
    # 99 residuals: the quantile at level k / 100 is the k-th of them.
    shown = head.distribution(np.full((1, 2, 1), 1000.0)).quantile(np.array([0.01, 0.5, 0.99]))
    assert shown[0].tolist() == [pytest.approx([1001, 1050, 1099]), pytest.approx([1010, 1500, 1990])]


def test_steps_with_few_residuals_share_those_of_all_steps() -> None:
    errors = np.zeros((60, 2))
    errors[:, 0] = 1.0
    errors[0, 1] = -1.0
    mask = np.ones((60, 2), dtype=bool)
    mask[1:, 1] = False
    head = PointHead().with_residuals(errors, mask)
    assert head.residuals is not None
    assert head.residuals[0].tolist() == [1.0] * 99
    assert head.residuals[1, 0] == -1.0
    assert head.residuals[1, 50] == 1.0
    assert PointHead().with_residuals(errors, np.zeros((60, 2), dtype=bool)).residuals is None


@pytest.mark.parametrize(
    "head",
    [*ALL, BinsHead(np.array([-1.0, 0, 0.1]), 0.1), PointHead("mae", residuals=np.zeros((2, 99)))],
    ids=str,
)
def test_head_survives_json(head) -> None:
    stored = json.loads(json.dumps(head.to_json()))
    again = head_from_json(stored)
    assert type(again) is type(head)
    assert again.to_json() == head.to_json()


@pytest.mark.parametrize(
    "stored",
    [
        {"name": "magic"},
        {},
        {"name": "bins", "edges": [0, 1, 1], "smoothing": 0},
        {"name": "bins", "edges": [0, 1, 2]},
        {"name": "quantile", "levels": [0.5], "spread": 1},
        {"name": "quantile", "levels": [0.5, 0.4], "spread": 1},
        {"name": "quantile", "levels": [0.4, 0.5], "spread": 0},
        {"name": "quantile", "levels": [0.4, 0.5], "spread": 1, "start": [1]},
        {"name": "quantile", "levels": [0.4, 0.5], "spread": 1, "start": [1, 1]},
        {"name": "quantile", "levels": [0.4, 0.5], "spread": 1, "start": [1, "nan"]},
        {"name": "point", "loss": "cube", "residual_levels": [0.5], "residuals": None},
        {"name": "point", "loss": "mse", "residual_levels": [0.5], "residuals": [[1, 2]]},
    ],
)
def test_wrongly_stored_heads_are_refused(stored: dict) -> None:
    with pytest.raises(ValueError):
        head_from_json(stored)


def test_heads_are_known_by_name() -> None:
    assert sorted(HEADS) == ["bins", "hazard", "mixture", "point", "quantile"]


def test_softplus_offsets_are_inverted_exactly() -> None:
    # softplus(log(exp(g) - 1)) = g
    gap = 0.2533471  # from level 0.5 to 0.6 of a standard normal
    assert log1p(exp(log(exp(gap) - 1))) == pytest.approx(gap)
    head = QuantileHead((0.5, 0.6))
    assert head.quantiles(torch.zeros(1, 1, 2))[0, 0, 1].item() == pytest.approx(gap, abs=1e-5)
