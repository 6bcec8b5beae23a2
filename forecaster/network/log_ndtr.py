"""log_ndtr: logarithm of the normal distribution function in Keras operations, exact far into its tail."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecaster.network.placement import on_torch

if on_torch():
    import torch

SQRT_HALF = 0.7071067811865476
HALF_LOG_TWO_PI = 0.9189385332046727
LOG_TWO = 0.6931471805599453

# Source: Press et al., "Numerical Recipes", 2nd ed., section 6.2 (erfcc): a Chebyshev fit whose relative
# error is below 1.2e-7 everywhere; the constant term first.
CHEBYSHEV = (
    -1.26551223,
    1.00002368,
    0.37409196,
    0.09678418,
    -0.18628806,
    0.27886807,
    -1.13520398,
    1.48851587,
    -0.82215223,
    0.17087277,
)

# Width below which the mass of a cell is the density in its middle times the width: in float32 the
# difference of two probabilities that near has no digits left. Far out, where the density changes faster,
# the width is taken times the distance: the error is below 1e-4.
NARROW = 0.05


def log_ndtr(x: Any) -> Any:
    """Logarithm of P(Z <= x) of a standard normal Z.

    Args:
        x: Any tensor of floats.

    Returns:
        A tensor like ``x``; finite for every finite x whose square is.

    Source:
        On torch its own function; elsewhere ``CHEBYSHEV``.
    """
    if on_torch():
        return torch.special.log_ndtr(x)
    return portable_log_ndtr(x)


def portable_log_ndtr(x: Any) -> Any:
    """The same on any backend; see ``log_ndtr``.

    Args:
        x: Any tensor of floats.

    Returns:
        A tensor like ``x``.
    """
    z = ops.where(x < 0, -x, x) * SQRT_HALF  # abs has no gradient at 0
    t = 1.0 / (1.0 + 0.5 * z)
    fit = CHEBYSHEV[-1] * t
    for coefficient in CHEBYSHEV[-2:0:-1]:
        fit = (fit + coefficient) * t
    log_tail = ops.log(t) - z * z + fit + CHEBYSHEV[0] - LOG_TWO  # log P(Z > |x|)
    return ops.where(x < 0, log_tail, ops.log1p(-ops.exp(log_tail)))


def log_mass(low: Any, high: Any) -> Any:
    """Logarithm of P(low < Z <= high) of a standard normal Z.

    Args:
        low: A tensor.
        high: A tensor above ``low``, of the same shape.

    Returns:
        A tensor like them, finite; its gradient too.
    """
    # In the upper half the mass is taken from the mirror image, where both probabilities are small.
    mirrored = low + high > 0
    low, high = ops.where(mirrored, -high, low), ops.where(mirrored, -low, high)
    width = high - low
    log_high = log_ndtr(high)
    wide = log_high + ops.log1p(-ops.exp(ops.minimum(log_ndtr(low) - log_high, -1e-6)))
    middle = (low + high) / 2
    narrow = -0.5 * middle * middle - HALF_LOG_TWO_PI + ops.log(ops.minimum(width, 1.0))
    return ops.where(width * (1.0 - middle) < NARROW, narrow, wide)
