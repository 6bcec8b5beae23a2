"""Sizes of the recurrent and dense layers, from the settings of the network."""

from __future__ import annotations

from typing import Any

from forecaster.config.settings import NetworkSettings
from forecaster.network.architecture import mark_width


def layer_sizes(network: NetworkSettings) -> dict[str, Any]:
    """What the networks of all data have of their layers.

    Args:
        network: None open; one number of units stands for every layer.

    Returns:
        Fields of ``Architecture`` by name.
    """
    units = network.units or (32,)
    n_layers = network.layers or len(units)
    return {
        "segment": network.segment or 1,
        "cell": network.cell or "lstm",
        "units": units if len(units) == n_layers else units[:1] * n_layers,
        "dense_units": tuple(width for width in network.dense_layers or () if width > 0),
        "dropout": network.dropout or 0.0,
        "recurrent_dropout": network.recurrent_dropout,
        "activation": network.activation,
        "recurrent_activation": network.recurrent_activation,
        "bidirectional": bool(network.bidirectional),
        "linear": bool(network.linear),
    }


def mark_sizes(network: NetworkSettings, n_marks: int) -> dict[str, Any]:
    """How many marks there are, and the numbers that stand for each.

    Args:
        network: Its ``mark_units`` may be open.
        n_marks: Categories; 0 for none.

    Returns:
        Fields of ``Architecture`` by name.
    """
    return {"n_marks": n_marks, "mark_units": (network.mark_units or mark_width(n_marks)) if n_marks else 0}
