"""Where a rising function of many independent variables crosses 0, each within its own bracket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Excess at which a root counts as found: a difference in probability that no score sees.
NEAR_ENOUGH = 1e-10
# Share of the bracket's size below which it is not halved further.
LAST_DIGITS = 4e-16
# Steps after which what is not found yet goes on by itself, and steps in all.
FIRST_STEPS, MOST_STEPS = 6, 110

Excess = Callable[[np.ndarray], np.ndarray]
# The same function for some of the rows along an axis.
ExcessOfRows = Callable[[np.ndarray], Excess]


def find_root(
    low: np.ndarray, high: np.ndarray, excess: Excess, of_rows: ExcessOfRows | None, axis: int
) -> np.ndarray:
    """Numbers in [low, high] at which ``excess`` turns from negative to not negative.

    Args:
        low: Any shape, finite.
        high: Same shape, finite, at least ``low``; the excess there is taken to be not negative.
        excess: Rising in each of its arguments; takes and returns that shape.
        of_rows: The excess of some rows along ``axis``, for the few that take longer than the others; None
            for no such way.
        axis: Negative index of an axis of ``low``; ``low`` has at least that many.

    Returns:
        The same shape: within 1e-10 of no excess, or where it jumps, the upper end of the last digits.
    """
    at_low, at_high = excess(low), excess(high)
    found = np.where(at_low >= 0, low, high)
    at_high = np.maximum(at_high, 0.0)
    active = (at_low < -NEAR_ENOUGH) & (at_high > NEAR_ENOUGH)
    found = np.where((at_low < 0) & (at_low >= -NEAR_ENOUGH), low, found)
    state = (low, high, at_low, at_high, found, active)
    for count in range(MOST_STEPS):
        if not state[5].any():
            break
        if count == FIRST_STEPS and of_rows is not None:
            return _go_on(state, of_rows, axis)
        state = _step(state, excess, count)
    return state[4]


def _go_on(state: tuple[np.ndarray, ...], of_rows: ExcessOfRows, axis: int) -> np.ndarray:
    """The rest of the steps, for the rows that hold what is not found yet."""
    active = state[5]
    others = tuple(k for k in range(active.ndim) if k != active.ndim + axis)
    rows = np.flatnonzero(active.any(axis=others))
    key = (..., rows, *(slice(None),) * (-axis - 1))
    excess, part = of_rows(rows), tuple(np.asarray(array[key]) for array in state)
    for count in range(FIRST_STEPS, MOST_STEPS):
        if not part[5].any():
            break
        part = _step(part, excess, count)
    found = state[4].copy()
    found[key] = part[4]
    return found


def _step(state: tuple[np.ndarray, ...], excess: Excess, count: int) -> tuple[np.ndarray, ...]:
    """One step: to where a straight line crosses (Illinois), every third time to the middle."""
    low, high, at_low, at_high, found, active = state
    width = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        share = at_low / (at_low - at_high)
    straight = np.isfinite(share) & (share > 0) & (share < 1) & (count % 3 < 2)
    middle = np.where(active, low + width * np.where(straight, share, 0.5), found)
    at = excess(middle)
    up, down = active & (at < 0), active & (at >= 0)
    low, at_high = np.where(up, middle, low), np.where(up, at_high / 2, at_high)
    high, at_low = np.where(down, middle, high), np.where(down, at_low / 2, at_low)
    at_low, at_high = np.where(up, at, at_low), np.where(down, at, at_high)
    near = np.abs(at) <= NEAR_ENOUGH
    found = np.where(active, np.where(near, middle, high), found)
    narrow = high - low <= LAST_DIGITS * (np.abs(low) + np.abs(high)) + 1e-300
    return low, high, at_low, at_high, found, active & ~near & ~narrow
