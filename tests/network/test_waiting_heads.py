"""Heads of waiting times: targets that closed in a cell, that are open, and that had been waited for."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from forecaster.network.first_mixture import Known, choose_mixture, fit_mixture
from forecaster.network.heads import BinsHead, HazardHead, Head, MixtureHead, head_from_json
from forecaster.windows.batch import Batch

INF = np.inf
MIXTURE = MixtureHead(np.array([0.5, 0.3, 0.2]), np.array([-1.0, 0.8, 2.0]), np.array([0.6, 0.3, 1.0]))
NEVER = MixtureHead(np.array([0.5, 0.3, 0.2]), np.array([-1.0, 0.8]), np.array([0.6, 0.3]))
HAZARD = HazardHead(np.array([-2.0, -0.5, 0.4, 1.5]), np.array([0.2, 0.9, 1.5, 0.7]))
BINS = BinsHead(np.array([-2.0, -0.5, 0.4, 1.5, 3.0]), tails=np.array([0.8, 1.3]))
HEADS = [MIXTURE, NEVER, HAZARD, BINS]
ALL = pytest.mark.parametrize("head", HEADS, ids=["mixture", "never", "hazard", "bins"])

# above, at most, waited from the start: closed, open, and both with something waited before
CELLS = np.array(
    [
        [-0.7, -0.3, -INF],
        [0.2, 0.2 + 1e-3, -INF],
        [-100.0, -1.4, -INF],
        [2.5, 2.9, -INF],
        [0.9, INF, -INF],
        [-100.0, INF, -INF],
        [4.0, INF, -INF],
        [0.9, 1.1, 0.3],
        [1.9, 2.2, 1.7],
        [0.9, INF, 0.3],
    ]
)[:, None]


def encoded(head: Head, cell: np.ndarray) -> torch.Tensor:
    is_closed = np.isfinite(cell[..., 1])
    middle = np.where(cell[..., 0] > -50, cell[..., :2].mean(axis=-1), cell[..., 1] - 0.2)
    return torch.from_numpy(head.encode(np.where(is_closed, middle, 0.0), is_closed, cell))


def outputs_of(head: Head, n: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=0.5, size=(n, 1, head.n_outputs))


def losses(head: Head, cell: np.ndarray, outputs: np.ndarray) -> list[float]:
    y, numbers = encoded(head, cell), torch.tensor(outputs, dtype=torch.float32)
    one = torch.ones(1, 1)
    return [float(head.loss(y[i : i + 1], one, numbers[i : i + 1])) for i in range(len(cell))]


@pytest.mark.parametrize("head", HEADS[:3], ids=["mixture", "never", "hazard"])
def test_loss_is_minus_the_log_of_the_mass(head: Head) -> None:
    outputs = outputs_of(head, len(CELLS))
    made = head.distribution(outputs)
    low, high, waited = np.moveaxis(CELLS, -1, 0)
    closed, still = made.mass(low, high), made.survival(low)
    expected = -np.log(np.where(np.isposinf(high), still, closed)) + np.log(made.survival(waited))
    assert losses(head, CELLS, outputs) == pytest.approx(expected[:, 0].tolist(), abs=2e-4)


def test_loss_of_bins_is_minus_the_log_of_the_bin_or_of_all_beyond() -> None:
    outputs = outputs_of(BINS, len(CELLS))
    made = BINS.distribution(outputs)
    low, high, waited = np.moveaxis(CELLS, -1, 0)
    middles = [-0.5, 0.2, -1.6, 2.7]  # the edge belongs to the bin above it
    bins = {row: np.searchsorted(BINS.edges, middle, "right") - 1 for row, middle in enumerate(middles)}
    bins |= {7: 2, 8: 3}
    mass = [
        made.survival(low)[row, 0] if np.isposinf(high[row, 0]) else made.binned_view()[1][row, 0, bins[row]]
        for row in range(len(CELLS))
    ]
    expected = -np.log(mass) + np.log(made.survival(waited)[:, 0])
    assert losses(BINS, CELLS, outputs) == pytest.approx(expected.tolist(), abs=1e-4)


def test_losses_worked_by_hand() -> None:
    # a hazard of 2 from 0 on: P(T > 1) = exp(-2)
    head = HazardHead(np.array([0.0, 5.0]), np.array([2.0, 2.0]))
    cell = np.array([[1.0, INF, -INF], [1.0, INF, 0.5], [1.0, 1.5, -INF]])[:, None]
    expected = [2.0, 1.0, 2.0 - np.log(1 - np.exp(-1.0))]
    assert losses(head, cell, np.zeros((3, 1, 2))) == pytest.approx(expected, abs=1e-5)
    # half of a standard normal and half never: P(T > 0) = 0.75
    head = MixtureHead(np.array([0.5, 0.5]), np.array([0.0]), np.array([1.0]))
    cell = np.array([[0.0, INF, -INF], [-100.0, 0.0, -INF], [1.0, INF, 0.0]])[:, None]
    expected = [-np.log(0.75), -np.log(0.25), -np.log((0.5 + 0.5 * 0.158655254) / 0.75)]
    assert losses(head, cell, np.zeros((3, 1, 4))) == pytest.approx(expected, abs=1e-5)
    # four even bins, the last beyond 2 with scale 1
    bins = BinsHead(np.array([0.0, 1, 1.5, 2, 3]), tails=np.array([1.0, 1.0]))
    cell = np.array([[1.75, INF, -INF], [3.0, INF, 2.0]])[:, None]
    expected = [-np.log(0.25 * 0.5 + 0.25), 1.0]
    assert losses(bins, cell, np.zeros((2, 1, 4))) == pytest.approx(expected, abs=1e-5)


@ALL
def test_targets_without_cells_are_points(head: Head) -> None:
    target, mask = np.array([[0.3], [-0.8]]), np.ones((2, 1), dtype=bool)
    outputs = outputs_of(head, 2)
    y, one = torch.from_numpy(head.encode(target, mask)), torch.ones(1, 1)
    numbers = torch.tensor(outputs, dtype=torch.float32)
    found = [float(head.loss(y[i : i + 1], one, numbers[i : i + 1])) for i in range(2)]
    made = head.distribution(outputs)
    if isinstance(head, BinsHead):
        expected = [-np.log(made.binned_view()[1][row, 0, bin_]) for row, bin_ in ((0, 1), (1, 0))]
    else:
        expected = (-made.log_density(target) - np.log(1e-3))[:, 0].tolist()
    assert found == pytest.approx(expected, abs=2e-3)


@ALL
def test_gradients_are_those_of_finite_differences(head: Head) -> None:
    y = encoded(head, CELLS).double()
    outputs = torch.tensor(outputs_of(head, len(CELLS)), requires_grad=True)
    mask = torch.ones(len(CELLS), 1, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda numbers: head.loss(y, mask, numbers), (outputs,), eps=1e-2, atol=1e-3
    )


@ALL
def test_masked_rows_carry_no_gradient(head: Head) -> None:
    cell = np.concatenate([CELLS, np.full((1, 1, 3), np.nan)])
    batch = Batch(
        past=np.zeros((len(cell), 1, 1), np.float32),
        observed=np.zeros((len(cell), 1, 1), np.float32),
        target=np.zeros((len(cell), 1)),
        mask=np.isfinite(cell[..., 1]),
        series=np.zeros(len(cell), np.int64),
        cell=cell,
    )
    known = head.known(batch)
    assert known[:, 0].tolist() == [True] * len(CELLS) + [False]
    y = encoded(head, cell)
    assert torch.isfinite(y).all()
    outputs = torch.randn(len(cell), 1, head.n_outputs, requires_grad=True)
    head.loss(y, torch.from_numpy(known.astype(np.float32)), outputs).backward()
    assert outputs.grad is not None and torch.isfinite(outputs.grad).all()
    assert (outputs.grad[-1] == 0).all() and (outputs.grad[:5] != 0).any()


@ALL
def test_gradients_stay_finite_for_extreme_cells_and_outputs(head: Head) -> None:
    cell = np.array([[-100.0, -99.0, -INF], [99.0, INF, -INF], [99.0, 99.5, 98.0], [100.0, 100.001, -INF]])
    y, mask = encoded(head, cell[:, None]), torch.ones(4, 1)
    for size in (0.0, 30.0, -30.0):
        outputs = torch.full((4, 1, head.n_outputs), size, requires_grad=True)
        loss = head.loss(y, mask, outputs)
        loss.backward()
        assert outputs.grad is not None
        assert torch.isfinite(loss) and torch.isfinite(outputs.grad).all()


@pytest.mark.parametrize("head", [*HEADS, BinsHead(np.array([0.0, 1, 2]))])
def test_head_survives_json(head: Head) -> None:
    again = head_from_json(json.loads(json.dumps(head.to_json())))
    assert type(again) is type(head) and again.to_json() == head.to_json()
    outputs = outputs_of(head, 3)
    levels = np.array([0.1, 0.5])
    assert again.distribution(outputs).quantile(levels).tolist() == (
        head.distribution(outputs).quantile(levels).tolist()
    )


@pytest.mark.parametrize(
    "change",
    [
        {"loc": [0.0]},
        {"loc": [0.0, float("nan")]},
        {"weights": [0.5]},
        {"weights": [0.5, 0.5, 0.0]},
        {"weights": [0.2, 0.3, 0.3, 0.2]},
        {"scale": [1.0, 0.05]},
        {"scale": [1.0, 1.0, 1.0]},
        {"scale": None},
    ],
)
def test_numbers_that_are_no_mixture_are_refused(change: dict) -> None:
    with pytest.raises(ValueError):
        head_from_json(NEVER.to_json() | change)


@pytest.mark.parametrize(
    "change",
    [
        {"edges": [0.0, 0.0, 1.0, 2.0]},
        {"edges": [1.0]},
        {"rates": [1.0, 1.0]},
        {"rates": [1.0, 1.0, 1.0, 0.0]},
        {"rates": [1.0, 1.0, 1.0, float("inf")]},
        {"rates": [1.0, 1.0, 1.0, float("nan")]},
    ],
)
def test_numbers_that_are_no_hazards_are_refused(change: dict) -> None:
    with pytest.raises(ValueError):
        head_from_json(HAZARD.to_json() | change)


@pytest.mark.parametrize("tails", [[1.0], [1.0, 0.0], [1.0, float("nan")], [1.0, 1.0, 1.0]])
def test_numbers_that_are_no_tails_are_refused(tails: list[float]) -> None:
    with pytest.raises(ValueError, match="tails"):
        replace(BINS, tails=np.array(tails))


# A network that puts out zeros forecasts the training targets.


def closed_cells(values: np.ndarray, width: float = 1e-3) -> np.ndarray:
    return np.stack([values - width / 2, values + width / 2, np.full(len(values), -INF)], axis=1)


def open_cells(limits: np.ndarray) -> np.ndarray:
    return np.stack([limits, np.full(len(limits), INF), np.full(len(limits), -INF)], axis=1)


def censored(values: np.ndarray, limits: np.ndarray) -> np.ndarray:
    seen = values <= limits
    return np.concatenate([closed_cells(values[seen]), open_cells(limits[~seen])])


def simulated(n: int, never: float) -> tuple[np.ndarray, np.ndarray]:
    """Draws of N(-1, 0.4) and N(1, 0.3) at 2:1, some of which never come, and limits at which they end."""
    rng = np.random.default_rng(11)
    values = np.where(rng.random(n) < 2 / 3, rng.normal(-1, 0.4, n), rng.normal(1, 0.3, n))
    values[rng.random(n) < never] = INF
    return values, rng.uniform(-1, 4, n)


def true_survival(x: np.ndarray, never: float) -> np.ndarray:
    from scipy.special import ndtr

    return never + (1 - never) * (2 / 3 * ndtr(-(x + 1) / 0.4) + 1 / 3 * ndtr(-(x - 1) / 0.3))


@pytest.mark.parametrize("never", [0.0, 0.25])
def test_mixture_with_open_targets_recovers_what_was_simulated(never: float) -> None:
    head = fit_mixture(Known.of(censored(*simulated(20_000, never)), None), (2, 0), never=never > 0)
    assert head.never == (never > 0)
    made = head.distribution(np.zeros((1, 1, head.n_outputs)))
    x = np.linspace(-2.5, 2.5, 41)
    found = made.survival(x)[0]
    np.testing.assert_allclose(found, true_survival(x, never), atol=0.02)
    assert float(made.survival(1e9)[0, 0]) == pytest.approx(never, abs=0.02)
    # taking open targets for closed ones would end far earlier
    values, limits = simulated(20_000, never)
    naive = fit_mixture(Known.of(closed_cells(np.minimum(values, limits)), None), (2, 0), never=False)
    assert float(naive.distribution(np.zeros((1, 1, 6))).survival(0.9)[0, 0]) < found[27] - 0.05


@pytest.mark.parametrize(
    "cell",
    [closed_cells(np.ones(5)), closed_cells(np.array([0.3])), open_cells(np.ones(3)), np.zeros((0, 3))],
    ids=["equal", "one", "open", "none"],
)
def test_mixture_of_few_or_equal_targets_is_one(cell: np.ndarray) -> None:
    head = choose_mixture(Known.of(cell, None), never=True)
    made = head.distribution(np.zeros((1, 1, head.n_outputs)))
    assert np.isfinite(made.cdf(np.array([0.0, 1.0]))).all()
    assert (head.weights > 0).all() and head.weights.sum() == pytest.approx(1.0)


def test_components_follow_the_linear_forecast_where_targets_do() -> None:
    rng = np.random.default_rng(4)
    linear = rng.normal(size=3000)
    follows = rng.random(3000) < 0.5  # half of the targets lie about -3, half about the forecast plus 2
    values = np.where(follows, linear + 2, -3) + rng.normal(scale=0.2, size=3000)
    head = fit_mixture(Known.of(closed_cells(values), linear), (1, 1), never=False)
    assert head.follows.tolist() == [0, 1]
    assert head.loc.tolist() == pytest.approx([-3, 2], abs=0.05)
    assert head.scale.tolist() == pytest.approx([0.2, 0.2], abs=0.05)
    assert head.weights.tolist() == pytest.approx([0.5, 0.5], abs=0.05)
    outputs = np.zeros((1, 1, head.n_outputs))
    outputs[..., head.linear_output] = 4.0  # the window's own forecast moves the second alone
    made = head.distribution(outputs)
    assert float(made.cdf(0.0)[0, 0]) == pytest.approx(0.5, abs=0.05)
    assert float(made.quantile(0.75)[0, 0]) == pytest.approx(6.0, abs=0.1)
    y = torch.from_numpy(head.encode(np.array([[6.0]]), np.ones((1, 1), dtype=bool)))
    lost = head.loss(y, torch.ones(1, 1), torch.tensor(outputs, dtype=torch.float32))
    assert float(lost) == pytest.approx(-float(np.log(made.mass(5.9995, 6.0005))[0, 0]), abs=1e-2)


def test_a_broad_component_covers_what_few_targets_have_not_shown() -> None:
    values = np.random.default_rng(5).normal(size=100)
    known = Known.of(closed_cells(values), None)
    alone, broad = fit_mixture(known, (1, 0), never=False), choose_mixture(known, (1, 0), never=False)
    assert broad.weights.tolist() == pytest.approx([0.8, 0.2])
    assert broad.scale[1] == pytest.approx(1.5 * values.std())
    far = [head.distribution(np.zeros((1, 1, head.n_outputs))).survival(4.0)[0, 0] for head in (alone, broad)]
    assert far[1] > 10 * far[0]


def test_hazards_are_events_over_exposure() -> None:
    # In [0, 1) four enter, one ends at 0.5 and one at 0.75, one is open at 0.25: 0.5 + 0.75 + 0.25 + 1 lived.
    # In [1, 2) one lives 0.5 and ends. Half a target is added at the mean rate of 3 / 3: 4 / 3 with one more.
    cell = np.concatenate([closed_cells(np.array([0.5, 0.75, 1.5])), open_cells(np.array([0.25]))])
    head = HazardHead.fit(np.array([0.0, 1.0, 2.0]), cell)
    typical = 4 / 3
    expected = [2.5 / (2.5 + 0.5 / typical), 1.5 / (0.5 + 0.5 / typical), 0.5 / (0.5 / typical)]
    assert head.rates.tolist() == pytest.approx(expected)


def test_hazards_of_exponential_waits_with_random_ends_are_its_rate() -> None:
    rng = np.random.default_rng(2)
    waits, limits = rng.exponential(0.5, 20_000), rng.exponential(0.5, 20_000)
    head = HazardHead.fit(np.array([0.0, 0.1, 0.3, 0.6, 1.0]), censored(waits, limits))
    assert head.rates.tolist() == pytest.approx([2.0] * 5, rel=0.06)
    made = head.distribution(np.zeros((1, 1, 5)))
    assert float(made.median()[0, 0]) == pytest.approx(0.5 * np.log(2), rel=0.03)


def test_hazards_without_targets_in_a_bin_are_above_zero() -> None:
    head = HazardHead.fit(np.array([0.0, 1.0, 2.0]), open_cells(np.full(50, 0.5)))
    assert (head.rates > 0).all() and head.rates[0] < 0.05
    assert (HazardHead.fit(np.array([0.0, 1.0]), np.zeros((0, 3))).rates > 0).all()
