"""Against the functions of scipy, which are exact to their last digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import special

from forecaster.network.log_ndtr import log_mass, log_ndtr, portable_log_ndtr

X = np.concatenate([-np.logspace(3, -3, 2000), np.linspace(0, 40, 1001)])
BOTH = pytest.mark.parametrize("function", [log_ndtr, portable_log_ndtr], ids=["torch", "portable"])


def as_double(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().numpy().astype(np.float64)


@BOTH
def test_float32_is_right_from_the_far_tail_on(function: Callable[[Any], Any]) -> None:
    x = torch.tensor(X, dtype=torch.float32)
    found, expected = as_double(function(x)), special.log_ndtr(as_double(x))
    assert found.dtype == np.float64 and function(x).dtype == torch.float32
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-7)


@pytest.mark.parametrize(("function", "accuracy"), [(log_ndtr, 1e-14), (portable_log_ndtr, 1.2e-7)])
def test_float64_is_as_good_as_the_coefficients(function: Callable[[Any], Any], accuracy: float) -> None:
    x = torch.tensor(X, dtype=torch.float64)
    found, expected = as_double(function(x)), special.log_ndtr(X)
    # the relative error of the smaller of both probabilities
    tail = X < 0
    assert np.abs(np.expm1(found - expected))[tail & (X > -8)].max() <= accuracy
    np.testing.assert_allclose(found[tail], expected[tail], rtol=accuracy)
    above = (X >= 0) & (X < 5)
    np.testing.assert_allclose(np.expm1(found[above]), np.expm1(expected[above]), rtol=accuracy * 1.1)


@BOTH
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradient_is_the_density_over_the_probability(
    function: Callable[[Any], Any], dtype: torch.dtype
) -> None:
    x = torch.tensor(X, dtype=dtype, requires_grad=True)
    function(x).sum().backward()
    assert x.grad is not None and torch.isfinite(x.grad).all()
    at = as_double(x)
    expected = np.exp(-0.5 * at * at - 0.5 * np.log(2 * np.pi) - special.log_ndtr(at))
    near = at > -30
    np.testing.assert_allclose(as_double(x.grad)[near], expected[near], rtol=1e-4, atol=1e-6)
    # a thousand deviations out the last digit of float32 is worth a tenth of it
    np.testing.assert_allclose(as_double(x.grad), expected, rtol=0.1, atol=1e-6)


# The mass of a cell.


def mass_of(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Log of the mass, from the tail that is nearer."""
    low, high = np.where(low + high > 0, -high, low), np.where(low + high > 0, -low, high)
    first, last = special.log_ndtr(low), special.log_ndtr(high)
    return last + np.log(-np.expm1(first - last))


def cells() -> tuple[np.ndarray, np.ndarray]:
    """Cells of every width about middles far out on both sides."""
    middle = np.array([0.0, 0.3, 1, 3, 5, 10, 30, 100])
    middle = np.concatenate([middle, -middle])[:, None]
    width = np.array([1e-3, 0.01, 0.049, 0.051, 0.1, 1, 10, 200])
    return (middle - width / 2).ravel(), (middle + width / 2).ravel()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 5e-5), (torch.float64, 1e-5)])
def test_mass_of_cells_in_both_tails(dtype: torch.dtype, tolerance: float) -> None:
    low, high = (torch.tensor(limit, dtype=dtype, requires_grad=True) for limit in cells())
    found = log_mass(low, high)
    expected = mass_of(as_double(low), as_double(high))
    # the density in the middle of a narrow cell is right to 1e-4
    np.testing.assert_allclose(as_double(found), expected, rtol=tolerance, atol=1.1e-4)
    found.sum().backward()
    for limit in (low, high):
        assert limit.grad is not None and torch.isfinite(limit.grad).all()


def test_mass_known_by_heart() -> None:
    low, high = (torch.tensor(limit, dtype=torch.float64) for limit in ([-1.0, 0, 8], [1.0, 50, 9]))
    expected = [np.log(0.682689492137), np.log(0.5), np.log(6.219831985e-16)]
    assert log_mass(low, high).tolist() == pytest.approx(expected, abs=1e-4)


def test_gradient_of_a_mass_is_the_density_at_its_limits() -> None:
    low = torch.tensor([-40.0, -3.0, -0.5, 0.2, 6.0], dtype=torch.float64, requires_grad=True)
    high = torch.tensor([-39.5, -1.0, 0.7, 4.0, 7.5], dtype=torch.float64, requires_grad=True)
    log_mass(low, high).sum().backward()
    at, to = as_double(low), as_double(high)
    log_height = -0.5 * np.log(2 * np.pi) - mass_of(at, to)
    assert low.grad is not None and high.grad is not None
    np.testing.assert_allclose(as_double(low.grad), -np.exp(log_height - 0.5 * at * at), rtol=1e-5)
    np.testing.assert_allclose(as_double(high.grad), np.exp(log_height - 0.5 * to * to), rtol=1e-5)


def test_cells_of_no_width_and_of_all_widths_stay_finite() -> None:
    low = torch.tensor([-2000.0, 2000.0, -2000.0, 0.0], requires_grad=True)
    high = torch.tensor([-1999.0, 2001.0, 2000.0, 1e-3])
    found = log_mass(low, high)
    found.sum().backward()
    assert low.grad is not None and torch.isfinite(found).all() and torch.isfinite(low.grad).all()
    assert found[2].item() == pytest.approx(0.0, abs=2e-6)
