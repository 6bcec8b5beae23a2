"""Rows and parameters of arrays of distributions, and the mean square of straight lines."""

from __future__ import annotations

from typing import Any

import numpy as np

Index = np.ndarray | slice


def take_parameter(parameter: np.ndarray, shape: tuple[int, ...], index: Index) -> np.ndarray:
    """Rows of a parameter that broadcasts with ``shape``.

    Args:
        parameter: Any shape that broadcasts with ``shape``.
        shape: Shape of the distributions it belongs to; one axis at least.
        index: As in ``Distribution.take``.

    Returns:
        What broadcasts with the shape of the distributions that were taken.
    """
    if parameter.ndim < len(shape) or (parameter.shape[0] == 1 and shape[0] != 1):
        return parameter
    return parameter[index]


def ravel_parameter(parameter: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A parameter of distributions along one axis.

    Args:
        parameter: Any shape that broadcasts with ``shape``.
        shape: Shape of the distributions it belongs to.

    Returns:
        (n,), or (1,) where one number serves all.
    """
    if parameter.size == 1:
        return parameter.reshape(1)
    return np.broadcast_to(parameter, shape).reshape(-1)


def row_key(rows: Index, n_axes: int) -> tuple[Any, ...]:
    """Index of rows in an array that may have more axes in front than the distributions.

    Args:
        rows: Rows along the first axis of the distributions.
        n_axes: Axes of the distributions.

    Returns:
        What indexes that axis, and all of the others.
    """
    return (..., rows, *(slice(None),) * (n_axes - 1))


def mean_square(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Mean of the square of a straight line.

    Args:
        first: Where it begins.
        last: Where it ends.

    Returns:
        ``(first^2 + first last + last^2) / 3``.
    """
    return np.asarray((first * first + first * last + last * last) / 3)
