"""Where rising functions of one variable each cross 0, every one within its own bracket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Excess at which a root counts as found: a difference in probability that no score sees.
NEAR_ENOUGH = 1e-10
# Share of the ends of a bracket below which it is not made narrower.
LAST_DIGITS = 4e-16
# Steps along straight lines before every other one goes to the middle, and steps in all.
STRAIGHT_STEPS, MOST_STEPS = 8, 150

# Of x (n,) for the functions (n,) int64: how far each is above 0 there.
Excess = Callable[[np.ndarray, np.ndarray], np.ndarray]


def find_root(low: np.ndarray, high: np.ndarray, excess: Excess) -> np.ndarray:
    """Numbers in [low, high] at which functions turn from negative to not negative.

    The work goes down as roots are found: only the others are looked at again.

    Args:
        low: (n,) finite.
        high: (n,) finite, at least ``low``; what is not reached there is taken to be reached at it.
        excess: Takes x and the functions that it belongs to; rising in x.

    Returns:
        (n,): within 1e-10 of no excess, or where a function jumps, the upper end to the last digits.

    Source:
        The Illinois variant of regula falsi: Dowell and Jarratt, BIT 11, 1971; with halvings in between.
    """
    which = np.arange(len(low))
    at_low, at_high = excess(low, which), np.maximum(excess(high, which), 0.0)
    found = np.where(at_low >= -NEAR_ENOUGH, low, high)
    active = (at_low < -NEAR_ENOUGH) & (at_high > NEAR_ENOUGH)
    side = np.zeros(len(low), dtype=np.int64)
    state: tuple[np.ndarray, ...] = (which, low, high, at_low, at_high, side)
    for count in range(MOST_STEPS):
        state = tuple(array[active] for array in state)
        if len(state[0]) == 0:
            break
        state, near = _step(state, excess, count)
        which, low, high = state[:3]
        found[which] = np.where(near, state[1], high)
        active = ~near & (high - low > LAST_DIGITS * (np.abs(low) + np.abs(high)) + 1e-300)
    return found


def _step(
    state: tuple[np.ndarray, ...], excess: Excess, count: int
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """One step of each: the new state, and which are found (their root is then the lower end)."""
    which, low, high, at_low, at_high, side = state
    with np.errstate(divide="ignore", invalid="ignore"):
        share = at_low / (at_low - at_high)
    straight = np.isfinite(share) & (share > 0) & (share < 1)
    if count >= STRAIGHT_STEPS and count % 2:
        straight &= False
    middle = low + (high - low) * np.where(straight, share, 0.5)
    at = excess(middle, which)
    near, up = np.abs(at) <= NEAR_ENOUGH, at < 0
    # An end that stays for the second time counts half, so that the next line crosses nearer to it.
    at_high = np.where(up, np.where(side > 0, at_high / 2, at_high), at)
    at_low = np.where(up, at, np.where(side < 0, at_low / 2, at_low))
    low, high = np.where(up | near, middle, low), np.where(up, high, middle)
    return (which, low, high, at_low, at_high, np.where(up, 1, -1)), near
