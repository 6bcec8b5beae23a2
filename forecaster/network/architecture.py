"""Architecture: the network in plain numbers, as it is saved and as it is built."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from forecaster.data.panel import Note

CELLS = ("lstm", "gru", "rnn")
DECODERS = ("direct", "parallel", "steps")

# More recurrent layers than this did not learn at all in the textbook runs (six of 8 units).
MOST_LAYERS = 3


@dataclass(frozen=True)
class Architecture:
    """One network of the family; nothing but numbers, names and tuples of them.

    Attributes:
        look_back: Input steps.
        horizon: Output steps.
        n_channels: Channels of the input.
        n_outputs: Numbers that the head takes for every output step.
        segment: Input steps fed to the recurrent layers at once.
        cell: ``lstm``, ``gru`` or ``rnn``.
        units: Width of each recurrent layer, first to last.
        dense_units: Width of each dense layer between the recurrent ones and the output.
        dropout: Share of units dropped in training after every recurrent layer.
        recurrent_dropout: Share of state units dropped in training; takes the slow path.
        activation: Activation of the recurrent layers, by its Keras name.
        recurrent_activation: Activation of their gates.
        bidirectional: Whether segments are read in both directions.
        branches: Channel indices of each branch, which has recurrent layers of its own; empty for one
            branch with all channels.
        linear: Whether outputs are also a linear function of the whole look-back, added to what the recurrent
            layers make of it; with ``steps`` each step's outputs one of that step alone.
        n_static: Numbers a window that join the state of the recurrent layers; 0 for none.
        n_marks: Categories that an input step may be of; 0 for steps without one.
        mark_units: Numbers that stand for a category, fed to every branch; 0 without any.
        decoder: ``direct`` (all output steps from the last state), ``parallel`` (the state repeated once
            for every output segment), or ``steps`` (each output step from the state at its input step).
        out_segment: Output steps of a segment of the parallel decoder.
        n_series: Series that have a learned vector of their own; 0 for none.
        series_units: Length of these vectors.
        n_future: Numbers known of every output step in advance.
    """

    look_back: int
    horizon: int
    n_channels: int
    n_outputs: int
    segment: int = 1
    cell: str = "lstm"
    units: tuple[int, ...] = (32, 32)
    dense_units: tuple[int, ...] = ()
    dropout: float = 0.2
    recurrent_dropout: float = 0.0
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    bidirectional: bool = False
    branches: tuple[tuple[int, ...], ...] = ()
    linear: bool = False
    n_static: int = 0
    n_marks: int = 0
    mark_units: int = 0
    decoder: str = "direct"
    out_segment: int = 1
    n_series: int = 0
    series_units: int = 0
    n_future: int = 0

    @property
    def n_segments(self) -> int:
        """Steps of the recurrent layers: segments of the padded look-back."""
        return -(-self.look_back // self.segment)

    def to_json(self) -> dict[str, Any]:
        """The fields as a dictionary that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Architecture:
        """The architecture of ``to_json``.

        Args:
            stored: Its fields; lists stand for tuples.

        Returns:
            The architecture.

        Raises:
            ValueError: A field is unknown or missing.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(stored) - known)
        if unknown:
            raise ValueError(f"unknown architecture fields: {', '.join(unknown)}")
        try:
            return cls(**{name: _frozen(value) for name, value in stored.items()})
        except TypeError as error:
            raise ValueError(str(error)) from error


def mark_width(n_marks: int) -> int:
    """Numbers that stand for a category: a few more than the root of how many there are.

    Args:
        n_marks: Categories; 0 for none.

    Returns:
        0 without categories, else 2 to 16.

    Example:
        >>> mark_width(0), mark_width(2), mark_width(22), mark_width(1000)
        (0, 3, 6, 16)
    """
    return min(math.ceil(math.sqrt(n_marks)) + 1, 16) if n_marks else 0


def architecture_warnings(architecture: Architecture) -> list[Note]:
    """What the user should know before this network is trained.

    Args:
        architecture: The network.

    Returns:
        Notes with a code and a text; empty when there is nothing to say.
    """
    n_layers = len(architecture.units)
    if n_layers <= MOST_LAYERS:
        return []
    text = (
        f"--layers {n_layers}: more than {MOST_LAYERS} recurrent layers on top of each other seldom learn. "
        "Compare the scores with --layers 2."
    )
    return [Note("many_layers", text)]


def _frozen(value: Any) -> Any:
    """Lists as tuples, all the way down."""
    return tuple(_frozen(part) for part in value) if isinstance(value, list | tuple) else value
